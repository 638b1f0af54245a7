//! A BigCommerce API client.

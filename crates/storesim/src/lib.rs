//! A simulated BigCommerce store.

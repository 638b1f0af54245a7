//! The doors of the client to its resources.

use super::resource::{Resource, first, missing};
use super::single::Single;
use super::*;
use crate::{Client, Error, Priority, Request};

/// A method for each resource of the top.
macro_rules! doors {
    ($($(#[$about:meta])* $name:ident: $kind:ty,)+) => {
        impl Client {
            $(
                $(#[$about])*
                pub fn $name(&self) -> Resource<$kind> {
                    Resource::new(self)
                }
            )+
        }
    };
}

doors! {
    /// Products, and through them everything that belongs to one.
    products: products::Product,
    /// Variants of all products.
    variants: variants::Variant,
    /// Which channels carry which products.
    channel_assignments: assignments::ChannelAssignment,
    /// Which products are in which categories.
    category_assignments: assignments::CategoryAssignment,
    /// Brands.
    brands: brands::Brand,
    /// Categories of all trees.
    categories: categories::Category,
    /// Trees of categories.
    category_trees: categories::CategoryTree,
    /// Price lists, and through them their prices.
    price_lists: price_lists::PriceList,
    /// Which price list holds for whom.
    price_list_assignments: price_lists::PriceListAssignment,
    /// Stock by item, and its adjustments.
    inventory: inventory::InventoryItem,
    /// Locations that hold stock.
    locations: locations::Location,
    /// Customers.
    customers: customers::Customer,
    /// Addresses of all customers.
    addresses: addresses::Address,
    /// The attributes that customers can have.
    customer_attributes: customer_parts::CustomerAttribute,
    /// What attributes customers have.
    customer_attribute_values: customers::Attribute,
    /// What customers wrote into form fields.
    form_field_values: customer_parts::FormField,
    /// Groups of customers (V2).
    customer_groups: customer_parts::CustomerGroup,
    /// Subscribers of the newsletter.
    subscribers: customer_parts::Subscriber,
    /// Segments of customers.
    segments: customer_parts::Segment,
    /// Customers as segments know them.
    shopper_profiles: customer_parts::ShopperProfile,
    /// Wishlists.
    wishlists: customer_parts::Wishlist,
    /// Orders (V2), and through them lines, shipments, payments and refunds.
    orders: orders::Order,
    /// The statuses that orders can have (V2).
    order_statuses: order_parts::OrderStatus,
    /// Refunds of all orders.
    refunds: payments::Refund,
    /// Orders that shoppers fetch.
    pickups: store::Pickup,
    /// Subscriptions to notifications.
    hooks: hooks::Hook,
    /// Channels, and through them their listings.
    channels: channels::Channel,
    /// Sites.
    sites: channels::Site,
    /// Carts.
    carts: carts::Cart,
    /// Carts on their way to an order, by the keys of carts.
    checkouts: carts::Checkout,
    /// Coupons (V2).
    coupons: marketing::Coupon,
    /// Gift certificates (V2).
    gift_certificates: marketing::GiftCertificate,
    /// Promotions.
    promotions: marketing::Promotion,
    /// Redirects of storefronts.
    redirects: marketing::Redirect,
    /// Pages of storefronts.
    store_pages: store::StorePage,
    /// Scripts of storefronts.
    scripts: scripts::Script,
    /// Currencies (V2).
    currencies: store::Currency,
    /// Classes of goods for tax (V2).
    tax_classes: store::TaxClass,
    /// Countries (V2).
    countries: store::Country,
    /// What the store noted about itself.
    system_logs: store::LogEntry,
}

impl Client {
    /// The metafields of all records of a family, written in batches.
    pub fn metafields(&self, family: metafields::MetafieldFamily) -> Resource<metafields::FamilyMetafield> {
        Resource::at(self, format!("/v3/{family}/metafields"), Priority::default())
    }

    /// The profile of the store.
    ///
    /// # Errors
    /// As every request.
    pub async fn store_information(&self) -> Result<store::Store, Error> {
        self.one("/v2/store").await
    }

    /// The store's clock. Every answer tells it too: [`Response::date`](crate::Response::date).
    ///
    /// # Errors
    /// As every request.
    pub async fn store_time(&self) -> Result<store::StoreTime, Error> {
        self.one("/v2/time").await
    }

    /// What the catalog holds.
    ///
    /// # Errors
    /// As every request.
    pub async fn catalog_summary(&self) -> Result<store::CatalogSummary, Error> {
        self.one("/v3/catalog/summary").await
    }

    /// Name and address of the store.
    pub fn store_profile(&self) -> Single<store::StoreProfile> {
        Single::at(self, "/v3/settings/store/profile")
    }

    /// Language and country of the store.
    pub fn store_locale(&self) -> Single<store::StoreLocale> {
        Single::at(self, "/v3/settings/store/locale")
    }

    /// How the storefront treats stock.
    pub fn inventory_settings(&self) -> Single<store::InventorySettings> {
        Single::at(self, "/v3/settings/inventory")
    }

    /// The units of weights and sizes.
    pub fn units_of_measurement(&self) -> Single<store::UnitsOfMeasurement> {
        Single::at(self, "/v3/settings/store/units-of-measurement")
    }

    /// How the store treats customers.
    pub fn customer_settings(&self) -> Single<customer_parts::CustomerSettings> {
        Single::at(self, "/v3/customers/settings")
    }

    async fn one<T: serde::de::DeserializeOwned>(&self, path: &str) -> Result<T, Error> {
        let response = self.send(Request::get(path)).await?;
        first(&response)?.ok_or_else(|| missing(&response))
    }
}

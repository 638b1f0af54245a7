//! Every scope that the store knows, as data (the event pages of docs/integrations/webhooks).

/// What the data of an event looks like; see [`EventData`](super::EventData).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventKind {
    /// A metafield.
    Metafield,
    /// A cart.
    Cart,
    /// A line of a cart.
    CartLineItem,
    /// A category.
    Category,
    /// A channel itself.
    Channel,
    /// A customer, or an address of one.
    Customer,
    /// Which channels a customer may use.
    LoginAccess,
    /// A hook in trouble.
    DeliveryException,
    /// A location.
    Location,
    /// A modifier.
    Modifier,
    /// An option.
    ProductOption,
    /// An order.
    Order,
    /// A payment of an order.
    Transaction,
    /// A price list.
    PriceList,
    /// One price.
    PriceRecord,
    /// Several prices.
    PriceRecords,
    /// For whom a price list holds.
    PriceListAssignment,
    /// A product.
    Product,
    /// The stock of a product.
    ProductInventory,
    /// A redirect.
    Redirect,
    /// A shipment.
    Shipment,
    /// A variant.
    Sku,
    /// The stock of a variant.
    SkuInventory,
    /// The store, or the app in it.
    Store,
    /// A subscriber.
    Subscriber,
    /// The stock at a location.
    LocationInventory,
    /// A cart of a channel.
    ChannelCart,
    /// Anything else of a channel.
    OfChannel,
    /// The B2B edition.
    B2b,
}

/// A scope: what can happen, and what is told of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Scope {
    /// Its name; `{channel_id}` stands for a channel's id.
    pub name: &'static str,
    /// What its data looks like.
    pub kind: EventKind,
}

impl Scope {
    /// The scope that an event names.
    pub fn of(event: &str) -> Option<&'static Self> {
        SCOPES.iter().find(|scope| covers(scope.name, event))
    }
}

/// Whether a hook of scope `hook` (which may end in `*`) is told of events of scope `event`.
///
/// ```
/// use bigcommerce::webhook::scope_covers;
///
/// assert!(scope_covers("store/order/*", "store/order/message/created"));
/// assert!(scope_covers("store/order/created", "store/order/created"));
/// assert!(!scope_covers("store/order/*", "store/shipment/created"));
/// ```
pub fn scope_covers(hook: &str, event: &str) -> bool {
    match hook.strip_suffix("/*") {
        Some(stem) => {
            let depth = stem.split('/').count();
            let head: Vec<&str> = event.split('/').collect();
            head.len() > depth && covers(stem, &head[..depth].join("/"))
        }
        None => covers(hook, event),
    }
}

/// Compares segment by segment; `*` and `{…}` stand for any one.
fn covers(name: &str, event: &str) -> bool {
    let mut event = event.split('/');
    let fits = name.split('/').all(|expected| event.next().is_some_and(|segment| same(expected, segment)));
    fits && event.next().is_none()
}

fn same(expected: &str, segment: &str) -> bool {
    segment == expected
        || expected == "*"
        || expected.starts_with('{')
        // Recorded events of channels have the plural.
        || (expected == "lineItem" && segment == "lineItems")
}

const fn of(name: &'static str, kind: EventKind) -> Scope {
    Scope { name, kind }
}

/// Every scope that an event can have.
pub static SCOPES: &[Scope] = &[
    of("store/brand/metafield/created", EventKind::Metafield),
    of("store/brand/metafield/updated", EventKind::Metafield),
    of("store/brand/metafield/deleted", EventKind::Metafield),
    of("store/cart/created", EventKind::Cart),
    of("store/cart/updated", EventKind::Cart),
    of("store/cart/deleted", EventKind::Cart),
    of("store/cart/abandoned", EventKind::Cart),
    of("store/cart/couponApplied", EventKind::Cart),
    of("store/cart/converted", EventKind::Cart),
    of("store/cart/lineItem/created", EventKind::CartLineItem),
    of("store/cart/lineItem/updated", EventKind::CartLineItem),
    of("store/cart/lineItem/deleted", EventKind::CartLineItem),
    of("store/cart/metafield/created", EventKind::Metafield),
    of("store/cart/metafield/updated", EventKind::Metafield),
    of("store/cart/metafield/deleted", EventKind::Metafield),
    of("store/category/created", EventKind::Category),
    of("store/category/updated", EventKind::Category),
    of("store/category/deleted", EventKind::Category),
    of("store/category/metafield/created", EventKind::Metafield),
    of("store/category/metafield/updated", EventKind::Metafield),
    of("store/category/metafield/deleted", EventKind::Metafield),
    of("store/channel/created", EventKind::Channel),
    of("store/channel/updated", EventKind::Channel),
    of("store/channel/metafield/created", EventKind::Metafield),
    of("store/channel/metafield/updated", EventKind::Metafield),
    of("store/channel/metafield/deleted", EventKind::Metafield),
    of("store/customer/created", EventKind::Customer),
    of("store/customer/updated", EventKind::Customer),
    of("store/customer/deleted", EventKind::Customer),
    of("store/customer/address/created", EventKind::Customer),
    of("store/customer/address/updated", EventKind::Customer),
    of("store/customer/address/deleted", EventKind::Customer),
    of("store/customer/payment/instrument/default/updated", EventKind::Customer),
    of("store/customer/channel/login/access/updated", EventKind::LoginAccess),
    of("store/hook/deliveryException", EventKind::DeliveryException),
    of("store/inventory/location/created", EventKind::Location),
    of("store/inventory/location/updated", EventKind::Location),
    of("store/inventory/location/metafield/created", EventKind::Metafield),
    of("store/inventory/location/metafield/updated", EventKind::Metafield),
    of("store/inventory/location/metafield/deleted", EventKind::Metafield),
    of("store/metafield/created", EventKind::Metafield),
    of("store/metafield/updated", EventKind::Metafield),
    of("store/metafield/deleted", EventKind::Metafield),
    of("store/store/metafield/created", EventKind::Metafield),
    of("store/store/metafield/updated", EventKind::Metafield),
    of("store/store/metafield/deleted", EventKind::Metafield),
    of("store/modifier/updated", EventKind::Modifier),
    of("store/option/updated", EventKind::ProductOption),
    of("store/order/created", EventKind::Order),
    of("store/order/updated", EventKind::Order),
    of("store/order/archived", EventKind::Order),
    of("store/order/statusUpdated", EventKind::Order),
    of("store/order/message/created", EventKind::Order),
    of("store/order/refund/created", EventKind::Order),
    of("store/order/transaction/created", EventKind::Transaction),
    of("store/order/transaction/updated", EventKind::Transaction),
    of("store/order/metafield/created", EventKind::Metafield),
    of("store/order/metafield/updated", EventKind::Metafield),
    of("store/order/metafield/deleted", EventKind::Metafield),
    of("store/priceList/created", EventKind::PriceList),
    of("store/priceList/updated", EventKind::PriceList),
    of("store/priceList/activated", EventKind::PriceList),
    of("store/priceList/deactivated", EventKind::PriceList),
    of("store/priceList/deleted", EventKind::PriceList),
    of("store/priceLists/deleted", EventKind::PriceList),
    of("store/priceList/record/created", EventKind::PriceRecord),
    of("store/priceList/record/updated", EventKind::PriceRecord),
    of("store/priceList/record/deleted", EventKind::PriceRecord),
    of("store/priceList/records/created", EventKind::PriceRecords),
    of("store/priceList/records/updated", EventKind::PriceRecords),
    of("store/priceList/records/deleted", EventKind::PriceRecords),
    of("store/priceList/assignment/updated", EventKind::PriceListAssignment),
    of("store/priceList/assignment/deleted", EventKind::PriceListAssignment),
    of("store/product/created", EventKind::Product),
    of("store/product/updated", EventKind::Product),
    of("store/product/deleted", EventKind::Product),
    of("store/product/inventory/updated", EventKind::ProductInventory),
    of("store/product/inventory/order/updated", EventKind::ProductInventory),
    of("store/product/metafield/created", EventKind::Metafield),
    of("store/product/metafield/updated", EventKind::Metafield),
    of("store/product/metafield/deleted", EventKind::Metafield),
    of("store/product/variant/metafield/created", EventKind::Metafield),
    of("store/product/variant/metafield/updated", EventKind::Metafield),
    of("store/product/variant/metafield/deleted", EventKind::Metafield),
    of("store/redirects/updated", EventKind::Redirect),
    of("store/shipment/created", EventKind::Shipment),
    of("store/shipment/updated", EventKind::Shipment),
    of("store/shipment/deleted", EventKind::Shipment),
    of("store/sku/created", EventKind::Sku),
    of("store/sku/updated", EventKind::Sku),
    of("store/sku/deleted", EventKind::Sku),
    of("store/sku/inventory/updated", EventKind::SkuInventory),
    of("store/sku/inventory/order/updated", EventKind::SkuInventory),
    of("store/app/uninstalled", EventKind::Store),
    of("store/information/updated", EventKind::Store),
    of("store/subscriber/created", EventKind::Subscriber),
    of("store/subscriber/updated", EventKind::Subscriber),
    of("store/subscriber/deleted", EventKind::Subscriber),
    of("store/channel/*/inventory/product/stock_changed", EventKind::LocationInventory),
    of("store/channel/*/inventory/product/low_stock_reached", EventKind::LocationInventory),
    of("store/channel/*/inventory/product/out_of_stock_reached", EventKind::LocationInventory),
    of("store/channel/*/inventory/product/settings_changed", EventKind::LocationInventory),
    of("store/channel/{channel_id}/cart/created", EventKind::ChannelCart),
    of("store/channel/{channel_id}/cart/updated", EventKind::ChannelCart),
    of("store/channel/{channel_id}/cart/deleted", EventKind::ChannelCart),
    of("store/channel/{channel_id}/cart/couponApplied", EventKind::ChannelCart),
    of("store/channel/{channel_id}/cart/abandoned", EventKind::ChannelCart),
    of("store/channel/{channel_id}/cart/converted", EventKind::ChannelCart),
    of("store/channel/{channel_id}/cart/lineItem/created", EventKind::ChannelCart),
    of("store/channel/{channel_id}/cart/lineItem/updated", EventKind::ChannelCart),
    of("store/channel/{channel_id}/cart/lineItem/deleted", EventKind::ChannelCart),
    of("store/channel/{channel_id}/category/created", EventKind::OfChannel),
    of("store/channel/{channel_id}/category/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/category/deleted", EventKind::OfChannel),
    of("store/channel/{channel_id}/categoryTree/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/emailStatus/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/emailStatus/deleted", EventKind::OfChannel),
    of("store/channel/{channel_id}/email/templates/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/email/templates/deleted", EventKind::OfChannel),
    of("store/channel/{channel_id}/notifications/abandonedCart/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/notifications/inventory/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/order/created", EventKind::OfChannel),
    of("store/channel/{channel_id}/order/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/order/archived", EventKind::OfChannel),
    of("store/channel/{channel_id}/order/statusUpdated", EventKind::OfChannel),
    of("store/channel/{channel_id}/order/message/created", EventKind::OfChannel),
    of("store/channel/{channel_id}/order/refund/created", EventKind::OfChannel),
    of("store/channel/{channel_id}/page/created", EventKind::OfChannel),
    of("store/channel/{channel_id}/page/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/product/assigned", EventKind::OfChannel),
    of("store/channel/{channel_id}/product/unassigned", EventKind::OfChannel),
    of("store/channel/{channel_id}/category/product/assigned", EventKind::OfChannel),
    of("store/channel/{channel_id}/category/product/unassigned", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/route/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/script/created", EventKind::OfChannel),
    of("store/channel/{channel_id}/script/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/currency/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/profile/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/logo/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/logo/image/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/favicon/image/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/checkout/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/SEO/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/robots/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/category/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/product/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/catalog/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/security/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/searchContextFilters/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/defaultCustomerGroup/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/customerPrivacy/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/locale/added", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/locale/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/locale/deleted", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/site/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/site/checkoutUrl/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/settings/site/checkoutUrl/deleted", EventKind::OfChannel),
    of("store/channel/{channel_id}/socialMediaLinks/updated", EventKind::OfChannel),
    of("store/channel/{channel_id}/theme/configuration/created", EventKind::OfChannel),
    of("store/channel/{channel_id}/theme/configuration/activated", EventKind::OfChannel),
    of("store/company/created", EventKind::B2b),
    of("store/company/updated", EventKind::B2b),
    of("store/company/deleted", EventKind::B2b),
    of("store/company/statusUpdated", EventKind::B2b),
    of("store/company/superadmin/assignmentUpdated", EventKind::B2b),
    of("store/company/user/created", EventKind::B2b),
    of("store/company/user/updated", EventKind::B2b),
    of("store/company/user/deleted", EventKind::B2b),
    of("store/company/address/created", EventKind::B2b),
    of("store/company/address/updated", EventKind::B2b),
    of("store/company/address/deleted", EventKind::B2b),
    of("store/superadmin/created", EventKind::B2b),
    of("store/superadmin/updated", EventKind::B2b),
    of("store/superadmin/deleted", EventKind::B2b),
    of("store/superadmin/assignmentUpdated", EventKind::B2b),
    of("store/quote/created", EventKind::B2b),
    of("store/quote/updated", EventKind::B2b),
    of("store/quote/statusUpdated", EventKind::B2b),
    of("store/quote/deleted", EventKind::B2b),
];

/// What a hook can ask for beside the scopes themselves: all of a family at once.
pub static WILDCARDS: &[&str] = &[
    "store/brand/metafield/*",
    "store/cart/*",
    "store/cart/lineItem/*",
    "store/category/*",
    "store/channel/*",
    "store/customer/*",
    "store/customer/address/*",
    "store/inventory/location/metafield/*",
    "store/metafield/*",
    "store/order/*",
    "store/product/*",
    "store/product/metafield/*",
    "store/product/variant/metafield/*",
    "store/shipment/*",
    "store/sku/*",
    "store/subscriber/*",
    "store/channel/{channel_id}/cart/*",
    "store/channel/{channel_id}/cart/lineItem/*",
    "store/channel/{channel_id}/category/*",
    "store/channel/{channel_id}/order/*",
    "store/channel/{channel_id}/settings/*",
];

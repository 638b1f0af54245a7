//! What the `data` of notifications holds, by kind (docs/integrations/webhooks/events, the callback files).

use super::scopes::EventKind;
use crate::Json;
use crate::model::{Lenient, open_enum, record};
use crate::resources::marketing::RedirectTarget;

record! {
    /// A record by its key: `{"type":"product","id":77}`.
    RecordEvent {
        r#type: String,
        /// The key; of `store/customer/address/*` that of the address.
        id: i64,
        /// Which members changed, where a channel or locale overrides them.
        properties: Vec<String>,
        context: EventContext,
        /// Of a new customer.
        origin_channel_id: i64,
        /// Of a new customer.
        channel_ids: Vec<i64>,
        /// Of an address.
        address: AddressEvent,
    }
}

record! {
    /// Whose address it is.
    AddressEvent {
        customer_id: i64,
    }
}

record! {
    /// Where an override holds.
    EventContext {
        channel_id: i64,
        locale: String,
    }
}

record! {
    /// An order, and what happened to it.
    OrderEvent {
        r#type: String,
        /// The order.
        id: i64,
        /// Of `statusUpdated`.
        status: OrderStatusChange,
        /// Of `message/created`.
        message: OrderMessageEvent,
        /// Of `refund/created`.
        refund: RefundEvent,
    }
}

record! {
    /// The statuses before and after.
    OrderStatusChange {
        previous_status_id: i64,
        new_status_id: i64,
    }
}

record! {
    /// Which message.
    OrderMessageEvent {
        order_message_id: i64,
    }
}

record! {
    /// Which refund.
    RefundEvent {
        refund_id: i64,
    }
}

record! {
    /// A payment of an order.
    TransactionEvent {
        r#type: String,
        order_id: i64,
        transaction_id: String,
        transaction_status: String,
        transaction_type: String,
        result: TransactionResult,
        platform_transaction_id: String,
        provider_transaction_id: String,
    }
}

record! {
    /// How a payment went.
    TransactionResult {
        code: String,
        message: String,
        r#type: String,
    }
}

record! {
    /// A shipment of an order.
    #[allow(non_snake_case)]
    ShipmentEvent {
        r#type: String,
        id: i64,
        orderId: i64,
    }
}

record! {
    /// A variant by the key that V2 knew it by.
    SkuEvent {
        r#type: String,
        /// The key of the SKU, not of the variant.
        id: i64,
        sku: SkuOf,
    }
}

record! {
    /// The variant that a SKU belongs to.
    SkuOf {
        product_id: i64,
        variant_id: i64,
    }
}

open_enum! {
    /// How a stock changed.
    InventoryMethod { Absolute = "absolute", Relative = "relative", }
}

record! {
    /// A change of stock of a product or SKU.
    InventoryEvent {
        r#type: String,
        /// The product, or the key of the SKU.
        id: i64,
        inventory: InventoryChange,
    }
}

record! {
    /// The change itself.
    InventoryChange {
        product_id: i64,
        /// Only of a SKU.
        variant_id: i64,
        method: InventoryMethod,
        /// The new stock, or the difference.
        value: i64,
    }
}

record! {
    /// A change of stock at a location.
    LocationInventoryEvent {
        variant_id: i64,
        product_id: i64,
        location_id: i64,
    }
}

record! {
    /// A location.
    LocationEvent {
        location_id: i64,
    }
}

record! {
    /// A cart.
    #[allow(non_snake_case)]
    CartEvent {
        r#type: String,
        /// A UUID.
        id: String,
        /// Of `couponApplied`.
        couponId: i64,
        /// Of `converted`.
        orderId: i64,
        /// Of `abandoned`.
        token: String,
    }
}

record! {
    /// A line of a cart.
    #[allow(non_snake_case)]
    CartLineItemEvent {
        r#type: String,
        /// A UUID.
        id: String,
        /// A UUID.
        cartId: String,
    }
}

record! {
    /// A cart of a channel.
    ChannelCartEvent {
        /// A UUID.
        cart_id: String,
        /// Of a line, a UUID.
        cart_item_id: String,
    }
}

record! {
    /// Which channels a customer may use.
    LoginAccessEvent {
        customer_id: i64,
        channel_ids: Vec<i64>,
    }
}

record! {
    /// A metafield of whatever the scope names.
    MetafieldEvent {
        metafield_id: i64,
        /// The record; a UUID for carts.
        resource_id: String,
        /// Only of `store/metafield/*`.
        resource_type: String,
        namespace: String,
    }
}

record! {
    /// An option or modifier, and which products have it.
    OptionEvent {
        /// `local_…` or `shared_…`.
        r#type: String,
        id: i64,
        /// A hundred at most.
        affected_product_ids: Vec<i64>,
        context: EventContext,
    }
}

record! {
    /// A price list, or several that were deleted together.
    PriceListEvent {
        price_list_id: i64,
        /// Of `store/priceLists/deleted`.
        price_list_ids: Vec<i64>,
    }
}

record! {
    /// A price of a list.
    PriceRecordEvent {
        price_list_id: i64,
        variant_id: i64,
        /// ISO 4217.
        currency: String,
        /// Another name for `currency`.
        currency_code: String,
    }
}

record! {
    /// A price list that holds for somebody else now.
    PriceListAssignmentEvent {
        price_list_id: i64,
        channel_id: i64,
        customer_group_id: i64,
    }
}

record! {
    /// A redirect.
    RedirectEvent {
        id: i64,
        site_id: i64,
        from_path: String,
        to: RedirectTarget,
    }
}

record! {
    /// A hook that is in trouble.
    DeliveryExceptionEvent {
        r#type: String,
        /// The hook.
        id: i64,
        /// 90001: it will be tried again; 90002: it was switched off; 90003: its domain is blocked.
        error_code: i64,
        message: String,
    }
}

record! {
    /// Something of a channel: the member that the scope speaks of.
    ChannelEvent {
        category_id: i64,
        tree_id: i64,
        order_id: i64,
        product_id: i64,
        page_id: i64,
        site_id: i64,
        /// Of an e-mail.
        template_kind: String,
        /// Of a script.
        uuid: String,
        theme_id: String,
        variation_id: String,
        version_id: String,
        configuration_id: String,
    }
}

record! {
    /// The store itself.
    StoreEvent {
        r#type: String,
    }
}

record! {
    /// A company, quote or user of the B2B edition.
    B2bEvent {
        company_id: i64,
        user_id: i64,
        address_id: i64,
        quote_id: i64,
        quote_uuid: String,
    }
}

/// What a notification says, by the kind of its scope.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum EventData {
    /// A product was created, updated or deleted.
    Product(RecordEvent),
    /// The stock of a product changed.
    ProductInventory(InventoryEvent),
    /// A variant was created, updated or deleted.
    Sku(SkuEvent),
    /// The stock of a variant changed.
    SkuInventory(InventoryEvent),
    /// A category was created, updated or deleted.
    Category(RecordEvent),
    /// An option changed.
    ProductOption(OptionEvent),
    /// A modifier changed.
    Modifier(OptionEvent),
    /// An order.
    Order(OrderEvent),
    /// A payment of an order.
    Transaction(TransactionEvent),
    /// A shipment.
    Shipment(ShipmentEvent),
    /// A cart.
    Cart(CartEvent),
    /// A line of a cart.
    CartLineItem(CartLineItemEvent),
    /// A customer, an address of one ([`RecordEvent::address`] is set then), or a way of paying.
    Customer(RecordEvent),
    /// Which channels a customer may use.
    LoginAccess(LoginAccessEvent),
    /// A subscriber.
    Subscriber(RecordEvent),
    /// A channel.
    Channel(RecordEvent),
    /// A metafield of anything.
    Metafield(MetafieldEvent),
    /// A price list.
    PriceList(PriceListEvent),
    /// One price.
    PriceRecord(PriceRecordEvent),
    /// Several prices, written together.
    PriceRecords(Vec<PriceRecordEvent>),
    /// For whom a price list holds.
    PriceListAssignment(PriceListAssignmentEvent),
    /// A location.
    Location(LocationEvent),
    /// The stock at a location.
    LocationInventory(LocationInventoryEvent),
    /// A redirect.
    Redirect(RedirectEvent),
    /// The store's profile, or that the app was uninstalled.
    Store(StoreEvent),
    /// A hook in trouble.
    DeliveryException(DeliveryExceptionEvent),
    /// A cart of the channel that the scope names.
    ChannelCart(ChannelCartEvent),
    /// Anything else of the channel that the scope names.
    OfChannel(ChannelEvent),
    /// Something of the B2B edition.
    B2b(B2bEvent),
    /// A scope that this crate does not know, or data that is not what its scope promises.
    Unknown(Json),
}

impl EventData {
    /// Reads the data of an event of a kind.
    pub(super) fn read(kind: Option<EventKind>, json: &Json) -> Self {
        fn record<T: Lenient>(json: &Json, make: impl FnOnce(T) -> EventData) -> EventData {
            match T::read(json.as_str()) {
                Some((data, _)) => make(data),
                // Some scopes come with no data at all, written as an empty array.
                None => EventData::Unknown(json.clone()),
            }
        }
        match kind {
            None => Self::Unknown(json.clone()),
            Some(EventKind::Product) => record(json, Self::Product),
            Some(EventKind::ProductInventory) => record(json, Self::ProductInventory),
            Some(EventKind::Sku) => record(json, Self::Sku),
            Some(EventKind::SkuInventory) => record(json, Self::SkuInventory),
            Some(EventKind::Category) => record(json, Self::Category),
            Some(EventKind::ProductOption) => record(json, Self::ProductOption),
            Some(EventKind::Modifier) => record(json, Self::Modifier),
            Some(EventKind::Order) => record(json, Self::Order),
            Some(EventKind::Transaction) => record(json, Self::Transaction),
            Some(EventKind::Shipment) => record(json, Self::Shipment),
            Some(EventKind::Cart) => record(json, Self::Cart),
            Some(EventKind::CartLineItem) => record(json, Self::CartLineItem),
            Some(EventKind::Customer) => record(json, Self::Customer),
            Some(EventKind::LoginAccess) => record(json, Self::LoginAccess),
            Some(EventKind::Subscriber) => record(json, Self::Subscriber),
            Some(EventKind::Channel) => record(json, Self::Channel),
            Some(EventKind::Metafield) => record(json, Self::Metafield),
            Some(EventKind::PriceList) => record(json, Self::PriceList),
            Some(EventKind::PriceRecord) => record(json, Self::PriceRecord),
            Some(EventKind::PriceRecords) if json.as_str().starts_with('[') => {
                record(json, Self::PriceRecords)
            }
            Some(EventKind::PriceRecords) => {
                record(json, |one: PriceRecordEvent| Self::PriceRecords(vec![one]))
            }
            Some(EventKind::PriceListAssignment) => record(json, Self::PriceListAssignment),
            Some(EventKind::Location) => record(json, Self::Location),
            Some(EventKind::LocationInventory) => record(json, Self::LocationInventory),
            Some(EventKind::Redirect) => record(json, Self::Redirect),
            Some(EventKind::Store) => record(json, Self::Store),
            Some(EventKind::DeliveryException) => record(json, Self::DeliveryException),
            Some(EventKind::ChannelCart) => record(json, Self::ChannelCart),
            Some(EventKind::OfChannel) => record(json, Self::OfChannel),
            Some(EventKind::B2b) => record(json, Self::B2b),
        }
    }
}

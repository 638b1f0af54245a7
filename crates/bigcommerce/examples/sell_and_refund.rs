//! Makes an order, ships it, and pays a part of it back: quoted first, then exactly as quoted.
//!
//! ```console
//! $ baxter sim --port 8080 &
//! $ export BIGCOMMERCE_API_URL=http://127.0.0.1:8080
//! $ export BIGCOMMERCE_STORE_HASH=simstore BIGCOMMERCE_TOKEN=simtoken
//! $ cargo run -p bigcommerce --example sell_and_refund -- 77
//! ```

use bigcommerce::resources::order_parts::{NewOrderProduct, NewShipment, ShipmentItem};
use bigcommerce::resources::orders::{NewOrder, NewOrderAddress, Order, status};
use bigcommerce::resources::payments::{NewRefund, NewRefundItem, RefundPayment, RefundQuoteRequest};
use bigcommerce::{Amount, Client, ClientBuilder};

/// A store that answers otherwise than it should.
type Failed = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let client = ClientBuilder::from_env()?.user_agent("sell-and-refund/1.0").build()?;
    let product = std::env::args().nth(1).ok_or("give the id of a product without options")?.parse()?;
    let order = sell(&client, product, 2).await?;
    let id = order.id.ok_or("the store names no order")?;
    println!("order {id}: {}", order.total_inc_tax.map(|total| total.to_string()).unwrap_or_default());
    ship(&client, id, "1Z999AA10123456784").await?;
    println!("shipped");
    println!("{} paid back", refund_one(&client, id).await?);
    Ok(())
}

/// An order of a guest, paid outside of the store.
pub async fn sell(client: &Client, product: i64, quantity: i64) -> Result<Order, Failed> {
    let address = NewOrderAddress::new("78701")
        .first_name("Ada")
        .last_name("Byron")
        .street_1("12 St James Square")
        .city("Austin")
        .state("Texas")
        .country("United States")
        .country_iso2("US")
        .email("ada@example.com");
    let order = NewOrder::new(address.clone(), [NewOrderProduct::of_catalog(product, quantity)])
        .shipping_addresses([address])
        .status_id(status::AWAITING_FULFILLMENT)
        .payment_method("Cash on Delivery");
    // A creation is never sent twice: after a dropped connection look before you try again.
    client.orders().create(order).await?.ok_or_else(|| "the store answers without the order".into())
}

/// Everything of the order in one parcel.
pub async fn ship(client: &Client, order: i64, tracking_number: &str) -> Result<(), Failed> {
    let lines = client.orders().products(order).list().all().await?;
    let address = lines.first().and_then(|line| line.order_address_id).ok_or("nothing is to be shipped")?;
    let items: Vec<ShipmentItem> =
        lines.iter().filter_map(|line| Some(ShipmentItem::new(line.id?, line.quantity?))).collect();
    let parcel = NewShipment::new(address, items).shipping_provider("ups").tracking_number(tracking_number);
    client.orders().shipments(order).create(parcel).await?;
    Ok(())
}

/// One of the first line comes back. Gives what was paid for it.
pub async fn refund_one(client: &Client, order: i64) -> Result<Amount, Failed> {
    let line = client.orders().products(order).list().first().await?.ok_or("the order has no lines")?;
    let items = vec![NewRefundItem::product(line.id.ok_or("a line without a key")?, 1)];
    let refunds = client.orders().refunds(order);
    let quote = refunds.quote(RefundQuoteRequest::new(items.clone())).await?;
    // Each way is a list of payments; the store says which it can make itself.
    let ways = quote.refund_methods.unwrap_or_default();
    let way = ways.first().ok_or("there is no way to pay it back")?;
    let payments: Vec<RefundPayment> = way.iter().map(|payment| payment.to_payment()).collect();
    let refund = refunds.create(NewRefund::new(items, payments).reason("it was too small")).await?;
    refund.and_then(|refund| refund.total_amount.clone()).ok_or_else(|| "the store tells no amount".into())
}

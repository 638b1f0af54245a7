//! Events: what the store tells, and which records it concerns. An event is a hint; the API is the truth.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::json;
use super::stream::{self, Stream};

/// One webhook notification, as received.
///
/// Source: BigCommerce docs/integrations/webhooks/overview.mdx.
#[derive(Debug, Clone)]
pub struct Event {
    /// What happened, such as `store/order/created`.
    pub scope: String,
    /// The same for every delivery of one event.
    pub hash: String,
    /// The store that it is of, as `stores/{hash}`.
    pub producer: Option<String>,
    /// When it happened, in Unix seconds, by the store's clock.
    pub created_at: Option<i64>,
    /// The event's data, as JSON text.
    pub data: String,
    /// The whole body, as received.
    pub body: String,
}

/// Something to be fetched: records of a stream by an id that it can be asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Target {
    /// The stream.
    pub stream: &'static str,
    /// The id; without it, all records of the stream.
    pub id: Option<i64>,
    /// Whether a second look is needed, since the store may still have answered with what was before.
    pub lags: bool,
}

/// Why a body is no event.
#[derive(Debug, thiserror::Error)]
#[error("the body is no event: {0}")]
pub struct Malformed(String);

/// The longest scope or hash that is believed, in bytes.
const LONGEST: usize = 200;

impl Event {
    /// Reads the body of a notification.
    pub fn read(body: &str) -> Result<Event, Malformed> {
        #[derive(Deserialize)]
        struct Envelope<'a> {
            scope: String,
            #[serde(default)]
            hash: Option<String>,
            #[serde(default)]
            producer: Option<String>,
            #[serde(default)]
            created_at: Option<i64>,
            #[serde(borrow)]
            data: &'a RawValue,
        }
        let envelope: Envelope = serde_json::from_str(body).map_err(|error| Malformed(error.to_string()))?;
        let hash = envelope.hash.unwrap_or_default();
        if hash.is_empty() || hash.len() > LONGEST || envelope.scope.len() > LONGEST {
            return Err(Malformed("`hash` or `scope` is empty or too long".to_owned()));
        }
        Ok(Event {
            scope: envelope.scope,
            hash,
            producer: envelope.producer,
            created_at: envelope.created_at,
            data: envelope.data.get().to_owned(),
            body: body.to_owned(),
        })
    }

    /// What is to be fetched for it: none for scopes that concern no stream.
    pub fn targets(&self) -> Vec<Target> {
        let mut targets = Vec::new();
        for stream in stream::all() {
            for declared in &stream.events {
                if !declared.scopes.iter().any(|scope| matches(scope, &self.scope)) {
                    continue;
                }
                let target = |id| Target { stream: &stream.name, id, lags: declared.lags };
                match &declared.id {
                    None => targets.push(target(None)),
                    // An event whose id cannot be read says nothing about which record it is: polling finds that.
                    Some(path) => targets.extend(self.ids_at(path).into_iter().map(|id| target(Some(id)))),
                }
            }
        }
        targets
    }

    /// The ids at `path`, each once: events of batches carry a list of objects, or a list of ids.
    fn ids_at(&self, path: &str) -> Vec<i64> {
        let one = |text: &str| text.trim_matches('"').parse::<i64>().ok().filter(|id| *id >= 0);
        let objects = json::elements(&self.data).unwrap_or_else(|_| vec![self.data.as_str()]);
        let mut ids: Vec<i64> = Vec::new();
        for value in objects.into_iter().filter_map(|object| json::at(object, path)) {
            match json::elements(value) {
                Ok(entries) => ids.extend(entries.into_iter().filter_map(one)),
                Err(_) => ids.extend(one(value)),
            }
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

/// Whether the concrete `scope` is one that `pattern` means.
fn matches(pattern: &str, scope: &str) -> bool {
    let mut parts = scope.split('/');
    let equal =
        pattern.split('/').all(|wanted| parts.next().is_some_and(|part| wanted == "*" || wanted == part));
    equal && parts.next().is_none()
}

/// The scopes that a store's hooks must have for `streams` to be told of their changes, each once.
pub fn scopes(streams: &[&'static Stream]) -> Vec<&'static str> {
    let declared = streams.iter().flat_map(|stream| &stream.events).flat_map(|events| &events.scopes);
    let mut scopes: Vec<&'static str> = declared.map(String::as_str).collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn targets(scope: &str, data: &str) -> Vec<(&'static str, Option<i64>)> {
        let body = format!(
            r#"{{"producer":"stores/abc","hash":"h","created_at":1,"store_id":"1","scope":"{scope}","data":{data}}}"#
        );
        Event::read(&body).unwrap().targets().into_iter().map(|target| (target.stream, target.id)).collect()
    }

    #[test]
    fn an_event_names_what_to_fetch() {
        assert_eq!(targets("store/order/statusUpdated", r#"{"type":"order","id":7}"#), [("orders", Some(7))]);
        assert_eq!(
            targets("store/sku/updated", r#"{"type":"sku","id":5,"sku":{"product_id":77,"variant_id":9}}"#),
            [("products", Some(77)), ("inventory_items", Some(77))]
        );
        assert_eq!(
            targets(
                "store/customer/address/created",
                r#"{"type":"customer","id":3,"address":{"customer_id":"8"}}"#
            ),
            [("customers", Some(8)), ("customer_addresses", Some(3))]
        );
        assert_eq!(
            targets(
                "store/channel/1/inventory/product/stock_changed",
                r#"{"product_id":7,"variant_id":1,"location_id":1}"#
            ),
            [("inventory_items", Some(7))]
        );
        let records =
            r#"[{"price_list_id":3,"variant_id":1},{"price_list_id":3,"variant_id":2},{"price_list_id":4}]"#;
        assert_eq!(
            targets("store/priceList/records/updated", records),
            [("price_list_records", Some(3)), ("price_list_records", Some(4))]
        );
        assert_eq!(
            targets("store/priceLists/deleted", r#"{"price_list_ids":[2,1]}"#),
            [("price_lists", Some(1)), ("price_lists", Some(2))]
        );
        assert_eq!(
            targets("store/order/transaction/created", r#"{"type":"transaction","order_id":"7"}"#),
            [("order_transactions", Some(7))]
        );
        assert_eq!(targets("store/information/updated", r#"{"type":"store"}"#), [("store", None)]);
        assert_eq!(targets("store/cart/created", r#"{"type":"cart","id":"x"}"#), []);
        assert_eq!(targets("store/order/created", r#"{"type":"order"}"#), []);
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for body in ["", "[]", "{}", r#"{"scope":"a","data":{}}"#, r#"{"scope":"a","hash":"","data":{}}"#] {
            assert!(Event::read(body).is_err(), "{body}");
        }
    }
}

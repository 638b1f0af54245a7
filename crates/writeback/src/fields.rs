//! The members of a record that write-back compares and writes, in one form for mirror, store and desired rows.

use baxter_engine::model::json;
use serde::Deserialize;
use serde_json::{Map, Value};

/// Values by member name. Text that the store has not is `""`, a group it has not is 0.
pub type Fields = Map<String, Value>;

/// The most stock one location holds of an item (guide "Inventory adjustments").
pub const MOST_STOCK: i64 = 2_147_483_647;

/// The one field of an item's stock at a location: what lies there, sellable or not.
pub const QUANTITY: &str = "quantity";

/// What a customer's field may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holds {
    /// Text of at most so many characters.
    Text(usize),
    /// The id of a customer group; 0 is none.
    Group,
}

/// A customer's fields that can be written, with their bounds (reference/customers.v3.yml; `notes` has none there,
/// so the bound of a cell stands).
pub const CUSTOMER_FIELDS: [(&str, Holds); 7] = [
    ("first_name", Holds::Text(100)),
    ("last_name", Holds::Text(100)),
    ("company", Holds::Text(255)),
    ("phone", Holds::Text(50)),
    ("notes", Holds::Text(crate::desired::MOST_CELL)),
    ("customer_group_id", Holds::Group),
    ("tax_exempt_category", Holds::Text(255)),
];

/// What a new customer cannot be without.
pub const REQUIRED_OF_A_CUSTOMER: [&str; 2] = ["first_name", "last_name"];

/// The writable fields of the customer whose record is `raw`, less those that cannot be read.
pub fn of_customer(raw: &str) -> Fields {
    let mut fields = Fields::new();
    for (name, holds) in CUSTOMER_FIELDS {
        let text = json::at(raw, name).filter(|text| *text != "null");
        let value = match (holds, text) {
            (Holds::Text(_), None) => Some(Value::from("")),
            (Holds::Group, None) => Some(Value::from(0)),
            (Holds::Text(_), Some(text)) => json::string(text).map(|text| Value::from(&*text)),
            (Holds::Group, Some(text)) => text.parse::<i64>().ok().map(Value::from),
        };
        if let Some(value) = value {
            fields.insert(name.to_owned(), value);
        }
    }
    fields
}

/// A customer's id and e-mail; `None` when the record has none that can be used.
pub fn identity_of_customer(raw: &str) -> Option<(i64, String)> {
    let id = json::at(raw, "id")?.parse().ok()?;
    Some((id, json::string(json::at(raw, "email")?)?.into_owned()))
}

/// E-mail addresses and SKUs are one whatever the case of their letters.
pub fn folded(text: &str) -> String {
    text.trim().to_lowercase()
}

/// Stock of an item over its locations, as `/v3/inventory/items` answers it.
#[derive(Debug, Deserialize)]
pub struct Item {
    /// What it is stock of.
    pub identity: Identity,
    /// How much lies where.
    #[serde(default)]
    pub locations: Vec<Level>,
}

/// What is stocked: a variant, or a product that is tracked as a whole and has no variant here.
#[derive(Debug, Deserialize)]
pub struct Identity {
    /// The variant; none or 0 when the product is tracked as a whole.
    pub variant_id: Option<i64>,
    /// The product.
    pub product_id: Option<i64>,
}

/// Stock at a location.
#[derive(Debug, Deserialize)]
pub struct Level {
    /// The location.
    pub location_id: i64,
    /// What lies there.
    pub total_inventory_onhand: Option<i64>,
}

impl Item {
    /// The fields of its stock at `location`; null where nothing was ever set.
    pub fn at(&self, location: i64) -> Fields {
        let level = self.locations.iter().find(|level| level.location_id == location);
        quantity(level.and_then(|level| level.total_inventory_onhand))
    }
}

/// The fields of a stock of `quantity`.
pub fn quantity(quantity: Option<i64>) -> Fields {
    Fields::from_iter([(QUANTITY.to_owned(), Value::from(quantity))])
}

/// The names of `wanted` whose value in `present` is another; empty when all are reached.
pub fn differing<'a>(wanted: &'a Fields, present: &Fields) -> Vec<&'a str> {
    let differs = wanted.iter().filter(|(name, value)| present.get(*name) != Some(value));
    differs.map(|(name, _)| name.as_str()).collect()
}

/// A value as a person reads it.
pub fn shown(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "nothing".to_owned(),
        Some(Value::String(text)) => format!("\"{}\"", plain(text)),
        Some(other) => other.to_string(),
    }
}

/// Text of others with control characters written out: it may go to a terminal.
pub fn plain(text: &str) -> String {
    const MOST: usize = 200;
    let mut out: String = text
        .chars()
        .take(MOST)
        .flat_map(|c| {
            let escaped = c.is_control().then(|| c.escape_default());
            let kept = (!c.is_control()).then_some(c);
            escaped.into_iter().flatten().chain(kept)
        })
        .collect();
    if text.chars().nth(MOST).is_some() {
        out.push('…');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_customers_absent_text_is_empty_and_absent_group_is_none() {
        let fields =
            of_customer(r#"{"id":3,"email":"A@b.c","first_name":"Ann","phone":null,"notes":"\ud800"}"#);
        assert_eq!(fields["first_name"], "Ann");
        assert_eq!(fields["phone"], "");
        assert_eq!(fields["company"], "");
        assert_eq!(fields["customer_group_id"], 0);
        assert_eq!(fields.get("notes"), None, "a lone surrogate is no text");
    }

    #[test]
    fn a_level_that_was_never_set_equals_itself_and_no_number() {
        let item: Item = serde_json::from_str(
            r#"{"identity":{"sku":"\ud800","variant_id":null,"product_id":3},"locations":[{"location_id":1,"total_inventory_onhand":7}]}"#,
        )
        .unwrap();
        assert_eq!(item.at(1), quantity(Some(7)));
        assert_eq!(differing(&item.at(2), &quantity(None)), [""; 0]);
        assert_eq!(differing(&item.at(2), &quantity(Some(0))), [QUANTITY]);
    }

    #[test]
    fn text_of_others_cannot_steer_a_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb"), "a\\u{1b}[2Jb");
        assert!(plain(&"x".repeat(900)).ends_with("x…"));
    }
}

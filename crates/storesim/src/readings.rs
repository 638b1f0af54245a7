//! What the sources leave open, as switches: the likelier reading is the default.

use serde::Serialize;

use crate::error::Error;

/// A point that BigCommerce's pages leave open or contradict each other about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Point {
    /// The status of a created order.
    OrderCreated,
    /// Whether one coupon can be read by its id.
    CouponById,
    /// An empty list of V2.
    V2Empty,
    /// A `limit` above the maximum.
    Limit,
    /// The refusal of a hook that exists already or is one too many.
    HookConflict,
    /// `created_at` of an event.
    EventCreatedAt,
    /// What the hash of an event is made of.
    EventHash,
    /// Whether deliveries are signed.
    Signature,
    /// Whose requests decide about a block, and whom it stops.
    Blocklist,
    /// Seconds a receiver may take.
    DeliveryTimeout,
    /// `nbf` of signed payloads.
    PayloadNotBefore,
    /// What the callbacks of an app carry.
    SignedPayload,
    /// `type` of error bodies.
    ErrorType,
    /// What the subtotal of an order adds up.
    OrderSubtotal,
    /// On which side of an order its discounts are taken off.
    OrderDiscount,
}

/// A point's name, its values with the default first, and what it decides.
struct Choice {
    point: Point,
    name: &'static str,
    values: &'static [&'static str],
}

const CHOICES: &[Choice] = &[
    Choice { point: Point::OrderCreated, name: "order_created", values: &["201", "200"] },
    Choice { point: Point::CouponById, name: "coupon_by_id", values: &["200", "405"] },
    Choice { point: Point::V2Empty, name: "v2_empty", values: &["204", "[]"] },
    Choice { point: Point::Limit, name: "limit", values: &["capped", "413"] },
    Choice { point: Point::HookConflict, name: "hook_conflict", values: &["422", "409"] },
    Choice { point: Point::EventCreatedAt, name: "event_created_at", values: &["event", "hook"] },
    Choice { point: Point::EventHash, name: "event_hash", values: &["event", "payload"] },
    Choice { point: Point::Signature, name: "signature", values: &["always", "never"] },
    Choice { point: Point::Blocklist, name: "blocklist", values: &["client", "domain"] },
    Choice { point: Point::DeliveryTimeout, name: "delivery_timeout", values: &["10", "3", "5", "20", "30"] },
    Choice { point: Point::PayloadNotBefore, name: "payload_nbf", values: &["iat-5", "iat"] },
    Choice { point: Point::SignedPayload, name: "signed_payload", values: &["both", "jwt"] },
    Choice { point: Point::ErrorType, name: "error_type", values: &["absolute", "relative"] },
    Choice { point: Point::OrderSubtotal, name: "order_subtotal", values: &["lines", "fees"] },
    Choice { point: Point::OrderDiscount, name: "order_discount", values: &["entered", "inc_tax"] },
];

/// The readings of a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Readings([u8; CHOICES.len()]);

impl Readings {
    /// Chooses by `NAME=VALUE`.
    ///
    /// # Errors
    /// [`Error::Option`] for a name or a value that is unknown, with those that are known.
    pub fn choose(&mut self, text: &str) -> Result<(), Error> {
        let (name, value) = text.split_once('=').unwrap_or((text, ""));
        let (name, value) = (name.trim(), value.trim());
        let Some(at) = CHOICES.iter().position(|choice| choice.name == name) else {
            let names: Vec<&str> = CHOICES.iter().map(|choice| choice.name).collect();
            return Err(Error::Option(format!("'{name}' is no reading: there are {}", names.join(", "))));
        };
        let values = CHOICES[at].values;
        let Some(chosen) = values.iter().position(|known| *known == value) else {
            return Err(Error::Option(format!("'{value}' is no {name}: there are {}", values.join(", "))));
        };
        self.0[at] = chosen as u8;
        Ok(())
    }

    /// The value in force.
    pub(crate) fn of(&self, point: Point) -> &'static str {
        let found = CHOICES.iter().zip(self.0).find(|(choice, _)| choice.point == point);
        found.and_then(|(choice, chosen)| choice.values.get(usize::from(chosen))).unwrap_or(&"")
    }

    /// Whether that value is in force.
    pub(crate) fn is(&self, point: Point, value: &str) -> bool {
        self.of(point) == value
    }

    /// The status of an answer, where that is open.
    pub(crate) fn status(&self, path: &str, status: u16) -> u16 {
        if path == "/v2/orders" && status == 201 && self.is(Point::OrderCreated, "200") {
            return 200;
        }
        status
    }

    /// All points as they are now.
    pub(crate) fn list(&self) -> Vec<Listed> {
        let listed = |choice: &Choice| Listed {
            name: choice.name,
            value: self.of(choice.point),
            values: choice.values,
        };
        CHOICES.iter().map(listed).collect()
    }
}

/// A point as `GET /_sim/readings` shows it.
#[derive(Debug, Serialize)]
pub(crate) struct Listed {
    name: &'static str,
    value: &'static str,
    values: &'static [&'static str],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_chosen_by_name_and_the_first_value_is_the_default() {
        let mut readings = Readings::default();
        for choice in CHOICES {
            assert_eq!(readings.of(choice.point), choice.values[0]);
        }
        readings.choose("limit=413").unwrap();
        assert!(readings.is(Point::Limit, "413") && readings.is(Point::V2Empty, "204"));
        for wrong in ["limit", "limit=7", "nothing=1", ""] {
            assert!(readings.choose(wrong).is_err(), "{wrong}");
        }
    }
}

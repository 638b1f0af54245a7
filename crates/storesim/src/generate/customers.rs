//! The people who buy: customers and their addresses.

use super::date;
use super::random::Random;
use super::record::Record;
use super::shape;
use super::words::{COMPANIES, FIRST_NAMES, LAST_NAMES, PLACES, Place, STREETS};
use super::{Sink, Spec, Table};

/// Somebody with a place to send things to.
pub(super) struct Person {
    pub(super) first: &'static str,
    pub(super) last: &'static str,
    pub(super) company: &'static str,
    pub(super) email: String,
    pub(super) phone: String,
    pub(super) street: String,
    pub(super) place: &'static Place,
}

impl Person {
    /// `number` goes into the e-mail address, which makes it unique within `domain`.
    pub(super) fn new(random: &mut Random, number: u64, domain: &str) -> Self {
        let first = *random.pick(&FIRST_NAMES);
        let last = *random.pick(&LAST_NAMES);
        let mut email = String::with_capacity(40);
        for name in [first, last] {
            email.extend(name.chars().filter(char::is_ascii_alphabetic).map(|c| c.to_ascii_lowercase()));
            email.push('.');
        }
        email.push_str(&format!("{number}@{domain}"));
        Self {
            first,
            last,
            company: if random.chance(15) { *random.pick(&COMPANIES) } else { "" },
            email,
            phone: if random.chance(60) {
                format!("+1 555 01{:02}", random.below(100))
            } else {
                String::new()
            },
            street: street(random),
            place: random.pick(&PLACES),
        }
    }
}

fn street(random: &mut Random) -> String {
    format!("{} {}", random.between(1, 980), random.pick(&STREETS))
}

/// The customer at `index`, with the random sequence that goes on to make the rest of the record.
fn customer(spec: &Spec, index: u64) -> (Person, Random) {
    let mut random = Random::of(spec.seed, Table::Customer as u64, index);
    (Person::new(&mut random, index + 1, "example.com"), random)
}

/// The customer with this id, which starts at 1.
pub(super) fn person(spec: &Spec, id: u64) -> Person {
    customer(spec, id.saturating_sub(1)).0
}

pub(super) fn rows(spec: &Spec, sink: &mut Sink) {
    let mut next_address = 1;
    // Four years of customers, older ones with lower ids.
    let age: i64 = 4 * 365 * 86_400;
    for index in 0..spec.customers {
        let (person, mut random) = customer(spec, index);
        let created = spec.now - age + (age as u64 * (index + 1) / (spec.customers + 1)) as i64;
        let modified = created + random.below((spec.now - created).max(1) as u64) as i64;
        let id = index as i64 + 1;
        let mut record = Record::new(shape::CUSTOMER, 560);
        record.integer("id", id).text("company", person.company);
        record.integer("customer_group_id", super::people::group(spec, id)).text("email", &person.email);
        record.text("first_name", person.first).text("last_name", person.last);
        if random.chance(10) {
            record.text("notes", "Prefers e-mail.\nAsked for an invoice without prices.");
        }
        record.text("phone", &person.phone);
        record.text("date_created", &date::zulu(created)).text("date_modified", &date::zulu(modified));
        record.flag("accepts_product_review_abandoned_cart_emails", random.chance(40));
        sink.row("customers", None, record.finish());

        // Most have one address, some none, some up to three: home, work, somebody else's.
        let addresses = [0, 1, 1, 1, 1, 2, 2, 3][random.below(8) as usize];
        for order in 0..addresses {
            let (street, place) = match order {
                0 => (person.street.clone(), person.place),
                _ => (street(&mut random), random.pick(&PLACES)),
            };
            let mut record = Record::new(shape::CUSTOMER_ADDRESS, 420);
            record.integer("id", next_address).text("address1", &street);
            if random.chance(15) {
                record.text("address2", &format!("Apt. {}", random.between(1, 60)));
            }
            record.text("address_type", if order == 1 { "commercial" } else { "residential" });
            record.text("city", place.city).text("company", person.company);
            record.text("country", place.country).text("country_code", place.code);
            record.integer("customer_id", id);
            record.text("first_name", person.first).text("last_name", person.last);
            record.text("phone", &person.phone).text("postal_code", place.zip);
            record.text("state_or_province", place.state);
            sink.row("customer_addresses", None, record.finish());
            next_address += 1;
        }
    }
}

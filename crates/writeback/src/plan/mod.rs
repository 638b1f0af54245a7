//! Plans: exactly what would change in the store, as data that a person can read and `apply` carries out.
//!
//! Making one reads the file and the mirror and compares them ([`inventory`], [`customers`]); nothing is sent. The
//! JSON form is the file that `--out` writes; its members are described in `docs/write-back.md`.

mod customers;
mod file;
mod guard;
mod inventory;
mod mirror;
mod nearest;
mod text;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use customers::customers;
pub use inventory::inventory;

use crate::fields::Fields;

/// The version of the plan's JSON form that this program writes, and the newest that it reads.
pub const VERSION: u32 = 1;

/// What kind of desired rows a plan is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Stock of items at locations.
    Inventory,
    /// Customers.
    Customers,
}

impl Kind {
    /// The word in files and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Inventory => "inventory",
            Kind::Customers => "customers",
        }
    }
}

/// What would change. Every list is in the order of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The version of this form.
    pub version: u32,
    /// Names the plan; it can be applied once.
    pub id: Uuid,
    /// What it is a plan of.
    pub kind: Kind,
    /// The store whose mirror it was made from.
    pub store_hash: String,
    /// When it was made, by our clock.
    pub made_at: Timestamp,
    /// The newest entry of the change log when it was made.
    pub mirror_seq: i64,
    /// The name of the file of desired rows.
    pub source: String,
    /// What a person should look at before applying it.
    pub warnings: Vec<String>,
    /// Records to be made.
    pub creates: Vec<Create>,
    /// Records to be changed.
    pub updates: Vec<Update>,
    /// Records to be removed; no kind of file asks for that yet.
    pub deletes: Vec<Delete>,
    /// How many rows stand in the store as wanted.
    pub unchanged: u64,
    /// Rows that are left out, and why.
    pub refused: Vec<Refused>,
}

/// A record to be made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Create {
    /// The row's line in the file.
    pub line: u64,
    /// SKU or e-mail, as the file has it.
    pub key: String,
    /// The fields it shall have.
    pub after: Fields,
}

/// A record to be changed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Update {
    /// The row's line in the file.
    pub line: u64,
    /// SKU or e-mail, as the file has it.
    pub key: String,
    /// What the API calls it.
    #[serde(flatten)]
    pub target: Target,
    /// The fields that differ, as the mirror has them.
    pub before: Fields,
    /// The same fields, as they shall be.
    pub after: Fields,
}

/// A record to be removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delete {
    /// SKU or e-mail.
    pub key: String,
    /// What the API calls it.
    #[serde(flatten)]
    pub target: Target,
    /// The record as the mirror has it.
    pub before: Fields,
}

/// A row that is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// Its line in the file.
    pub line: u64,
    /// SKU or e-mail, as the file has it.
    pub key: String,
    /// Why.
    pub reason: String,
}

/// What the API calls a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Target {
    /// Stock of an item at a location.
    Stock {
        /// The item's product.
        product_id: i64,
        /// The variant; null when the product is tracked as a whole and written by its own id.
        variant_id: Option<i64>,
        /// Where.
        location_id: i64,
    },
    /// A customer.
    Customer {
        /// Its id.
        customer_id: i64,
    },
}

impl Target {
    /// Where, for stock.
    pub fn location_id(&self) -> Option<i64> {
        match self {
            Target::Stock { location_id, .. } => Some(*location_id),
            Target::Customer { .. } => None,
        }
    }
}

/// What comparing rows with the mirror brings, before it has a name and a time.
#[derive(Debug, Default, PartialEq)]
struct Draft {
    creates: Vec<Create>,
    updates: Vec<Update>,
    unchanged: u64,
    refused: Vec<Refused>,
    warnings: Vec<String>,
}

/// What a plan carries besides the comparison.
#[derive(Debug, Clone)]
pub struct Naming {
    /// Names the plan; a fresh one for each.
    pub id: Uuid,
    /// When it is made.
    pub made_at: Timestamp,
    /// What to call the file of desired rows.
    pub source: String,
}

impl Plan {
    fn new(kind: Kind, naming: Naming, store_hash: String, mirror_seq: i64, draft: Draft) -> Self {
        Plan {
            version: VERSION,
            id: naming.id,
            kind,
            store_hash,
            made_at: naming.made_at,
            mirror_seq,
            source: naming.source,
            warnings: draft.warnings,
            creates: draft.creates,
            updates: draft.updates,
            deletes: Vec::new(),
            unchanged: draft.unchanged,
            refused: draft.refused,
        }
    }

    /// How many records it would write.
    pub fn changes(&self) -> usize {
        self.creates.len() + self.updates.len() + self.deletes.len()
    }
}

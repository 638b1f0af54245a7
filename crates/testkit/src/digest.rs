//! Equality of store and mirror, stream by stream: each computes a digest from its own data.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::log::Replayed;
use crate::program::TestBaxter;
use crate::store::TestStore;

/// The streams that most tests compare: those of which a store has most records, and which change most.
pub const STREAMS: [&str; 13] = [
    "products",
    "variants",
    "brands",
    "categories",
    "customers",
    "customer_addresses",
    "orders",
    "order_products",
    "order_shipping_addresses",
    "locations",
    "inventory_items",
    "inventory_levels",
    "store",
];

/// How many records a stream has, and the SHA-256 over their canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// Number of records.
    pub count: u64,
    /// 64 hexadecimal digits.
    pub sha256: String,
}

impl Digest {
    /// Reads `{"stream","count","sha256"}`.
    pub fn read(answer: &Value) -> Self {
        let (Some(count), Some(sha256)) = (answer["count"].as_u64(), answer["sha256"].as_str()) else {
            panic!("not a digest: {answer}");
        };
        let is_hash = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_hash, "not a digest: {answer}");
        Digest { count, sha256: sha256.to_owned() }
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{} records, {}", self.count, &self.sha256[..12])
    }
}

/// Fails unless the mirror equals the store in every stream; says which ones differ.
pub fn assert_equal(store: &TestStore, baxter: &TestBaxter) {
    let mut wrong = Vec::new();
    for stream in baxter.streams() {
        let (theirs, ours) = (store.digest(stream), baxter.digest(stream));
        if theirs != ours {
            wrong.push(format!("{stream}: the store has {theirs}; the mirror has {ours}"));
        }
    }
    assert!(wrong.is_empty(), "store and mirror differ:\n  {}", wrong.join("\n  "));
}

/// Fails unless the log, replayed, holds the records that the mirror holds, no more and no fewer, and the values
/// that its updates left are those of the mirror.
#[track_caller]
pub fn assert_log_is_mirror(baxter: &TestBaxter) {
    assert_replayed_is_mirror(&baxter.changes().replay(), baxter);
}

/// As [`assert_log_is_mirror`], of entries that somebody collected.
#[track_caller]
pub fn assert_replayed_is_mirror(replayed: &Replayed, baxter: &TestBaxter) {
    for stream in baxter.streams() {
        let mirrored = baxter.digest(stream).count;
        assert_eq!(replayed.count(stream), mirrored, "records of {stream} by the log, and in the mirror");
    }
    for stream in ["products", "variants", "customers", "orders"] {
        let rows = baxter.query(&format!("select id, raw from {stream}"));
        let records: BTreeMap<String, Value> = rows
            .iter()
            .map(|row| (row["id"].to_string(), row["raw"].as_str().expect("raw is text")))
            .map(|(id, raw)| (id, serde_json::from_str(raw).expect("raw is JSON")))
            .collect();
        for (key, values) in replayed.updated(stream) {
            values.assert_held_by(&records[key], &format!("{stream} {key}"));
        }
    }
}

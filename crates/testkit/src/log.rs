//! The change log as a test reads it, and what has to hold of every log.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// One line of `baxter changes -o jsonl`.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its place in the log.
    pub seq: u64,
    /// The stream of its record.
    pub stream: String,
    /// The key of its record, as JSON text.
    pub key: String,
    /// `created`, `updated` or `deleted`.
    pub kind: String,
    /// The whole line.
    pub all: Value,
}

/// A change log, oldest first.
#[derive(Debug, Clone)]
pub struct ChangeLog(pub Vec<Change>);

impl ChangeLog {
    /// Reads JSON lines.
    pub fn read(lines: &str) -> Self {
        let change = |line: &str| {
            let all: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
            let text =
                |name: &str| all[name].as_str().unwrap_or_else(|| panic!("no {name}: {line}")).to_owned();
            for name in ["noticed_by", "at"] {
                text(name);
            }
            let seq = all["seq"].as_u64().unwrap_or_else(|| panic!("no seq: {line}"));
            assert!(!all["key"].is_null(), "no key: {line}");
            Change {
                seq,
                stream: text("stream"),
                key: all["key"].to_string(),
                kind: text("kind"),
                all: all.clone(),
            }
        };
        ChangeLog(lines.lines().map(change).collect())
    }

    /// Fails unless `seq` rises strictly and each record is created, then updated, then deleted, then created…;
    /// an update says what differs. Returns the records that live at the end of the log, by stream.
    #[track_caller]
    pub fn replay(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut alive: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let mut last = None;
        for change in &self.0 {
            assert!(last < Some(change.seq), "seq does not rise after {last:?}: {}", change.all);
            last = Some(change.seq);
            let records = alive.entry(change.stream.clone()).or_default();
            let was_alive = records.contains(&change.key);
            match change.kind.as_str() {
                "created" => {
                    assert!(!was_alive, "created while it lives: {}", change.all);
                    records.insert(change.key.clone());
                }
                "updated" => {
                    assert!(was_alive, "updated while it does not live: {}", change.all);
                    assert!(is_filled(&change.all["changes"]), "an update of nothing: {}", change.all);
                }
                "deleted" => {
                    assert!(was_alive, "deleted while it does not live: {}", change.all);
                    records.remove(&change.key);
                }
                other => panic!("{other} is no kind of change: {}", change.all),
            }
        }
        alive
    }

    /// The greatest `seq`, 0 for an empty log.
    pub fn last_seq(&self) -> u64 {
        self.0.last().map_or(0, |change| change.seq)
    }

    /// How many changes are of a kind.
    pub fn count(&self, kind: &str) -> usize {
        self.0.iter().filter(|change| change.kind == kind).count()
    }
}

fn is_filled(value: &Value) -> bool {
    match value {
        Value::Array(entries) => !entries.is_empty(),
        Value::Object(members) => !members.is_empty(),
        _ => false,
    }
}

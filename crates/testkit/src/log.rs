//! The change log as a test reads it, and what has to hold of every log.

use std::collections::BTreeMap;

use serde_json::Value;

/// One line of `baxter changes -o jsonl`.
#[derive(Debug, Clone)]
pub struct Change {
    /// Its place in the log.
    pub seq: u64,
    /// The stream of its record.
    pub stream: String,
    /// The key of its record.
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
            Change { seq, stream: text("stream"), key: text("key"), kind: text("kind"), all: all.clone() }
        };
        ChangeLog(lines.lines().map(change).collect())
    }

    /// Fails unless `seq` rises strictly, each record is created or in a snapshot at the beginning, then updated, then deleted, then created…, an
    /// update says what differs and begins where the one before it ended, and a delete keeps the record.
    #[track_caller]
    pub fn replay(&self) -> Replayed {
        let mut replayed = Replayed::default();
        let mut last = None;
        for change in &self.0 {
            let line = &change.all;
            // All records of a snapshot have the number of the newest entry.
            let rises = last < Some(change.seq) || (change.kind == "snapshot" && last == Some(change.seq));
            assert!(rises, "seq does not rise after {last:?}: {line}");
            last = Some(change.seq);
            let records = replayed.alive.entry(change.stream.clone()).or_default();
            let was_alive = records.contains_key(&change.key);
            match change.kind.as_str() {
                "created" | "snapshot" => {
                    assert!(!was_alive, "created while it lives: {line}");
                    records.insert(change.key.clone(), Values::default());
                }
                "updated" => {
                    let values = records
                        .get_mut(&change.key)
                        .unwrap_or_else(|| panic!("updated while it does not live: {line}"));
                    let changes = line["changes"].as_array().filter(|changes| !changes.is_empty());
                    for difference in changes.unwrap_or_else(|| panic!("an update of nothing: {line}")) {
                        values.step(difference, line);
                    }
                }
                "deleted" => {
                    assert!(was_alive, "deleted while it does not live: {line}");
                    assert!(line["record"].is_object(), "a delete without its record: {line}");
                    records.remove(&change.key);
                }
                other => panic!("{other} is no kind of change: {line}"),
            }
        }
        replayed
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

/// Where a log, read from its beginning, leads.
#[derive(Debug, Clone, Default)]
pub struct Replayed {
    alive: BTreeMap<String, BTreeMap<String, Values>>,
}

impl Replayed {
    /// How many records of a stream live.
    pub fn count(&self, stream: &str) -> u64 {
        self.alive.get(stream).map_or(0, |records| records.len() as u64)
    }

    /// The records of a stream that were updated, with what the log says they hold.
    pub fn updated(&self, stream: &str) -> impl Iterator<Item = (&str, &Values)> {
        let records = self.alive.get(stream).into_iter().flatten();
        records.filter(|(_, values)| !values.0.is_empty()).map(|(key, values)| (key.as_str(), values))
    }
}

/// The values that the updates of one record left, by path; a member that went has none.
#[derive(Debug, Clone, Default)]
pub struct Values(BTreeMap<String, Option<Value>>);

impl Values {
    /// Takes one difference of an update on board.
    fn step(&mut self, difference: &Value, line: &Value) {
        let path =
            difference["path"].as_str().unwrap_or_else(|| panic!("a difference without a path: {line}"));
        let (old, new) = (difference.get("old"), difference.get("new"));
        assert_ne!(old, new, "{path} does not differ: {line}");
        if let Some(known) = self.0.get(path) {
            assert_eq!(known.as_ref(), old, "{path} had another value after the update before: {line}");
        }
        // What was said of its members, or of what it is a member of, is said anew by this.
        let is_within =
            |inner: &str, outer: &str| inner.starts_with(outer) && inner[outer.len()..].starts_with('.');
        self.0.retain(|other, _| !is_within(other, path) && !is_within(path, other));
        self.0.insert(path.to_owned(), new.cloned());
    }

    /// Fails unless a record holds every one of these values.
    #[track_caller]
    pub fn assert_held_by(&self, record: &Value, name: &str) {
        for (path, value) in &self.0 {
            let held = path.split('.').try_fold(record, |place, member| place.get(member));
            assert_eq!(held, value.as_ref(), "{path} of {name}, in the mirror and by the log");
        }
    }
}

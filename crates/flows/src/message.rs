//! Messages: what an entry of the change log becomes on its way through a flow.

use baxter_engine::storage::ChangeEntry;
use jaq_json::Val;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::expr::{self, Limits, Scope};
use crate::flow::Flow;

/// How much one entry may become.
const LIMITS: Limits = Limits { outputs: 1_000, bytes: 4 * 1024 * 1024 };

/// An entry of the change log as a flow sees it; dead letters keep it in this form.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Entry {
    /// Its number in the change log.
    pub seq: i64,
    /// The record's stream.
    pub stream: String,
    /// The record's key.
    pub key: String,
    /// `created`, `updated` or `deleted`.
    pub kind: String,
    /// When it was noticed, by our clock.
    pub at: String,
    /// For an update: the paths that differ, with old and new value.
    pub changes: Box<RawValue>,
    /// For a delete: the last record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<RawValue>>,
}

impl From<ChangeEntry> for Entry {
    fn from(entry: ChangeEntry) -> Self {
        let ChangeEntry { seq, stream, key, kind, at, changes, record, .. } = entry;
        Entry { seq, stream, key, kind, at, changes, record }
    }
}

/// What a flow makes of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing is delivered.
    Skip,
    /// These texts are delivered: JSON, or strings for a file of text.
    Deliver(Vec<String>),
    /// It can become no message; it is a dead letter for this reason.
    Refuse(String),
}

/// What `flow` makes of `entry`, whose record is `record` now.
pub(crate) fn judge(flow: &Flow, entry: &Entry, record: Option<&str>, store: &str, scope: &Scope) -> Verdict {
    outputs(flow, entry, record, store, scope).unwrap_or_else(Verdict::Refuse)
}

fn outputs(
    flow: &Flow,
    entry: &Entry,
    record: Option<&str>,
    store: &str,
    scope: &Scope,
) -> Result<Verdict, String> {
    let record = record.map_or(Ok(Val::Null), expr::read)?;
    let input = input(entry, record.clone(), store)?;
    if let Some(filter) = &flow.filter
        && !filter.holds(input.clone(), scope).map_err(|reason| format!("`where` failed: {reason}"))?
    {
        return Ok(Verdict::Skip);
    }
    let texts = match &flow.map {
        Some(map) => expr::texts(map.run(input, scope), flow.form(), LIMITS)?,
        None => expr::texts([Ok(record)], flow.form(), LIMITS)?,
    };
    Ok(if texts.is_empty() { Verdict::Skip } else { Verdict::Deliver(texts) })
}

/// `{kind, stream, key, record, changes, store, seq, at}`
fn input(entry: &Entry, record: Val, store: &str) -> Result<Val, String> {
    let text = |text: &str| Val::from(text.to_owned());
    let seq = isize::try_from(entry.seq).map_err(|error| error.to_string())?;
    let members = [
        ("kind", text(&entry.kind)),
        ("stream", text(&entry.stream)),
        ("key", text(&entry.key)),
        ("record", record),
        ("changes", expr::read(entry.changes.get())?),
        ("store", text(store)),
        ("seq", Val::from(seq)),
        ("at", text(&entry.at)),
    ];
    Ok(Val::obj(members.into_iter().map(|(name, value)| (text(name), value)).collect()))
}

/// The key that never changes for a message, however often it is delivered: of its entry, or of its record alone
/// where a record is delivered once. Further outputs of one entry are numbered.
pub(crate) fn idempotency_key(store: &str, flow: &Flow, entry: &Entry, output: usize) -> String {
    let mut key = format!("{store}:{}:{}:{}", flow.name, entry.stream, entry.key);
    if !flow.once {
        key.push_str(&format!(":{}", entry.seq));
    }
    if output > 0 {
        key.push_str(&format!("#{output}"));
    }
    key
}

//! Proofs that mirror and store are equal: what the last one of each stream found, and the changes that a reading of
//! everything noted.

use jiff::Timestamp;
use rusqlite::types::FromSql;
use rusqlite::{Connection, OptionalExtension, params, params_from_iter};
use serde::{Deserialize, Serialize};

use super::apply::key_values;
use super::{Error, Mirror};
use crate::model::change::NoticedBy;
use crate::model::json;
use crate::model::key::{Key, Part};
use crate::model::stream::{Stream, children, column, named};

/// What a comparison of a stream with the store came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Every record was compared, and nothing differed that should not.
    Equal,
    /// Every record was compared; what differed was repaired.
    Repaired,
    /// It did not come to its end: nothing is proved.
    Partial,
}

impl Outcome {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Equal => "equal",
            Outcome::Repaired => "repaired",
            Outcome::Partial => "partial",
        }
    }
}

/// The last comparison of a stream with the store.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ProofState {
    /// Our time when it ended.
    pub at: String,
    /// `sweep` or `verify`.
    pub way: String,
    /// What it came to: `equal`, `repaired`, `partial`.
    pub result: String,
    /// Our time when the last one ended that was not partial.
    pub complete_at: Option<String>,
    /// Records in both.
    pub records: u64,
    /// What differed and was repaired.
    pub differences: u64,
    /// What changed in the store meanwhile, which is no difference.
    pub meanwhile: u64,
    /// Requests that it took, with those of the streams read along with it.
    pub requests: u64,
    /// The digest of all records, where it was asked for.
    pub sha256: Option<String>,
    /// Why it did not come to its end.
    pub note: Option<String>,
}

/// An entry of the change log that a reading of everything made, with what tells why.
#[derive(Debug, Clone, PartialEq)]
pub struct Noticed {
    /// Its number.
    pub seq: i64,
    /// The stream.
    pub stream: &'static str,
    /// The record's key.
    pub key: String,
    /// `created`, `updated`, `deleted`.
    pub kind: String,
    /// The members that differ.
    pub paths: Vec<String>,
    /// The id by which events name the record in its own stream.
    pub id: Option<i64>,
    /// The id by which they name the record that it belongs to.
    pub parent: Option<i64>,
    /// When the store modified it, or what it belongs to, where it says so.
    pub modified_at: Option<Timestamp>,
}

/// What is known of the record that another one belongs to.
struct Parent {
    id: Option<i64>,
    modified_at: Option<Timestamp>,
}

/// Entries of the change log within which the children of a deleted record follow it.
const FAMILY: i64 = 2_000;

impl Mirror {
    /// The number of the newest entry of the change log, also when entries were trimmed.
    pub fn last_seq(&self) -> Result<i64, Error> {
        last_seq(&self.connection)
    }

    /// Up to `most` entries that `way` made of `stream` after the one numbered `after`, and how many there are.
    pub fn noticed(
        &self,
        stream: &'static Stream,
        way: NoticedBy,
        after: i64,
        most: u32,
    ) -> Result<(u64, Vec<Noticed>), Error> {
        let sql = "SELECT count(*) FROM changes WHERE seq > ?1 AND stream = ?2 AND noticed_by = ?3";
        let count: i64 = self
            .connection
            .prepare_cached(sql)?
            .query_row(params![after, stream.name, way.as_str()], |row| row.get(0))?;
        let sql = "SELECT seq, key, kind, coalesce(changes, '[]'), record FROM changes
             WHERE seq > ?1 AND stream = ?2 AND noticed_by = ?3 ORDER BY seq LIMIT ?4";
        let mut statement = self.connection.prepare_cached(sql)?;
        let mut rows = statement.query(params![after, stream.name, way.as_str(), most])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let key: String = row.get(1)?;
            let (seq, parsed) = (row.get(0)?, stream.parse_key(&key));
            let text = match (row.get::<_, Option<String>>(4)?, &parsed) {
                (Some(text), _) => text,
                (None, Some(key)) => self.raw(stream, key)?.unwrap_or_default(),
                (None, None) => String::new(),
            };
            let parent = match &parsed {
                Some(key) => self.parent(stream, key, &text, seq)?,
                None => None,
            };
            found.push(Noticed {
                seq,
                stream: &stream.name,
                kind: row.get(2)?,
                paths: paths(&row.get::<_, String>(3)?),
                id: event_id(stream, parsed.as_ref(), &text),
                modified_at: modified(stream, &text)
                    .or(parent.as_ref().and_then(|parent| parent.modified_at)),
                parent: parent.and_then(|parent| parent.id),
                key,
            });
        }
        Ok((count.unsigned_abs(), found))
    }

    fn raw(&self, stream: &Stream, key: &Key) -> Result<Option<String>, Error> {
        Ok(self.row(stream, "raw", key)?)
    }

    /// A column of one record.
    fn row<T: FromSql>(&self, stream: &Stream, column: &str, key: &Key) -> rusqlite::Result<Option<T>> {
        let by: Vec<String> =
            stream.key_columns().iter().map(|(name, _)| format!("\"{name}\" = ?")).collect();
        let sql = format!("SELECT \"{column}\" FROM \"{}\" WHERE {}", stream.name, by.join(" AND "));
        let mut statement = self.connection.prepare_cached(&sql)?;
        statement.query_row(params_from_iter(key_values(key)), |row| row.get(0)).optional()
    }

    /// The id by which events name the record that the one of `key` belongs to, and when the store modified that one.
    fn parent(&self, stream: &Stream, key: &Key, text: &str, seq: i64) -> Result<Option<Parent>, Error> {
        let (Some(declared), Some(of)) = (&stream.parent, stream.parent_stream()) else { return Ok(None) };
        let parent = match &declared.column {
            Some(column) => {
                let held: Option<Option<i64>> = self.row(stream, column, key)?;
                let known = held.flatten().or_else(|| integer_at(text, column));
                match known.map(|id| Key(vec![Part::Integer(id)])) {
                    Some(key) => Some(key),
                    // Some records do not say what they belong to: their place in the parent's did.
                    None => self.deleted_before(of, seq)?,
                }
            }
            None => Some(Key(key.0.iter().take(of.key_columns().len()).cloned().collect())),
        };
        let Some(parent) = parent else { return Ok(None) };
        let text = match self.raw(of, &parent)? {
            Some(text) => text,
            // What is deleted with its parent is noted right behind it.
            None => self
                .connection
                .prepare_cached(
                    "SELECT record FROM changes WHERE seq BETWEEN ?1 AND ?2 AND stream = ?3 AND key = ?4 AND record IS NOT NULL",
                )?
                .query_row(params![seq - FAMILY, seq, of.name, parent.to_string()], |row| row.get(0))
                .optional()?
                .unwrap_or_default(),
        };
        Ok(Some(Parent { id: event_id(of, Some(&parent), &text), modified_at: modified(of, &text) }))
    }

    /// The record of `stream` whose delete took along the one that entry `seq` deletes: only others of its family stand
    /// between the two.
    fn deleted_before(&self, stream: &Stream, seq: i64) -> Result<Option<Key>, Error> {
        let family: Vec<&str> = children(stream).map(|child| child.name.as_str()).collect();
        let holes = vec!["?"; family.len()].join(", ");
        let sql = format!(
            "SELECT stream, kind, key FROM changes WHERE seq BETWEEN {} AND {} AND NOT (kind = 'deleted' AND stream IN ({holes}))
             ORDER BY seq DESC LIMIT 1",
            seq - FAMILY,
            seq - 1
        );
        let read = |row: &rusqlite::Row| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
        let found: Option<(String, String, String)> =
            self.connection.query_row(&sql, params_from_iter(family), read).optional()?;
        Ok(found
            .filter(|(name, kind, _)| *name == stream.name && kind == "deleted")
            .and_then(|(_, _, key)| stream.parse_key(&key)))
    }

    /// Our time when `stream` was last compared with the store to its end, or first read.
    pub fn compared_at(&self, stream: &Stream) -> Result<Option<Timestamp>, Error> {
        let proof = read_proof(&self.connection, &stream.name)?.and_then(|proof| proof.complete_at);
        Ok(match proof.and_then(|at| at.parse().ok()) {
            Some(at) => Some(at),
            None => self.stream_state(stream)?.backfilled_at,
        })
    }

    /// Notes what the last comparison of `stream` came to.
    pub fn save_proof(&mut self, stream: &Stream, proof: &ProofState) -> Result<(), Error> {
        self.connection.execute(
            "INSERT INTO baxter_proofs (stream, at, way, result, complete_at, records, differences, meanwhile, requests, sha256, note)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
             ON CONFLICT DO UPDATE SET at = ?2, way = ?3, result = ?4, complete_at = coalesce(?5, complete_at),
                 records = ?6, differences = ?7, meanwhile = ?8, requests = ?9, sha256 = ?10, note = ?11",
            params![
                stream.name,
                proof.at,
                proof.way,
                proof.result,
                proof.complete_at,
                count(proof.records),
                count(proof.differences),
                count(proof.meanwhile),
                count(proof.requests),
                proof.sha256,
                proof.note,
            ],
        )?;
        Ok(())
    }
}

/// The last comparison of `stream` with the store.
pub(super) fn read_proof(connection: &Connection, stream: &str) -> Result<Option<ProofState>, Error> {
    let sql = "SELECT at, way, result, complete_at, records, differences, meanwhile, requests, sha256, note
         FROM baxter_proofs WHERE stream = ?1";
    let read = |row: &rusqlite::Row| {
        Ok(ProofState {
            at: row.get(0)?,
            way: row.get(1)?,
            result: row.get(2)?,
            complete_at: row.get(3)?,
            records: row.get::<_, i64>(4)?.unsigned_abs(),
            differences: row.get::<_, i64>(5)?.unsigned_abs(),
            meanwhile: row.get::<_, i64>(6)?.unsigned_abs(),
            requests: row.get::<_, i64>(7)?.unsigned_abs(),
            sha256: row.get(8)?,
            note: row.get(9)?,
        })
    };
    let proof = connection.prepare_cached(sql).and_then(|mut sql| sql.query_row([stream], read).optional());
    match proof {
        Ok(proof) => Ok(proof),
        // A mirror that an older Baxter wrote, open for reading only.
        Err(rusqlite::Error::SqliteFailure(_, Some(text))) if text.contains("no such table") => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The number of the newest entry that the change log ever had.
pub(super) fn last_seq(connection: &Connection) -> Result<i64, Error> {
    // The table's own counter never goes back, even when entries are trimmed.
    let sql = "SELECT seq FROM sqlite_sequence WHERE name = 'changes'";
    Ok(connection.prepare_cached(sql)?.query_row([], |row| row.get(0)).optional()?.unwrap_or(0))
}

/// The id by which events name a record: what its stream is asked by.
fn event_id(stream: &Stream, key: Option<&Key>, text: &str) -> Option<i64> {
    let lookup = stream.lookup.as_ref().and_then(|lookup| {
        let declared = stream.columns.iter().find(|column| column.name == lookup.column)?;
        integer_at(text, &declared.path.join("."))
    });
    lookup.or_else(|| key.and_then(Key::id))
}

/// A count as the database holds it.
fn count(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn paths(changes: &str) -> Vec<String> {
    #[derive(Deserialize)]
    struct Difference {
        path: String,
    }
    // Written by this program; a text that is otherwise names nothing.
    let differences: Vec<Difference> = serde_json::from_str(changes).unwrap_or_default();
    differences.into_iter().map(|difference| difference.path).collect()
}

fn integer_at(text: &str, path: &str) -> Option<i64> {
    match column::value(column::Type::Integer, json::at(text, path)?) {
        Some(column::Value::Integer(id)) => Some(id),
        _ => None,
    }
}

/// When the store modified the record, by its own text.
fn modified(stream: &Stream, text: &str) -> Option<Timestamp> {
    let incremental = named(&stream.name)?.incremental.as_ref()?;
    let declared = stream.columns.iter().find(|column| column.name == incremental.column)?;
    match column::value(declared.r#type, json::at(text, &declared.path.join("."))?) {
        Some(column::Value::Text(at)) => at.parse().ok(),
        _ => None,
    }
}

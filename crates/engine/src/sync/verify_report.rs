//! What a comparison of mirror and store is to do, and what it found, as other processes read it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::verify_reason::Reason;
use crate::storage::Outcome;

/// What a comparison is to do; other processes ask for one with this text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Names of the streams; those that are only cut from others come with these.
    pub streams: Vec<String>,
    /// Whether it is a proof; otherwise a sweep, which goes on where one was interrupted.
    pub verify: bool,
    /// Whether a digest of every record is computed and shown.
    pub deep: bool,
    /// Whether each stream must be compared: one that the store does not offer is a failure then, and not passed over.
    #[serde(default)]
    pub insist: bool,
    /// Whether the lists of parents that are not named are left as they are: they have comparisons of their own.
    #[serde(default)]
    pub alone: bool,
    /// Whether a sweep that goes on where one was interrupted reads again what that had read before, so that it holds
    /// from its own beginning.
    #[serde(default)]
    pub fresh: bool,
}

/// What a comparison found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// Whether every stream was compared to its end, and there was one.
    pub complete: bool,
    /// Whether nothing differed, in all of them; never where nothing was compared.
    pub equal: bool,
    /// Streams that were compared to their end.
    pub proved: u64,
    /// Our time when it began and ended.
    pub began_at: String,
    /// See `began_at`.
    pub ended_at: String,
    /// Requests that it took.
    pub requests: u64,
    /// Answers 429 meanwhile, to whoever asked of this process.
    pub throttled: u64,
    /// How long it took.
    pub seconds: f64,
    /// One for each stream.
    pub streams: Vec<Proof>,
    /// Streams of which there is nothing to prove: the store does not offer them, or the token has no scope for them,
    /// and they were never mirrored.
    pub skipped: Vec<PassedOver>,
    /// Streams that it was stopped before it had compared: nothing is known of them that was not known before.
    #[serde(default)]
    pub stopped_before: Vec<String>,
    /// What differed, at most [`MOST`] of each stream.
    pub differences: Vec<Difference>,
}

/// What a comparison of one stream found.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Proof {
    /// The stream.
    pub stream: String,
    /// What it came to.
    pub result: Outcome,
    /// Records in the mirror, each of which the store has; all that it has.
    pub records: u64,
    /// What differed and was repaired.
    pub differences: u64,
    /// What changed in the store meanwhile.
    pub meanwhile: u64,
    /// How often each reason was why.
    pub reasons: BTreeMap<Reason, u64>,
    /// The stream with which it was read, if not by itself.
    pub with: Option<String>,
    /// Requests that it took; none when it was read with another one.
    pub requests: u64,
    /// What was asked of whom, in a stream that is asked for parent by parent.
    pub parents: Option<Parents>,
    /// The store's time at which it began: the mirror equals the store as of then, and as of what was told since.
    pub as_of: Option<String>,
    /// The digest of all its records.
    pub sha256: Option<String>,
    /// Texts of the stream that could not become records, and are kept aside.
    pub kept_aside: u64,
    /// Why it did not come to its end.
    pub error: Option<String>,
}

/// How far the comparison of a stream reached that is asked for parent by parent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parents {
    /// The parent stream.
    pub stream: String,
    /// Its records in the mirror.
    pub of: u64,
    /// Those that answered with what belongs to them; the others show in themselves that they have nothing, and nothing
    /// of theirs is in the mirror.
    pub asked: u64,
    /// Those of which the store said that it does not know them.
    pub unknown: u64,
}

impl Parents {
    /// Why a comparison that asked nobody who answered proves nothing.
    pub(super) fn none_known(&self) -> Option<String> {
        (self.asked == 0 && self.unknown > 0)
            .then(|| format!("the store knows none of the {} records of {} asked", self.unknown, self.stream))
    }
}

/// A stream of which there is nothing to prove.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedOver {
    /// The stream.
    pub stream: String,
    /// Why it is passed over.
    pub why: String,
}

/// A difference that was found and repaired.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Difference {
    /// The stream.
    pub stream: String,
    /// The record's key.
    pub key: String,
    /// What the mirror had to do: `created`, `updated`, `deleted`.
    pub kind: String,
    /// The members that differed.
    pub paths: Vec<String>,
    /// Why it was not noticed before.
    pub reason: Reason,
    /// The same in words.
    pub why: String,
    /// The entry of the change log.
    pub seq: i64,
}

/// Differences of a stream that a report names; it counts all.
pub const MOST: u32 = 1_000;

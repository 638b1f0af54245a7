//! Who is told how a sync goes on: a progress bar, a log, nobody.

use super::StreamSummary;
use super::hooks::Kept;
use super::verify::Report;
use crate::model::change::NoticedBy;
use crate::model::stream::Stream;

/// Told of each step; must return at once.
pub trait Observer: Send + Sync {
    /// A pass begins, or goes on where it was left.
    fn began(&self, stream: &'static Stream, way: NoticedBy, resumed: bool) {
        let _ = (stream, way, resumed);
    }

    /// How many records the store says there are to read, when it does.
    fn total(&self, stream: &'static Stream, records: u64) {
        let _ = (stream, records);
    }

    /// So many records of the parent stream are asked for what belongs to them, with a request each.
    fn parents(&self, stream: &'static Stream, parents: u64) {
        let _ = (stream, parents);
    }

    /// A page of `records` records is in the mirror.
    fn page(&self, stream: &'static Stream, records: u64) {
        let _ = (stream, records);
    }

    /// Something a person should know, though the sync goes on.
    fn note(&self, stream: &'static Stream, text: &str) {
        let _ = (stream, text);
    }

    /// The store's hooks were looked at, and made what they have to be.
    fn hooks(&self, kept: &Kept) {
        let _ = kept;
    }

    /// The store's hooks could not be looked at.
    fn hooks_unknown(&self, why: &str) {
        let _ = why;
    }

    /// Streams were compared with the store.
    fn compared(&self, report: &Report) {
        let _ = report;
    }

    /// The stream is done, or has failed.
    fn ended(&self, summary: &StreamSummary) {
        let _ = summary;
    }
}

/// Tells nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Observer for Silent {}

//! The proof that mirror and store are equal, and the repair where they are not.
//!
//! Every record is compared with the store's in the fewest pages that show all of them: records that come along with
//! others are compared there. What differs goes into mirror and change log as it is found; what the list did not name
//! is asked for by id before it is called gone. Then each difference is explained, and what merely changed while the
//! two were compared is told apart, so that a busy store gives no false alarm. A sweep is the same with another name
//! in the log, and goes on where an earlier process stopped.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bigcommerce::Client;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::service::{Options, Service, StreamSummary, listed};
use super::verify_reason::{Evidence, Reason, reason};
use super::{Claims, Error, Observer};
use crate::model::change::NoticedBy;
use crate::model::clock::Clock;
use crate::model::stream::selection::{self, Shape};
use crate::model::stream::{self, Stream};
use crate::storage::{Inbox, Noticed, Outcome, ProofState, Reader, Told, Writer};

pub use super::verify_report::{Difference, MOST, Order, Parents, PassedOver, Proof, Report};

/// What a comparison works with.
#[derive(Clone)]
pub struct Verify {
    /// The way to the store.
    pub client: Client,
    /// The mirror.
    pub writer: Writer,
    /// Where the databases are.
    pub data_dir: PathBuf,
    /// Our time.
    pub clock: Arc<dyn Clock>,
    /// Who is told.
    pub observer: Arc<dyn Observer>,
    /// How long notifications of what changed meanwhile may take; nothing when nobody takes them in.
    pub patience: Duration,
    /// Parts of one list that may be walked side by side.
    pub parallel: u32,
    /// What else is under way over the mirror.
    pub claims: Claims,
}

/// A stream that is compared, and what was noticed in it.
struct Compared {
    stream: &'static Stream,
    with: Option<&'static Stream>,
    count: u64,
    noticed: Vec<Noticed>,
}

impl Verify {
    /// Compares, repairs, explains, and notes the result of each stream in the mirror's database.
    ///
    /// Fails only when the mirror cannot be read or written: what goes wrong with one stream is in its part of the
    /// report.
    pub async fn run(&self, order: &Order, cancel: &CancellationToken) -> Result<Report, Error> {
        let way = if order.verify { NoticedBy::Verify } else { NoticedBy::Sweep };
        let (began, began_at) = (Instant::now(), self.clock.now());
        let before = self.client.stats();
        let named: Vec<_> = order.streams.iter().filter_map(|name| stream::named(name)).collect();
        let chosen = if order.alone { named } else { selection::with_parents(&named) };
        let mut compared = with_what_comes_along(&chosen);
        if order.alone {
            compared.retain(|one| selection::contains(&chosen, one.stream));
        }
        let last = self.writer.run(|mirror| mirror.last_seq()).await?;

        let options = Options {
            streams: chosen,
            full: true,
            verify: order.verify,
            skip: !order.insist,
            fresh: order.fresh,
            unchanged_parents: order.fresh,
            alone: order.alone,
            parallel: self.parallel,
            ..Options::default()
        };
        let summary = Service::new(self.client.clone(), self.writer.clone(), options)
            .clock(Arc::clone(&self.clock))
            .observer(Arc::clone(&self.observer))
            .claims(self.claims.clone())
            .run(cancel.clone())
            .await;
        for one in &mut compared {
            let stream = one.stream;
            (one.count, one.noticed) =
                self.writer.run(move |mirror| mirror.noticed(stream, way, last, MOST)).await?;
        }
        let told = self.told(&compared, began_at, cancel).await?;
        let mut differences = Vec::new();
        let (mut proofs, mut skipped, mut stopped_before) = (Vec::new(), Vec::new(), Vec::new());
        let stopped = summary.was_cancelled() || cancel.is_cancelled();
        for one in &compared {
            let summary = summary.streams.iter().find(|done| {
                done.stream.name == one.stream.name
                    || one.with.is_some_and(|with| done.stream.name == with.name)
            });
            // What the store does not offer is not mirrored, and so there is nothing to prove.
            match summary.and_then(|summary| summary.skipped.as_ref()) {
                // Whoever stops it does not want to know less than before.
                None if stopped
                    && summary.is_none_or(|summary| matches!(summary.error, Some(Error::Cancelled))) =>
                {
                    stopped_before.push(one.stream.name.clone());
                }
                Some(why) => {
                    skipped.push(PassedOver { stream: one.stream.name.clone(), why: why.to_string() });
                }
                None => {
                    proofs.push(self.proof(one, summary, way, order.deep, &told, &mut differences).await?)
                }
            }
        }
        let unfinished = summary.streams.iter().filter(|done| stopped_before.contains(&done.stream.name));
        let spent_before_the_stop: u64 = unfinished.map(|done| done.requests).sum();
        let stats = self.client.stats();
        let proved = proofs.iter().filter(|proof| proof.result != Outcome::Partial).count();
        // Where nothing was compared, nothing is proved.
        let complete = proved > 0 && proved == proofs.len() && stopped_before.is_empty();
        Ok(Report {
            complete,
            equal: complete && proofs.iter().all(|proof| proof.result == Outcome::Equal),
            proved: proved as u64,
            began_at: began_at.to_string(),
            ended_at: self.clock.now().to_string(),
            requests: proofs.iter().map(|proof| proof.requests).sum::<u64>() + spent_before_the_stop,
            throttled: stats.throttled - before.throttled,
            seconds: (began.elapsed().as_secs_f64() * 1000.0).round() / 1000.0,
            streams: proofs,
            skipped,
            stopped_before,
            differences,
        })
    }

    /// What the store told of the records that differ, once what it tells late had its time to come.
    async fn told(
        &self,
        compared: &[Compared],
        began_at: Timestamp,
        cancel: &CancellationToken,
    ) -> Result<HashMap<(&'static str, i64), Told>, Error> {
        let wanted: HashSet<(&'static str, i64)> = compared
            .iter()
            .flat_map(|one| one.noticed.iter().flat_map(|noticed| names(one.stream, noticed)))
            .collect();
        if wanted.is_empty() {
            return Ok(HashMap::new());
        }
        let wanted = Arc::new(wanted);
        let mut looks = 0;
        loop {
            looks += 1;
            tokio::select! {
                () = cancel.cancelled() => {}
                () = tokio::time::sleep(self.patience) => {}
            }
            // Many events are looked at: not on the thread that takes new ones in.
            let (dir, wanted) = (self.data_dir.clone(), Arc::clone(&wanted));
            let told = move || Inbox::open(&dir)?.told(&wanted, began_at);
            let told = tokio::task::spawn_blocking(told).await??;
            let is_last = looks == LOOKS || self.patience.is_zero() || cancel.is_cancelled();
            if is_last || compared.iter().all(|one| is_explained(one, &told)) {
                return Ok(told);
            }
        }
    }

    async fn proof(
        &self,
        one: &Compared,
        summary: Option<&StreamSummary>,
        way: NoticedBy,
        deep: bool,
        told: &HashMap<(&'static str, i64), Told>,
        differences: &mut Vec<Difference>,
    ) -> Result<Proof, Error> {
        let stream = one.stream;
        let records = self.writer.run(move |mirror| mirror.count(stream)).await?;
        let began_at = summary.and_then(|summary| summary.as_of);
        let error = match summary {
            None => Some("it was not read: another stream failed before".to_owned()),
            Some(summary) => summary.error.as_ref().map(ToString::to_string),
        };
        // A first reading has nothing to compare with.
        let first = summary.is_some_and(|summary| summary.way == NoticedBy::Backfill);
        let error =
            error.or(first.then(|| "it had not been read before, and is now; compare it again".to_owned()));
        let parents = self.parents(stream, summary).await?;
        let error = error.or_else(|| parents.as_ref().and_then(Parents::none_known));
        let mut reasons: BTreeMap<Reason, u64> = BTreeMap::new();
        for noticed in &one.noticed {
            let why = reason(&evidence(one, summary, noticed, told));
            *reasons.entry(why).or_default() += 1;
            if why != Reason::Meanwhile {
                differences.push(Difference {
                    stream: stream.name.clone(),
                    key: noticed.key.clone(),
                    kind: noticed.kind.clone(),
                    paths: noticed.paths.clone(),
                    reason: why,
                    why: why.words().to_owned(),
                    seq: noticed.seq,
                });
            }
        }
        let meanwhile = reasons.get(&Reason::Meanwhile).copied().unwrap_or(0);
        let found = one.count - meanwhile.min(one.count);
        let result = match (&error, found) {
            (Some(_), _) => Outcome::Partial,
            (None, 0) => Outcome::Equal,
            (None, _) => Outcome::Repaired,
        };
        let (sha256, kept_aside) = self.read(stream, deep && error.is_none()).await?;
        let own = summary.filter(|_| one.with.is_none());
        let proof = Proof {
            stream: stream.name.clone(),
            result,
            records,
            differences: found,
            meanwhile,
            reasons,
            with: one.with.map(|with| with.name.clone()),
            requests: own.map_or(0, |summary| summary.requests),
            parents,
            as_of: began_at.filter(|_| error.is_none()).map(|at| at.to_string()),
            sha256,
            kept_aside,
            error,
        };
        self.save(stream, &proof, summary.map_or(0, |summary| summary.requests), way).await?;
        Ok(proof)
    }

    /// How many parents were asked, in a stream that is read so.
    async fn parents(
        &self,
        stream: &'static Stream,
        summary: Option<&StreamSummary>,
    ) -> Result<Option<Parents>, Error> {
        let (Some(summary), Some(parent), true) = (summary, stream.parent_stream(), stream.is_per_parent())
        else {
            return Ok(None);
        };
        let of = self.writer.run(move |mirror| mirror.count(parent)).await?;
        let (asked, unknown) = (summary.parents, summary.parents_unknown);
        Ok(Some(Parents { stream: parent.name.clone(), of, asked, unknown }))
    }

    /// The digest where it is wanted, and how many texts are kept aside.
    async fn read(&self, stream: &'static Stream, digest: bool) -> Result<(Option<String>, u64), Error> {
        let dir = self.data_dir.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let reader = Reader::open(&dir)?;
            let sha256 = if digest { Some(reader.digest(stream)?.sha256) } else { None };
            Ok::<_, crate::storage::Error>((sha256, reader.kept_aside(stream)?))
        });
        Ok(reading.await??)
    }

    async fn save(
        &self,
        stream: &'static Stream,
        proof: &Proof,
        requests: u64,
        way: NoticedBy,
    ) -> Result<(), Error> {
        let at = self.clock.now().to_string();
        let state = ProofState {
            complete_at: (proof.result != Outcome::Partial).then(|| at.clone()),
            at,
            way: way.as_str().to_owned(),
            result: proof.result.as_str().to_owned(),
            records: proof.records,
            differences: proof.differences,
            meanwhile: proof.meanwhile,
            requests,
            sha256: proof.sha256.clone(),
            note: proof.error.clone(),
        };
        Ok(self.writer.run(move |mirror| mirror.save_proof(stream, &state)).await?)
    }
}

/// All streams that are compared, those that come along included.
fn with_what_comes_along(chosen: &[&'static Stream]) -> Vec<Compared> {
    let mut compared: Vec<Compared> = Vec::new();
    for stream in listed(chosen) {
        let brings = Shape::of(stream, chosen).brings;
        let along = brings.into_iter().filter_map(stream::named).map(|child| (child, Some(stream)));
        for (stream, with) in std::iter::once((stream, None)).chain(along) {
            match compared.iter_mut().find(|one| one.stream.name == stream.name) {
                // Read along with another one, it is not read by itself.
                Some(known) => known.with = known.with.or(with),
                None => compared.push(Compared { stream, with, count: 0, noticed: Vec::new() }),
            }
        }
    }
    compared
}

/// Looks for what the store told of differences that nothing explains yet: where much happens, it may tell late.
const LOOKS: u32 = 5;

/// Whether no notification is missed that might still come.
fn is_explained(one: &Compared, told: &HashMap<(&'static str, i64), Told>) -> bool {
    !has_events(one.stream)
        || one.noticed.iter().all(|noticed| {
            let mut heard = names(one.stream, noticed).filter_map(|name| told.get(&name));
            heard.any(|told| told.since)
        })
}

/// Whether events of the store concern records of `stream`.
fn has_events(stream: &Stream) -> bool {
    let tells = |stream: &Stream| !stream.events.is_empty();
    tells(stream) || stream.parent_stream().is_some_and(tells)
}

/// The names by which events may have told of a record: its own, and that of what it belongs to.
fn names(stream: &'static Stream, noticed: &Noticed) -> impl Iterator<Item = (&'static str, i64)> + use<> {
    let own = noticed.id.map(|id| (stream.name.as_str(), id));
    let parent = stream.parent_stream().zip(noticed.parent).map(|(parent, id)| (parent.name.as_str(), id));
    own.into_iter().chain(parent)
}

fn evidence(
    one: &Compared,
    summary: Option<&StreamSummary>,
    noticed: &Noticed,
    told: &HashMap<(&'static str, i64), Told>,
) -> Evidence {
    let stream = one.stream;
    let heard: Vec<&Told> = names(stream, noticed).filter_map(|name| told.get(&name)).collect();
    let date = stream.incremental.as_ref().and_then(|incremental| {
        let column = stream.columns.iter().find(|column| column.name == incremental.column)?;
        Some(column.path.join("."))
    });
    Evidence {
        deleted: noticed.kind == "deleted",
        updated: noticed.kind == "updated",
        modified_at: noticed.modified_at,
        date_moved: date.as_ref().is_some_and(|date| noticed.paths.contains(date)),
        began_at: summary.and_then(|summary| summary.as_of),
        polled_upto: summary.filter(|_| stream.incremental.is_some()).and_then(|summary| summary.polled_upto),
        dated: date.is_some(),
        has_events: has_events(stream),
        told_before: heard.iter().any(|told| told.before),
        told_meanwhile: heard.iter().any(|told| told.since),
    }
}

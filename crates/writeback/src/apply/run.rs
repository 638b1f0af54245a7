//! One application under way: rows, how far each is, and the journal that knows it too.

use std::collections::{BTreeSet, VecDeque};

use tokio::time::Instant;

use super::blame::{self, Failure, Words};
use super::judge::{self, Verdict};
use super::present::{Present, present};
use super::report::Report;
use super::{Options, Row, batch, rows};
use crate::journal::{Begun, Journal, Outcome, Standing, State};
use crate::plan::{Kind, Plan};
use crate::{Error, Sender};

/// How often a write that may have been done is looked after and sent again.
const MOST_TRIES: u32 = 3;

/// How many requests the taking apart of one window's refused batches may cost: rows that are all bad would else
/// cost two requests each.
const MOST_SPLITS: u32 = 200;

/// An application under way.
pub(super) struct Run<'a, S> {
    plan: &'a Plan,
    rows: Vec<Row<'a>>,
    standings: Vec<Standing>,
    doubtful: BTreeSet<usize>,
    store: &'a S,
    journal: &'a mut Journal,
    options: &'a Options,
    requests: u32,
}

/// Rows of one request.
struct Group {
    rows: Vec<usize>,
    /// Whether the store has to be looked at again first.
    look_again: bool,
    tries: u32,
}

impl<'a, S: Sender> Run<'a, S> {
    pub fn new(
        plan: &'a Plan,
        store: &'a S,
        journal: &'a mut Journal,
        options: &'a Options,
        begun: Begun,
    ) -> Self {
        let Begun { rows: standings, doubtful, .. } = begun;
        Run { plan, rows: rows(plan), standings, doubtful, store, journal, options, requests: 0 }
    }

    /// The rows still to be written, in the order of writing, cut into windows.
    pub fn windows(&self) -> Vec<Vec<usize>> {
        let mut pending = self.in_state(State::Pending);
        batch::order(&mut pending, &self.rows);
        pending.chunks(batch::window(self.plan.kind)).map(<[usize]>::to_vec).collect()
    }

    /// Reads the rows of a window, and writes those that are as the plan saw them, one request after the other.
    pub async fn write(&mut self, window: &[usize]) -> Result<(), Error> {
        let ready = self.look(window).await?;
        let mut groups: VecDeque<Group> = batch::batches(self.plan.kind, &ready, &self.rows)
            .into_iter()
            .map(|rows| Group { rows, look_again: false, tries: 0 })
            .collect();
        let mut splits = 0;
        while let Some(mut group) = groups.pop_front() {
            if group.look_again {
                group.rows = self.look(&group.rows).await?;
            }
            if !group.rows.is_empty() {
                let next = self.send(group, &mut splits).await?;
                next.into_iter().rev().for_each(|group| groups.push_front(group));
            }
        }
        Ok(())
    }

    /// Judges rows by what the store has now; answers those to be sent.
    async fn look(&mut self, rows: &[usize]) -> Result<Vec<usize>, Error> {
        let present = self.present(rows).await?;
        let mut ready = Vec::with_capacity(rows.len());
        let mut settled = Vec::new();
        for (row, present) in rows.iter().zip(&present) {
            match judge::before_sending(&self.rows[*row], present, self.doubtful.contains(row)) {
                Verdict::Send => ready.push(*row),
                Verdict::Settled(standing) => settled.push((*row, standing)),
            }
        }
        self.note(settled)?;
        Ok(ready)
    }

    /// Sends one request's worth; answers what has to be sent in its place.
    async fn send(&mut self, group: Group, splits: &mut u32) -> Result<Vec<Group>, Error> {
        let Group { rows, tries, .. } = group;
        let (plan, kind) = (self.plan.id, self.plan.kind);
        let request = batch::request(plan, kind, &rows, &self.rows);
        let step = self.journal.open_step(plan, request.method().as_str(), request.path(), &rows)?;
        self.requests += 1;
        let error = match self.store.send(request).await {
            Ok(response) => {
                let (answer, ids) = batch::answer(kind, &response);
                let written = |row: &usize| {
                    let record_id = match self.rows[*row].target {
                        None => ids.get(&crate::fields::folded(self.rows[*row].key)).copied(),
                        Some(_) => None,
                    };
                    (*row, Standing { record_id, ..Standing::of(State::Written) })
                };
                let written: Vec<_> = rows.iter().map(written).collect();
                self.journal.close_step(plan, step, Outcome::Accepted, &answer, &written)?;
                self.keep(written);
                return Ok(Vec::new());
            }
            Err(error) => error,
        };
        let creating = rows.iter().any(|row| self.rows[*row].target.is_none());
        match blame::sort(&error) {
            // It may be refused because an earlier attempt of it was done after all.
            Failure::Rejected if creating && tries < MOST_TRIES && self.is_doubtful(&rows) => {
                self.journal.close_step(plan, step, Outcome::Rejected, &error.to_string(), &[])?;
                tokio::time::sleep(self.options.first_wait).await;
                Ok(vec![Group { rows, look_again: true, tries: tries + 1 }])
            }
            Failure::Rejected => {
                let next = self.reject(step, &rows, &error, splits)?;
                // Nobody promises that nothing of a refused batch was made: it is looked for before it is sent again.
                Ok(next.into_iter().map(|rows| Group { rows, look_again: creating, tries }).collect())
            }
            Failure::Unknown if creating && tries < MOST_TRIES => {
                self.journal.close_step(plan, step, Outcome::Unknown, &error.to_string(), &[])?;
                self.doubtful.extend(&rows);
                tokio::time::sleep(self.options.first_wait).await;
                Ok(vec![Group { rows, look_again: true, tries: tries + 1 }])
            }
            // The step stays open in the journal: whoever goes on knows that it may have been done.
            Failure::Unknown | Failure::Stop => Err(self.interrupted(error)),
        }
    }

    /// Notes that a request was refused, and answers the smaller ones to be sent in its place.
    fn reject(
        &mut self,
        step: i64,
        rows: &[usize],
        error: &bigcommerce::Error,
        splits: &mut u32,
    ) -> Result<Vec<Vec<usize>>, Error> {
        let failed =
            |row: &usize| (*row, Standing::because(State::Failed, format!("the store refused it: {error}")));
        let mut blamed: Vec<usize> = rows.to_vec();
        let mut next = Vec::new();
        if rows.len() > 1 && *splits < MOST_SPLITS {
            *splits += 1;
            let words = Words::of(error);
            blamed = words.named(rows, &self.rows);
            if blamed.is_empty() {
                next = words.split(rows);
            } else {
                next.push(rows.iter().filter(|row| !blamed.contains(row)).copied().collect());
            }
        }
        let blamed: Vec<_> = blamed.iter().map(failed).collect();
        self.journal.close_step(self.plan.id, step, Outcome::Rejected, &error.to_string(), &blamed)?;
        self.keep(blamed);
        next.retain(|rows| !rows.is_empty());
        Ok(next)
    }

    /// Reads what was written until it shows or the time is over.
    pub async fn see(&mut self) -> Result<(), Error> {
        let deadline = Instant::now() + self.options.visible_within;
        let mut wait = self.options.first_wait;
        loop {
            let written = self.in_state(State::Written);
            if written.is_empty() {
                return Ok(());
            }
            let last = Instant::now() >= deadline;
            let present = self.present(&written).await?;
            let mut seen = Vec::new();
            for (row, present) in written.iter().zip(&present) {
                let standing = judge::shows(&self.rows[*row], present);
                let seconds = self.options.visible_within.as_secs();
                let unseen = || last.then(|| judge::unseen(&self.rows[*row], present, seconds));
                seen.extend(standing.or_else(unseen).map(|standing| (*row, standing)));
            }
            let all = seen.len() == written.len();
            self.note(seen)?;
            if !all {
                let left = deadline.saturating_duration_since(Instant::now());
                tokio::time::sleep(wait.min(left)).await;
                wait = (wait * 2).min(self.options.longest_wait);
            }
        }
    }

    /// Notes that the plan is applied to its end.
    pub fn finish(&mut self) -> Result<(), Error> {
        Ok(self.journal.finish(self.plan.id)?)
    }

    /// What became of the rows.
    pub fn report(&self, resumed: bool) -> Report {
        Report::new(self.plan, &self.rows, &self.standings, self.requests, resumed)
    }

    /// How far each row is.
    pub fn standings(&self) -> &[Standing] {
        &self.standings
    }

    async fn present(&self, rows: &[usize]) -> Result<Vec<Present>, Error> {
        let kind: Kind = self.plan.kind;
        present(self.store, kind, &self.rows, &self.standings, rows)
            .await
            .map_err(|error| self.interrupted(error))
    }

    fn is_doubtful(&self, rows: &[usize]) -> bool {
        rows.iter().any(|row| self.doubtful.contains(row))
    }

    fn in_state(&self, state: State) -> Vec<usize> {
        (0..self.rows.len()).filter(|row| self.standings[*row].state == state).collect()
    }

    fn note(&mut self, rows: Vec<(usize, Standing)>) -> Result<(), Error> {
        self.journal.note(self.plan.id, &rows)?;
        self.keep(rows);
        Ok(())
    }

    fn keep(&mut self, rows: Vec<(usize, Standing)>) {
        for (row, standing) in rows {
            let known = self.standings[row].record_id;
            self.standings[row] = Standing { record_id: standing.record_id.or(known), ..standing };
        }
    }

    fn interrupted(&self, error: bigcommerce::Error) -> Error {
        let done = self.standings.iter().filter(|standing| standing.state.is_final()).count();
        Error::Interrupted { done, left: self.rows.len() - done, source: Box::new(error) }
    }
}

//! What waits for one destination, in the order in which it is to be sent.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::retry::Record;

/// Requests to one destination at the same time.
const MOST: usize = 8;
/// How long what goes after the next one waits for a next one.
const HOLD: Duration = Duration::from_secs(1);

/// The deliveries for one destination.
#[derive(Debug)]
pub(super) struct Lane<T> {
    waiting: BTreeMap<(Instant, u64), T>,
    held: Option<(Instant, T)>,
    serial: u64,
    under_way: usize,
    /// What the destination did lately.
    pub record: Record,
}

impl<T> Default for Lane<T> {
    fn default() -> Self {
        Self { waiting: BTreeMap::new(), held: None, serial: 0, under_way: 0, record: Record::default() }
    }
}

impl<T> Lane<T> {
    /// Puts something behind what is due at the same time.
    pub fn add(&mut self, due: Instant, item: T) {
        self.serial += 1;
        self.waiting.insert((due, self.serial), item);
    }

    /// The same, for one out of order: it goes after the next one, unless one is held already.
    pub fn add_swapped(&mut self, due: Instant, item: T) {
        match self.held.take() {
            None => self.held = Some((due + HOLD, item)),
            held => {
                self.held = held;
                self.add_before_held(due, item);
            }
        }
    }

    /// The same, ahead of the one that is held for it.
    pub fn add_before_held(&mut self, due: Instant, item: T) {
        self.add(due, item);
        if let Some((until, held)) = self.held.take() {
            self.add(due.max(until - HOLD), held);
        }
    }

    /// The next one that is due; it counts as under way until [`Lane::done`].
    pub fn next(&mut self, now: Instant) -> Option<T> {
        if let Some((until, held)) = self.held.take_if(|(until, _)| *until <= now) {
            self.add(until, held);
        }
        if self.under_way >= MOST || self.waiting.first_key_value().is_none_or(|((due, _), _)| *due > now) {
            return None;
        }
        self.under_way += 1;
        self.waiting.pop_first().map(|(_, item)| item)
    }

    /// One is no longer under way.
    pub fn done(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// When there will be something to do, if nothing comes and nothing ends.
    pub fn wakes(&self) -> Option<Instant> {
        let waiting = self.waiting.first_key_value().map(|((due, _), _)| *due);
        let waiting = waiting.filter(|_| self.under_way < MOST);
        let held = self.held.as_ref().map(|(until, _)| *until);
        waiting.into_iter().chain(held).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(lane: &mut Lane<u32>, now: Instant) -> Vec<u32> {
        let mut out = Vec::new();
        while let Some(item) = lane.next(now) {
            lane.done();
            out.push(item);
        }
        out
    }

    #[test]
    fn what_is_due_first_goes_first() {
        let start = Instant::now();
        let mut lane = Lane::default();
        lane.add(start + HOLD, 1);
        lane.add(start, 2);
        lane.add(start, 3);
        assert_eq!(all(&mut lane, start), [2, 3]);
        assert_eq!(lane.wakes(), Some(start + HOLD));
        assert_eq!(all(&mut lane, start + HOLD), [1]);
        assert_eq!(lane.wakes(), None);
    }

    #[test]
    fn one_out_of_order_goes_after_the_next_one() {
        let start = Instant::now();
        let mut lane = Lane::default();
        lane.add_swapped(start, 1);
        lane.add_before_held(start, 2);
        lane.add_before_held(start, 3);
        lane.add_swapped(start, 4);
        lane.add_swapped(start, 5);
        assert_eq!(all(&mut lane, start), [2, 1, 3, 5, 4]);
        lane.add_swapped(start, 6);
        assert!(all(&mut lane, start).is_empty());
        assert_eq!((lane.wakes(), all(&mut lane, start + HOLD)), (Some(start + HOLD), vec![6]));
    }

    #[test]
    fn few_are_under_way_at_once() {
        let start = Instant::now();
        let mut lane = Lane::default();
        for item in 0..20 {
            lane.add(start, item);
        }
        assert_eq!(std::iter::from_fn(|| lane.next(start)).count(), MOST);
        assert_eq!(lane.wakes(), None);
        lane.done();
        assert_eq!(lane.next(start), Some(8));
    }
}

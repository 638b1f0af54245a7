//! How many requests are under way at once: grows by one a round, halves on overload. Pure.

use std::num::NonZeroUsize;

use tokio::time::Instant;

#[derive(Debug)]
pub(crate) struct Concurrency {
    ceiling: f64,
    allowed: f64,
    under_way: usize,
    cut_at: Option<Instant>,
}

impl Concurrency {
    pub(crate) fn new(ceiling: NonZeroUsize) -> Self {
        let ceiling = ceiling.get() as f64;
        Self { ceiling, allowed: ceiling, under_way: 0, cut_at: None }
    }

    /// Whether one more may start.
    pub(crate) fn has_room(&self) -> bool {
        (self.under_way as f64) < self.allowed.floor()
    }

    pub(crate) fn start(&mut self) {
        self.under_way += 1;
    }

    pub(crate) fn finish(&mut self) {
        self.under_way = self.under_way.saturating_sub(1);
    }

    /// An answer came in good time: after a round of these there is room for one more.
    pub(crate) fn succeed(&mut self) {
        self.allowed = (self.allowed + 1.0 / self.allowed).min(self.ceiling);
    }

    /// The store has too much to do. Requests sent before the last cut say nothing about the present.
    pub(crate) fn overload(&mut self, sent: Instant, now: Instant) {
        if self.cut_at.is_none_or(|cut| sent >= cut) {
            self.allowed = (self.allowed / 2.0).max(1.0);
            self.cut_at = Some(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn room(concurrency: &mut Concurrency) -> usize {
        let mut started = 0;
        while concurrency.has_room() {
            concurrency.start();
            started += 1;
        }
        for _ in 0..started {
            concurrency.finish();
        }
        started
    }

    #[test]
    fn it_halves_on_overload_and_grows_back_to_the_ceiling() {
        let at = |millis| start() + Duration::from_millis(millis);
        fn start() -> Instant {
            thread_local!(static START: Instant = Instant::now());
            START.with(|start| *start)
        }
        let mut concurrency = Concurrency::new(NonZeroUsize::new(8).unwrap());
        assert_eq!(room(&mut concurrency), 8);
        concurrency.overload(at(0), at(10));
        assert_eq!(room(&mut concurrency), 4);
        // Sent before the cut: the same overload, not another one.
        concurrency.overload(at(5), at(11));
        assert_eq!(room(&mut concurrency), 4);
        for round in 0..5 {
            concurrency.overload(at(20 + round), at(20 + round));
        }
        assert_eq!(room(&mut concurrency), 1);
        concurrency.succeed();
        assert_eq!(room(&mut concurrency), 2);
        for _ in 0..100 {
            concurrency.succeed();
        }
        assert_eq!(room(&mut concurrency), 8);
    }
}

//! Who goes first: four priorities, first come first served within each.

use std::collections::VecDeque;

/// How urgent a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Priority {
    /// Somebody sits and waits for it.
    #[default]
    Person,
    /// It answers an event that just came in.
    Live,
    /// It looks for what changed since the last time.
    Incremental,
    /// It reads everything; there is no hurry.
    Backfill,
}

impl Priority {
    /// All of them, the most urgent first.
    pub const ALL: [Self; 4] = [Self::Person, Self::Live, Self::Incremental, Self::Backfill];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Live => "live",
            Self::Incremental => "incremental",
            Self::Backfill => "backfill",
        }
    }
}

/// Those who wait, in the order they are served.
#[derive(Debug)]
pub(crate) struct Queue<T> {
    lines: [VecDeque<(u64, T)>; 4],
    next: u64,
}

impl<T> Queue<T> {
    pub(crate) fn new() -> Self {
        Self { lines: [const { VecDeque::new() }; 4], next: 0 }
    }

    /// Puts one at the end of its line; gives the ticket to leave it again.
    pub(crate) fn join(&mut self, priority: Priority, waiter: T) -> u64 {
        let ticket = self.next;
        self.next += 1;
        self.lines[priority as usize].push_back((ticket, waiter));
        ticket
    }

    /// How many wait in each line.
    pub(crate) fn waiting(&self) -> [usize; Priority::ALL.len()] {
        self.lines.each_ref().map(VecDeque::len)
    }

    /// The priority of the one to serve next.
    pub(crate) fn first(&self) -> Option<Priority> {
        Priority::ALL.into_iter().find(|priority| !self.lines[*priority as usize].is_empty())
    }

    /// Takes the one to serve next.
    pub(crate) fn serve(&mut self) -> Option<T> {
        let priority = self.first()?;
        self.lines[priority as usize].pop_front().map(|(_, waiter)| waiter)
    }

    /// Leaves the line. False when the ticket was served already.
    pub(crate) fn leave(&mut self, priority: Priority, ticket: u64) -> bool {
        let line = &mut self.lines[priority as usize];
        // Tickets rise along a line.
        match line.binary_search_by_key(&ticket, |(had, _)| *had) {
            Ok(at) => line.remove(at).is_some(),
            Err(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_urgent_go_first_and_nobody_overtakes_in_line() {
        let mut queue = Queue::new();
        queue.join(Priority::Backfill, "b1");
        queue.join(Priority::Live, "l1");
        queue.join(Priority::Backfill, "b2");
        let gone = queue.join(Priority::Person, "p1");
        queue.join(Priority::Person, "p2");
        assert!(queue.leave(Priority::Person, gone));
        assert!(!queue.leave(Priority::Person, gone));
        assert_eq!(queue.first(), Some(Priority::Person));
        let order: Vec<_> = std::iter::from_fn(|| queue.serve()).collect();
        assert_eq!(order, ["p2", "l1", "b1", "b2"]);
        assert_eq!(queue.first(), None);
    }
}

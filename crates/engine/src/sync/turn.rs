//! The order in which this process asks the store: what was asked for later is newer, whenever it is committed.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A question's place in the order; it is under way until this is dropped.
#[derive(Debug)]
pub(super) struct Turn(u64);

#[derive(Debug)]
struct Order {
    next: u64,
    under_way: BTreeSet<u64>,
}

static ORDER: Mutex<Order> = Mutex::new(Order { next: 1, under_way: BTreeSet::new() });

fn order() -> MutexGuard<'static, Order> {
    // Nothing in here panics half-way.
    ORDER.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Turn {
    /// The next place.
    pub fn take() -> Turn {
        let mut order = order();
        let number = order.next;
        order.next += 1;
        order.under_way.insert(number);
        Turn(number)
    }

    /// Its number; later ones are larger.
    pub fn number(&self) -> u64 {
        self.0
    }

    /// The number from which on questions are under way: no answer to an earlier one is still to come.
    pub fn oldest() -> u64 {
        let order = order();
        order.under_way.first().copied().unwrap_or(order.next)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        order().under_way.remove(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::Turn;

    #[test]
    fn the_oldest_question_under_way_is_known() {
        let (first, second) = (Turn::take(), Turn::take());
        assert!(first.number() < second.number());
        assert!(Turn::oldest() <= first.number());
        let number = second.number();
        drop(first);
        drop(second);
        // Other tests of this process ask too, but none of them earlier.
        assert!(Turn::oldest() != number);
    }
}

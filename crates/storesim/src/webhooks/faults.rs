//! Trouble with deliveries on demand, decided by a seed so that a run can be repeated.

use std::time::Duration;

use serde::Deserialize;

use crate::chance::Chance;

/// The member `webhooks` of what `POST /_sim/faults` takes. Rates are shares of one.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Faults {
    /// Deliveries that are never made.
    pub drop: f64,
    /// Deliveries made twice.
    pub duplicate: f64,
    /// How much later the second one is made, in seconds of the store's clock; at once when 0.
    pub duplicate_after_s: u64,
    /// Each delivery waits up to so long.
    pub delay_ms: u64,
    /// Deliveries made after the next one for the same destination.
    pub reorder: f64,
    /// Deliveries whose first request carries a wrong signature.
    pub corrupt_signature: f64,
    /// Deliveries whose first request carries a timestamp of an hour ago, rightly signed.
    pub old_timestamp: f64,
}

impl Faults {
    /// Refuses what is no rate.
    pub fn check(&self) -> Result<(), String> {
        for rate in [self.drop, self.duplicate, self.reorder, self.corrupt_signature, self.old_timestamp] {
            if !(0.0..=1.0).contains(&rate) {
                return Err(format!("a rate is between 0 and 1, not {rate}"));
            }
        }
        if self.delay_ms > 600_000 {
            return Err("delay_ms is at most 600000".into());
        }
        if self.duplicate_after_s > 604_800 {
            return Err("duplicate_after_s is at most a week, 604800".into());
        }
        Ok(())
    }
}

/// What happens to one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Fate {
    pub drop: bool,
    pub duplicate: bool,
    /// So much after the first one.
    pub duplicate_after: Duration,
    pub delay: Duration,
    pub reorder: bool,
    pub corrupt: bool,
    pub old: bool,
}

/// The faults in force.
#[derive(Debug, Default)]
pub(super) struct Fates(Option<(Faults, Chance)>, Duration);

impl Fates {
    /// Puts faults in force; second deliveries come so much after the first one.
    pub fn set(&mut self, faults: Faults, seed: u64, duplicate_after: Duration) {
        self.1 = duplicate_after;
        self.0 = Some((faults, Chance::new(seed)));
    }

    /// Decides about the next delivery. Every decision draws as often, so that one rate does not move
    /// the outcome of another.
    pub fn next(&mut self) -> Fate {
        let Some((faults, chance)) = self.0.as_mut() else { return Fate::default() };
        Fate {
            drop: hits(chance, faults.drop),
            duplicate: hits(chance, faults.duplicate),
            duplicate_after: self.1,
            delay: Duration::from_millis(chance.next() % (faults.delay_ms + 1)),
            reorder: hits(chance, faults.reorder),
            corrupt: hits(chance, faults.corrupt_signature),
            old: hits(chance, faults.old_timestamp),
        }
    }
}

fn hits(chance: &mut Chance, rate: f64) -> bool {
    let mut drawn = Chance::new(chance.next());
    drawn.hits(rate)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(faults: Faults) -> Vec<Fate> {
        let mut fates = Fates::default();
        fates.set(faults, 7, Duration::ZERO);
        (0..2_000).map(|_| fates.next()).collect()
    }

    #[test]
    fn the_same_seed_decides_the_same() {
        let faults = || Faults { drop: 0.1, duplicate: 0.2, delay_ms: 50, reorder: 0.5, ..Faults::default() };
        let fates = run(faults());
        assert_eq!(fates, run(faults()));
        let share = |has: fn(&Fate) -> bool| fates.iter().filter(|fate| has(fate)).count();
        assert!((150..250).contains(&share(|fate| fate.drop)));
        assert!((330..470).contains(&share(|fate| fate.duplicate)));
        assert!((900..1100).contains(&share(|fate| fate.reorder)));
        assert!(fates.iter().all(|fate| fate.delay <= Duration::from_millis(50)));
        let others = run(Faults { drop: 0.0, ..faults() });
        assert!(fates.iter().zip(&others).all(|(one, other)| one.duplicate == other.duplicate));
    }

    #[test]
    fn rates_are_shares() {
        assert!(Faults { drop: 1.5, ..Faults::default() }.check().is_err());
        assert!(Faults { delay_ms: 600_001, ..Faults::default() }.check().is_err());
        assert!(Faults { reorder: 1.0, ..Faults::default() }.check().is_ok());
    }
}

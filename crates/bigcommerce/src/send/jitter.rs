//! Chance for waits: a small seeded generator (SplitMix64). Not for secrets.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

/// A source of shares from 0 to 1, usable from everywhere at once.
#[derive(Debug)]
pub(crate) struct Jitter(AtomicU64);

impl Jitter {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Seeded from the process's own randomness.
    pub(crate) fn random() -> Self {
        Self::new(RandomState::new().build_hasher().finish())
    }

    /// Another generator, independent of this one but fixed by its seed.
    pub(crate) fn split(&self) -> Self {
        Self::new(self.bits())
    }

    /// The next share.
    pub(crate) fn share(&self) -> f64 {
        // 53 bits: exactly what the mantissa holds.
        (self.bits() >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn bits(&self) -> u64 {
        let mut bits = self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_shares_within_bounds() {
        let (one, two) = (Jitter::new(7), Jitter::new(7));
        let shares: Vec<f64> = (0..1000).map(|_| one.share()).collect();
        assert!(shares.iter().all(|share| (0.0..1.0).contains(share) && *share == two.share()));
        let mean = shares.iter().sum::<f64>() / 1000.0;
        assert!((0.45..0.55).contains(&mean), "{mean}");
    }
}

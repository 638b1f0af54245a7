//! Reproducible randomness: SplitMix64, one generator per record so that any record can be made alone.

/// A SplitMix64 generator (Steele, Lea and Flood, "Fast splittable pseudorandom number generators").
pub(crate) struct Random(u64);

impl Random {
    /// The generator of one record: the same three numbers always give the same sequence.
    pub(crate) fn of(seed: u64, table: u64, index: u64) -> Self {
        let mut random = Self(seed ^ table.rotate_left(40));
        let start = random.next() ^ index.wrapping_mul(0xD6E8_FEB8_6659_FD93);
        Self(start)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number under `bound`; 0 when `bound` is 0.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(bound)) >> 64) as u64
    }

    /// A number from `low` to `high`, both included.
    pub(crate) fn between(&mut self, low: i64, high: i64) -> i64 {
        low + self.below((high - low + 1).max(1) as u64) as i64
    }

    /// True in `percent` of 100 cases.
    pub(crate) fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of `items`, which must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }
}

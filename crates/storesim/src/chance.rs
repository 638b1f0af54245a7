//! Chance from a seed: the same seed always makes the same choices.

/// The UUID of a numbered record of a table: always the same one.
pub(crate) fn uuid(table: &str, number: i64) -> String {
    let seed = table.bytes().fold(number as u64, |sum, byte| sum.rotate_left(9) ^ u64::from(byte) << 24);
    let mut chance = Chance::new(seed);
    let (high, low) = (chance.next() & !0xf000 | 0x4000, chance.next() >> 2 | 1 << 63);
    uuid::Uuid::from_u64_pair(high, low).to_string()
}

/// A small generator (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// Begins at a seed.
    pub fn new(seed: u64) -> Self {
        Self(seed ^ 0x5bf0_3635_dcf9_8a1d)
    }

    /// The next number.
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number under `bound`, 0 for a bound of 0.
    pub fn below(&mut self, bound: u64) -> u64 {
        if bound == 0 { 0 } else { self.next() % bound }
    }

    /// Whether something of this share of one happens.
    pub fn hits(&mut self, share: f64) -> bool {
        share > 0.0 && ((self.next() >> 11) as f64 / (1_u64 << 53) as f64) < share
    }

    /// One of several.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(self.below(items.len() as u64) as usize)
    }
}

/// A code in the form of recorded ones, `XQ2-1R7-7C1-Q0C`, different for every number.
pub(crate) fn code(id: i64) -> String {
    const SIGNS: &[u8; 36] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    // Odd multiplier: different numbers below 36^12 stay different.
    const SPACE: i128 = 4_738_381_338_321_616_896;
    let mut rest = i128::from(id) * 2_862_933_555_777_941_757 % SPACE;
    let mut out = String::with_capacity(15);
    for at in 0..12 {
        if at > 0 && at % 3 == 0 {
            out.push('-');
        }
        out.push(char::from(SIGNS[(rest % 36) as usize]));
        rest /= 36;
    }
    out
}

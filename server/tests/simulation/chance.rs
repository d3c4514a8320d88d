//! Choices that follow from the seed.

use conntext_server::clock::{Rng, SeededRng};

/// A source of choices.
pub struct Chance(SeededRng);

impl Chance {
    /// One of several independent sources of a seed.
    pub fn new(seed: u64, stream: u64) -> Self {
        Self(SeededRng::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ stream.wrapping_mul(0xd1b5_4a32_d192_ed03)))
    }

    /// A number below `bound`.
    pub fn below(&self, bound: u64) -> u64 {
        let rng: &dyn Rng = &self.0;
        rng.below(bound)
    }

    /// A number from `from` up to, without, `to`.
    pub fn between(&self, from: u64, to: u64) -> u64 {
        from + self.below(to.saturating_sub(from).max(1))
    }

    /// Whether something happens that happens in so many of a hundred cases.
    pub fn percent(&self, of_hundred: u64) -> bool {
        of_hundred > 0 && self.below(100) < of_hundred
    }

    /// One of these.
    pub fn one<'a, T>(&self, of: &'a [T]) -> Option<&'a T> {
        let len = u64::try_from(of.len()).unwrap_or(0);
        of.get(usize::try_from(self.below(len)).unwrap_or(0))
    }
}

//! Randomness that repeats itself: the same seed gives the same numbers.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::ports::Entropy;

/// A source of numbers that depend on its seed alone. Not for secrets.
#[derive(Debug)]
pub struct SeededEntropy(AtomicU64);

/// The odd number nearest to 2⁶⁴ over the golden ratio: the step of SplitMix64.
const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl SeededEntropy {
    /// Starts from `seed`; every seed is as good as any other.
    pub const fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// Returns 64 bits.
    pub fn next_u64(&self) -> u64 {
        mix(self.0.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }

    /// Returns a number from 0 up to, not including, `end`; 0 when that is 0.
    pub fn below(&self, end: u64) -> u64 {
        // The high half of the product: as even as 64 bits allow.
        ((u128::from(self.next_u64()) * u128::from(end)) >> 64) as u64
    }

    /// Returns true in about `percent` of 100 calls.
    pub fn chance(&self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

impl Entropy for SeededEntropy {
    fn next_u128(&self) -> u128 {
        // One step of the state for both halves, so that concurrent callers never share one.
        let state = self.0.fetch_add(STEP.wrapping_mul(2), Ordering::Relaxed);
        let halves = [state.wrapping_add(STEP), state.wrapping_add(STEP.wrapping_mul(2))];
        u128::from(mix(halves[0])) << 64 | u128::from(mix(halves[1]))
    }
}

/// The output function of SplitMix64 (Steele, Lea, Flood 2014).
const fn mix(state: u64) -> u64 {
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::EntropyExt;

    #[test]
    fn a_seed_repeats_itself_and_differs_from_others() {
        let numbers = |seed| {
            let entropy = SeededEntropy::new(seed);
            (entropy.next_u128(), entropy.next_fraction().to_bits(), entropy.next_u64())
        };
        assert_eq!(numbers(7), numbers(7));
        assert_ne!(numbers(7), numbers(8));
        // the reference output of SplitMix64 for seed 0
        assert_eq!(SeededEntropy::new(0).next_u64(), 0xe220_a839_7b1d_cdaf);
    }

    #[test]
    fn numbers_stay_below_their_end_and_reach_all_of_it() {
        let entropy = SeededEntropy::new(1);
        let mut seen = [0; 6];
        for _ in 0..600 {
            seen[entropy.below(6) as usize] += 1;
        }
        assert!(seen.iter().all(|count| (60..140).contains(count)), "{seen:?}");
        assert_eq!(entropy.below(0), 0);
        assert!(!entropy.chance(0) && entropy.chance(100));
    }
}

//! Randomness, injected: ids and jitter come from here, so that a test can replay them.

/// A source of random numbers.
pub trait Entropy: Send + Sync + 'static {
    /// Returns 128 random bits.
    fn next_u128(&self) -> u128;
}

/// What every source of random numbers can do.
pub trait EntropyExt: Entropy {
    /// Returns a number from 0 up to, not including, 1.
    fn next_fraction(&self) -> f64 {
        const BITS: u32 = 53; // what a double holds exactly
        (self.next_u128() >> (128 - BITS)) as f64 / (1_u64 << BITS) as f64
    }
}

impl<E: Entropy + ?Sized> EntropyExt for E {}

/// The randomness of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn next_u128(&self) -> u128 {
        // Six bits of a v4 UUID are fixed; two of them are mixed to give 128 free ones.
        let (one, two) = (uuid::Uuid::new_v4().as_u128(), uuid::Uuid::new_v4().as_u128());
        one ^ two.rotate_left(37)
    }
}

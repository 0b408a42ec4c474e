//! Retries: how often a failed node is tried again, and how long it waits before.

use super::Span;

/// How a node is tried again after an error that may pass: exponential waits with a cap and jitter.
///
/// ```
/// use maestro_core::domain::{Retry, Span};
///
/// let retry = Retry { max_attempts: 5, jitter: 0.0, ..Retry::default() };
/// assert_eq!(retry.delay(1, 0.5), Span::from_secs(1).as_duration());
/// assert_eq!(retry.delay(4, 0.5), Span::from_secs(8).as_duration());
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Retry {
    /// Tries in all, the first one included: 1 (never again) to 100. Default 3; 1 for a node with effect `once`.
    pub max_attempts: u32,
    /// The wait after the first failed try. Default 1 s.
    pub initial: Span,
    /// What each further wait is multiplied by, 1 to 100. Default 2.
    pub factor: f64,
    /// The longest wait before jitter. Default 300 s.
    pub max: Span,
    /// By which share a wait may be shorter or longer, 0 to 1. Default 0.2.
    pub jitter: f64,
}

impl Retry {
    /// The highest `max_attempts`.
    pub const MAX_ATTEMPTS: u32 = 100;
    /// The highest `factor`.
    pub const MAX_FACTOR: f64 = 100.0;

    /// Returns the policy that tries once and never again.
    pub fn never() -> Self {
        Self { max_attempts: 1, ..Self::default() }
    }

    /// Returns how long to wait after `attempt` (from 1) has failed: `initial * factor^(attempt - 1)`, at most
    /// `max`, then shifted by up to ±`jitter` of itself. `random` in 0..=1 chooses the shift, 0.5 is none.
    ///
    /// Never panics and never gives a negative wait, whatever the numbers.
    pub fn delay(&self, attempt: u32, random: f64) -> chrono::Duration {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let grown = self.initial.as_secs_f64() * self.factor.powi(exponent);
        let capped = grown.min(self.max.as_secs_f64()).max(0.0); // `min` and `max` drop a NaN
        let random = if random.is_finite() { random.clamp(0.0, 1.0) } else { 0.5 };
        let jitter = if self.jitter.is_finite() { self.jitter.clamp(0.0, 1.0) } else { 0.0 };
        let shifted = capped * (1.0 + jitter * (2.0 * random - 1.0));
        chrono::Duration::microseconds((shifted * 1e6).round() as i64) // a float cast saturates
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            initial: Span::from_secs(1),
            factor: 2.0,
            max: Span::from_secs(300),
            jitter: 0.2,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_wait_grows_to_its_cap() {
        let retry = Retry { jitter: 0.0, ..Retry::default() };
        let waits: Vec<i64> = [1, 2, 3, 9, 10, u32::MAX].map(|n| retry.delay(n, 0.0).num_seconds()).into();
        assert_eq!(waits, [1, 2, 4, 256, 300, 300]);
        assert_eq!(Retry::default().delay(1, 0.0).num_milliseconds(), 800);
        assert_eq!(Retry::default().delay(1, 1.0).num_milliseconds(), 1200);
        assert_eq!(retry.delay(0, 0.0).num_seconds(), 1);
    }

    proptest! {
        #[test]
        fn no_numbers_make_a_delay_panic_or_run_backwards(
            attempt: u32, random: f64, factor: f64, jitter: f64, initial in 0_u32.., max in 0_u32..
        ) {
            let retry = Retry {
                max_attempts: 3,
                initial: Span::from_secs(initial),
                factor,
                max: Span::from_secs(max),
                jitter,
            };
            let delay = retry.delay(attempt, random);
            prop_assert!(delay >= chrono::Duration::zero());
            prop_assert!(delay <= Span::MAX.as_duration() * 2);
        }
    }
}

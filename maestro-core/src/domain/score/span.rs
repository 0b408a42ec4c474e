//! Spans: lengths of time as people write them in a score, in seconds.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

const MICROS: i64 = 1_000_000;

/// A length of time in whole microseconds, from zero to ten years. In JSON a number of seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span(i64); // microseconds, 0 ..= MAX

/// Why a number of seconds is no [`Span`].
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{seconds} seconds is out of range; use a number from 0 to {}", Span::MAX.as_secs_f64())]
pub struct InvalidSpan {
    /// The number that was given.
    pub seconds: f64,
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The shortest span that is one: a microsecond.
    pub const LEAST: Self = Self(1);
    /// The longest span: ten years of 365 days.
    pub const MAX: Self = Self(10 * 365 * 86_400 * MICROS);

    /// Returns a span of whole seconds; above [`MAX`](Self::MAX) it is `MAX`.
    pub const fn from_secs(seconds: u32) -> Self {
        Self::capped(seconds as i64 * MICROS)
    }

    /// Returns a span of whole milliseconds; above [`MAX`](Self::MAX) it is `MAX`.
    pub const fn from_millis(millis: u32) -> Self {
        Self::capped(millis as i64 * 1_000)
    }

    /// Returns the span of so many seconds, rounded to whole microseconds.
    ///
    /// # Errors
    /// [`InvalidSpan`] when the number is not finite, is negative or is more than ten years.
    pub fn from_secs_f64(seconds: f64) -> Result<Self, InvalidSpan> {
        if !(0.0..=Self::MAX.as_secs_f64()).contains(&seconds) {
            return Err(InvalidSpan { seconds });
        }
        Ok(Self((seconds * MICROS as f64).round() as i64))
    }

    /// Returns the number of seconds.
    pub const fn as_secs_f64(self) -> f64 {
        self.0 as f64 / MICROS as f64
    }

    /// Returns the span as chrono has it, to be added to moments.
    pub const fn as_duration(self) -> chrono::Duration {
        chrono::Duration::microseconds(self.0)
    }

    /// Returns the span as the standard library has it.
    pub const fn as_std(self) -> std::time::Duration {
        std::time::Duration::from_micros(self.0 as u64)
    }

    const fn capped(micros: i64) -> Self {
        if micros > Self::MAX.0 { Self::MAX } else { Self(micros) }
    }

    /// Returns the JSON number: an integer for whole seconds.
    pub(super) fn to_number(self) -> serde_json::Number {
        if self.0 % MICROS == 0 {
            return (self.0 / MICROS).into();
        }
        serde_json::Number::from_f64(self.as_secs_f64()).expect("a span in seconds is finite")
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} s", self.to_number())
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Span({self})")
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_number().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_secs_f64(f64::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_span_is_a_number_of_seconds_in_range() {
        assert_eq!(serde_json::to_string(&Span::from_secs(90)).unwrap(), "90");
        assert_eq!(serde_json::to_string(&Span::from_millis(1500)).unwrap(), "1.5");
        assert_eq!(serde_json::from_str::<Span>("2").unwrap(), Span::from_secs(2));
        assert_eq!(Span::from_secs(u32::MAX), Span::MAX);
        assert_eq!(Span::from_secs(60).as_std(), std::time::Duration::from_secs(60));
        for bad in ["-1", "1e300", "315360001", "null", "\"1\""] {
            assert!(serde_json::from_str::<Span>(bad).is_err(), "{bad}");
        }
        assert!(Span::from_secs_f64(f64::NAN).is_err());
        assert!(Span::from_secs_f64(f64::INFINITY).is_err());
    }

    proptest! {
        #[test]
        fn every_span_reads_back(micros in 0..=Span::MAX.0) {
            let span = Span(micros);
            let text = serde_json::to_string(&span).unwrap();
            prop_assert_eq!(serde_json::from_str::<Span>(&text).unwrap(), span);
        }
    }
}

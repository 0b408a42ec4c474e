//! Clocks of simulated processes: the runtime's virtual time, each with its own idea of the time of day.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use maestro::ports::Clock;
use tokio::time::Instant;

/// When every world begins: a little before New York's clocks go back.
const BEGIN: i64 = 1_793_508_900; // 2026-11-01T05:35:00Z

/// The virtual time of the runtime, told with an error.
pub(crate) struct SkewedClock {
    origin: Instant,
    skew: TimeDelta,
}

impl SkewedClock {
    pub(crate) fn new(origin: Instant, skew_ms: i64) -> Self {
        Self { origin, skew: TimeDelta::milliseconds(skew_ms) }
    }
}

#[async_trait]
#[allow(clippy::disallowed_methods, reason = "the adapter of virtual time")]
impl Clock for SkewedClock {
    fn now(&self) -> DateTime<Utc> {
        let passed = TimeDelta::microseconds(self.monotonic().as_micros() as i64);
        DateTime::from_timestamp(BEGIN, 0).unwrap() + passed + self.skew
    }

    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

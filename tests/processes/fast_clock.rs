//! Time that passes sixty times as fast, the same for every process of a test.

use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use maestro::ports::{Clock, look_until};
use tokio::time::Instant;

const SPEED: u32 = 60;
/// When its time begins.
const BEGIN: i64 = 1_793_508_900; // 2026-11-01T05:35:00Z, a little before New York's clocks go back

#[derive(Clone, Copy)]
pub(crate) struct FastClock(Instant);

impl FastClock {
    /// Makes a clock that begins now. Its copies show the same time.
    pub(crate) fn starting_now() -> Self {
        Self(Instant::now())
    }
}

#[async_trait]
#[allow(clippy::disallowed_methods, reason = "the adapter of fast time")]
impl Clock for FastClock {
    fn now(&self) -> DateTime<Utc> {
        let passed = TimeDelta::microseconds(i64::try_from(self.monotonic().as_micros()).unwrap());
        DateTime::from_timestamp(BEGIN, 0).unwrap() + passed
    }

    fn monotonic(&self) -> Duration {
        self.0.elapsed() * SPEED
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span / SPEED).await;
    }

    async fn sleep_until(&self, deadline: DateTime<Utc>) {
        look_until(self, deadline).await;
    }
}

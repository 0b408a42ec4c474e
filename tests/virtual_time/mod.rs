//! Clocks of simulated processes: the runtime's virtual time, each with its own idea of the time of day.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

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
    /// In microseconds since the origin: who sleeps then wakes later.
    frozen_until: AtomicU64,
}

impl SkewedClock {
    /// Tells whether it is frozen, or has just thawed.
    #[allow(dead_code, reason = "not every test freezes")]
    pub(crate) fn is_frozen(&self) -> bool {
        let until = Duration::from_micros(self.frozen_until.load(Ordering::SeqCst));
        self.monotonic() < until + Duration::from_millis(10)
    }

    /// Lets nobody wake until `span` has passed, as when the process is stopped; time passes nevertheless.
    #[allow(dead_code, reason = "not every test freezes")]
    pub(crate) fn freeze(&self, span: Duration) {
        let until = (self.monotonic() + span).as_micros() as u64;
        self.frozen_until.fetch_max(until, Ordering::SeqCst);
    }

    /// Makes a clock that begins now.
    #[allow(dead_code, reason = "worlds give the moment in which all their clocks begin")]
    pub(crate) fn starting_now(skew_ms: i64) -> Self {
        Self::new(Instant::now(), skew_ms)
    }

    pub(crate) fn new(origin: Instant, skew_ms: i64) -> Self {
        Self { origin, skew: TimeDelta::milliseconds(skew_ms), frozen_until: AtomicU64::new(0) }
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
        let frozen = Duration::from_micros(self.frozen_until.load(Ordering::SeqCst));
        tokio::time::sleep_until(self.origin + frozen).await;
    }

    async fn sleep_until(&self, deadline: DateTime<Utc>) {
        maestro::ports::look_until(self, deadline).await;
    }
}

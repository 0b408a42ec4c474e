//! Time, injected: the engine waits and reads the time by this port alone.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};

/// Tells the time and waits for it.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Returns the time of day in whole microseconds, so that a stored time reads back equal. It may jump.
    fn now(&self) -> DateTime<Utc>;

    /// Returns the time since some fixed moment. It never goes back and does not jump with the time of day.
    fn monotonic(&self) -> Duration;

    /// Waits until [`monotonic`](Self::monotonic) has grown by `span`. Dropping the future is safe.
    async fn sleep(&self, span: Duration);

    /// Waits until [`now`](Self::now) is at or after `deadline`. Dropping the future is safe.
    ///
    /// A jump of the time of day is noticed within a minute; [`look_until`] is enough for that.
    async fn sleep_until(&self, deadline: DateTime<Utc>);
}

/// Waits by [`Clock::sleep`] until `deadline`, for clocks that cannot be told a time of day: looks at the time at least
/// once a minute.
pub async fn look_until(clock: &dyn Clock, deadline: DateTime<Utc>) {
    const LOOK_AGAIN: Duration = Duration::from_secs(60);
    while let Ok(left) = (deadline - clock.now()).to_std() {
        if left.is_zero() {
            return;
        }
        clock.sleep(left.min(LOOK_AGAIN)).await;
    }
}

/// The clock of the machine. The only place in Maestro that reads real time.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

#[allow(clippy::disallowed_methods, reason = "the adapter of real time")]
impl SystemClock {
    /// Starts the clock's monotonic time.
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
#[allow(clippy::disallowed_methods, reason = "the adapter of real time")]
impl Clock for SystemClock {
    fn now(&self) -> DateTime<Utc> {
        let now = DateTime::<Utc>::from(std::time::SystemTime::now());
        now.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(now)
    }

    fn monotonic(&self) -> Duration {
        self.started.elapsed()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }

    async fn sleep_until(&self, deadline: DateTime<Utc>) {
        look_until(self, deadline).await;
    }
}

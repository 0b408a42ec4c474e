//! The clock of the database: hosts whose own clocks differ agree on it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::ports::{Clock, look_until, store::StoreError};
use sqlx::{PgConnection, Row};
use tokio_util::sync::CancellationToken;

use crate::{PostgresStore, lanes::Lanes};

/// How often the server is asked again.
const ASK_EVERY: Duration = Duration::from_secs(60);
/// How often it is asked at once: the quickest answer is the most exact.
const SAMPLES: u32 = 3;

/// Tells the time of the database server, in whole microseconds. An engine on a [`PostgresStore`] goes by it unless the
/// host sets another clock.
///
/// It asks the server once a minute, as long as the store is open, and counts on by itself between: reading it costs
/// nothing, and it is exact to half the time that an answer takes. Where the server cannot be reached it goes on counting.
pub struct DatabaseClock {
    base: Arc<Mutex<Reading>>,
    local: Arc<dyn Clock>,
}

/// What the server's clock said at a moment of our own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reading {
    server: DateTime<Utc>,
    at: Duration,
    /// How much it may be wrong.
    error: Duration,
}

impl PostgresStore {
    /// Returns the clock that follows the server's. Workers and schedulers of several hosts should all use it, as they do
    /// by default.
    pub fn clock(&self) -> Arc<DatabaseClock> {
        Arc::clone(&self.shared.server_clock)
    }
}

impl DatabaseClock {
    /// Begins to count on from a first reading.
    pub(crate) fn new(first: Reading, local: Arc<dyn Clock>) -> Self {
        Self { base: Arc::new(Mutex::new(first)), local }
    }

    /// Asks the server again and again, until the store is closed or nobody reads the clock any more.
    pub(crate) fn follow(
        &self,
        lanes: Arc<Lanes>,
        stop: CancellationToken,
    ) -> impl Future<Output = ()> + use<> {
        Asking { base: Arc::downgrade(&self.base), lanes, local: Arc::clone(&self.local), stop }.run()
    }
}

#[async_trait]
impl Clock for DatabaseClock {
    fn now(&self) -> DateTime<Utc> {
        let base = *self.base.lock().unwrap_or_else(PoisonError::into_inner);
        base.time(self.local.monotonic())
    }

    fn monotonic(&self) -> Duration {
        self.local.monotonic()
    }

    async fn sleep(&self, span: Duration) {
        self.local.sleep(span).await;
    }

    async fn sleep_until(&self, deadline: DateTime<Utc>) {
        look_until(self, deadline).await;
    }
}

impl fmt::Debug for DatabaseClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseClock").field("now", &self.now()).finish_non_exhaustive()
    }
}

impl Reading {
    /// Returns the server's time at a moment of our own.
    fn time(&self, at: Duration) -> DateTime<Utc> {
        let passed = TimeDelta::from_std(at.saturating_sub(self.at)).unwrap_or(TimeDelta::MAX);
        let micros = TimeDelta::microseconds(passed.num_microseconds().unwrap_or(i64::MAX));
        self.server.checked_add_signed(micros).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Returns which of two readings to go by: the older one, unless the new one shows that it is wrong. So the time does
    /// not jump to and fro by as much as an answer takes.
    fn or(self, newer: Self) -> Self {
        let apart = (self.time(newer.at) - newer.server).abs().to_std().unwrap_or(Duration::MAX);
        if apart <= newer.error { self } else { newer }
    }
}

/// The task that asks the server again.
struct Asking {
    base: Weak<Mutex<Reading>>,
    lanes: Arc<Lanes>,
    local: Arc<dyn Clock>,
    stop: CancellationToken,
}

impl Asking {
    async fn run(self) {
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                () = self.local.sleep(ASK_EVERY) => {}
            }
            let answer = tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                answer = self.ask() => answer,
            };
            let Some(base) = self.base.upgrade() else { return };
            // Without an answer the clock counts on; who needs the database hears of it elsewhere.
            if let Ok(newer) = answer {
                let mut base = base.lock().unwrap_or_else(PoisonError::into_inner);
                *base = base.or(newer);
            }
        }
    }

    async fn ask(&self) -> Result<Reading, StoreError> {
        let mut lane = self.lanes.lane().await?;
        let answer = self.lanes.in_time(read(&mut lane, self.local.as_ref())).await;
        lane.settle(answer).await
    }
}

/// Asks the server for its time.
pub(crate) async fn read(connection: &mut PgConnection, local: &dyn Clock) -> Result<Reading, sqlx::Error> {
    let mut best = ask(connection, local).await?;
    for _ in 1..SAMPLES {
        let next = ask(connection, local).await?;
        best = if next.error < best.error { next } else { best };
    }
    Ok(best)
}

async fn ask(connection: &mut PgConnection, local: &dyn Clock) -> Result<Reading, sqlx::Error> {
    let asked = local.monotonic();
    let question = sqlx::query(include_str!("../queries/time.sql")).persistent(false);
    let server = question.fetch_one(connection).await?.try_get(0)?;
    let error = local.monotonic().saturating_sub(asked) / 2;
    Ok(Reading { server, at: asked + error, error })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(server_ms: i64, at_ms: u64, error_ms: u64) -> Reading {
        let server = DateTime::from_timestamp_millis(server_ms).unwrap();
        Reading { server, at: Duration::from_millis(at_ms), error: Duration::from_millis(error_ms) }
    }

    #[test]
    fn time_goes_on_between_readings_in_whole_microseconds() {
        let base = reading(1_000_000, 50, 1);
        assert_eq!(base.time(Duration::from_millis(50)), base.server);
        let later = base.time(Duration::from_nanos(50_001_999));
        assert_eq!(later, base.server + TimeDelta::microseconds(1));
        assert_eq!(base.time(Duration::MAX), DateTime::<Utc>::MAX_UTC);
    }

    #[test]
    fn a_reading_counts_only_when_it_shows_that_the_time_was_wrong() {
        let base = reading(1_000_000, 0, 1);
        assert_eq!(base.or(reading(1_060_002, 60_000, 2)), base, "it cannot tell them apart");
        let jumped = reading(1_090_000, 60_000, 2);
        assert_eq!(base.or(jumped), jumped, "the server's clock was set");
        let back = reading(1_050_000, 60_000, 2);
        assert_eq!(base.or(back), back, "in either direction");
    }
}

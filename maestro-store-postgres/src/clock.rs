//! The clock of the database: hosts whose own clocks differ agree on it.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::ports::{Clock, look_until, store::StoreError};
use tokio_util::sync::CancellationToken;

use crate::{PostgresStore, error::corrupt, lanes::Lanes, rows::Columns};

/// How often the server is asked again.
const ASK_EVERY: Duration = Duration::from_secs(60);
/// How often it is asked at once: the quickest answer is the most exact.
const SAMPLES: u32 = 3;

/// Tells the time of the database server, in whole microseconds.
///
/// It asks the server once a minute, as long as the store is open, and counts on by itself between: reading it costs
/// nothing, and it is exact to half the time that an answer takes. Where the server cannot be reached it goes on counting.
///
/// ```no_run
/// # async fn start(store: maestro_store_postgres::PostgresStore) -> Result<(), Box<dyn std::error::Error>> {
/// use maestro_core::engine::Maestro;
///
/// let clock = store.clock().await?;
/// let maestro = Maestro::builder(store).clock(clock).build().await?;
/// # Ok(())
/// # }
/// ```
pub struct DatabaseClock {
    base: Arc<Mutex<Reading>>,
    local: Arc<dyn Clock>,
}

/// What the server's clock said at a moment of our own.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Reading {
    server: DateTime<Utc>,
    at: Duration,
    /// How much it may be wrong.
    error: Duration,
}

impl PostgresStore {
    /// Returns a clock that follows the server's. Workers and schedulers of several hosts should all use it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn clock(&self) -> Result<Arc<DatabaseClock>, StoreError> {
        let local = Arc::clone(&self.shared.clock);
        let base = Arc::new(Mutex::new(read(&self.shared.ordinary, local.as_ref()).await?));
        let asking = Asking {
            base: Arc::downgrade(&base),
            lanes: Arc::clone(&self.shared.ordinary),
            local: Arc::clone(&local),
            stop: self.shared.stop.clone(),
        };
        self.shared.tasks.spawn(asking.run());
        Ok(Arc::new(DatabaseClock { base, local }))
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
    /// Asks until the store is closed, or nobody reads the clock any more.
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
                answer = read(&self.lanes, self.local.as_ref()) => answer,
            };
            let Some(base) = self.base.upgrade() else { return };
            // Without an answer the clock counts on; who needs the database hears of it elsewhere.
            if let Ok(newer) = answer {
                let mut base = base.lock().unwrap_or_else(PoisonError::into_inner);
                *base = base.or(newer);
            }
        }
    }
}

/// Asks the server for its time.
async fn read(lanes: &Lanes, local: &dyn Clock) -> Result<Reading, StoreError> {
    let mut best: Option<Reading> = None;
    for _ in 0..SAMPLES {
        let asked = local.monotonic();
        let rows = lanes.fetch(sqlx::query(include_str!("../queries/time.sql"))).await?;
        let error = local.monotonic().saturating_sub(asked) / 2;
        let server = rows.first().map(|row| Columns::new(row).moment());
        let server = server.ok_or_else(|| corrupt("time", "", "the server told none"))?;
        let server = server.map_err(|bad| corrupt("time", "", bad))?;
        let reading = Reading { server, at: asked + error, error };
        best = Some(best.filter(|best| best.error <= error).unwrap_or(reading));
    }
    best.ok_or_else(|| corrupt("time", "", "nobody asked"))
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

//! A clock that moves only when it is told to.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use chrono::{DateTime, DurationRound, TimeDelta, Utc};
use tokio::sync::watch;

use crate::ports::Clock;

/// A clock that moves only when it is told to. Share it in an `Arc`; sleepers wake in the tasks that poll them.
///
/// ```
/// # use std::time::Duration;
/// # use maestro_core::{ports::Clock, testing::ManualClock};
/// let clock = ManualClock::new("2026-03-08T07:00:00Z".parse()?);
/// clock.advance(Duration::from_secs(60));
/// assert_eq!(clock.now().to_rfc3339(), "2026-03-08T07:01:00+00:00");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct ManualClock {
    time: watch::Sender<Time>,
    sleepers: Mutex<Sleepers>,
}

#[derive(Clone, Copy, Debug)]
struct Time {
    wall: DateTime<Utc>,
    monotonic: Duration,
}

/// Who waits, by number, so that tests can ask how long to the next wake-up.
#[derive(Debug, Default)]
struct Sleepers {
    next: u64,
    until: BTreeMap<u64, Deadline>,
}

#[derive(Clone, Copy, Debug)]
enum Deadline {
    Monotonic(Duration),
    Wall(DateTime<Utc>),
}

impl ManualClock {
    /// Stops the time of day at `now`, cut to whole microseconds; the monotonic time begins at zero.
    pub fn new(now: DateTime<Utc>) -> Self {
        let time = Time { wall: whole_micros(now), monotonic: Duration::ZERO };
        Self { time: watch::Sender::new(time), sleepers: Mutex::default() }
    }

    /// Lets `span` pass, cut to whole microseconds.
    pub fn advance(&self, span: Duration) {
        let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
        self.time.send_modify(|time| {
            time.wall = later(time.wall, TimeDelta::microseconds(micros));
            time.monotonic += Duration::from_micros(micros.unsigned_abs());
        });
    }

    /// Lets time pass until `at`; does nothing when that is past.
    pub fn advance_to(&self, at: DateTime<Utc>) {
        if let Ok(span) = (at - self.now()).to_std() {
            self.advance(span);
        }
    }

    /// Makes the time of day jump, forwards or back, as when a person or NTP sets a clock. No time passes.
    pub fn jump(&self, by: TimeDelta) {
        self.time.send_modify(|time| time.wall = later(time.wall, by));
    }

    /// Sets the time of day, forwards or back. No time passes.
    pub fn set(&self, now: DateTime<Utc>) {
        self.time.send_modify(|time| time.wall = whole_micros(now));
    }

    /// Returns how long to advance until the first sleeper wakes; `None` when nobody sleeps.
    pub fn until_next_wake(&self) -> Option<Duration> {
        let time = *self.time.borrow();
        self.lock().until.values().map(|deadline| deadline.left(time)).min()
    }

    /// Returns how many sleep.
    pub fn sleepers(&self) -> usize {
        self.lock().until.len()
    }

    async fn wait(&self, deadline: Deadline) {
        let _asleep = self.fall_asleep(deadline);
        // `wait_for` looks at the present value first: no wake-up is lost between looking and waiting.
        drop(self.time.subscribe().wait_for(|time| deadline.is_reached(*time)).await);
    }

    fn fall_asleep(&self, deadline: Deadline) -> Asleep<'_> {
        let mut sleepers = self.lock();
        let number = sleepers.next;
        sleepers.next += 1;
        sleepers.until.insert(number, deadline);
        Asleep { clock: self, number }
    }

    fn lock(&self) -> MutexGuard<'_, Sleepers> {
        self.sleepers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        self.time.borrow().wall
    }

    fn monotonic(&self) -> Duration {
        self.time.borrow().monotonic
    }

    async fn sleep(&self, span: Duration) {
        self.wait(Deadline::Monotonic(self.monotonic().saturating_add(span))).await;
    }

    /// Waits until the time of day is at or after `deadline`. A jump is noticed at once.
    async fn sleep_until(&self, deadline: DateTime<Utc>) {
        self.wait(Deadline::Wall(deadline)).await;
    }
}

/// Takes a sleeper off the list when its future ends or is dropped.
struct Asleep<'a> {
    clock: &'a ManualClock,
    number: u64,
}

impl Drop for Asleep<'_> {
    fn drop(&mut self) {
        self.clock.lock().until.remove(&self.number);
    }
}

impl Deadline {
    fn is_reached(self, time: Time) -> bool {
        match self {
            Self::Monotonic(at) => at <= time.monotonic,
            Self::Wall(at) => at <= time.wall,
        }
    }

    /// Returns the time left, rounded up to what `advance` counts in, so that advancing by it wakes.
    fn left(self, time: Time) -> Duration {
        let left = match self {
            Self::Monotonic(at) => at.saturating_sub(time.monotonic),
            Self::Wall(at) => (at - time.wall).to_std().unwrap_or(Duration::ZERO),
        };
        let micros = left.as_nanos().div_ceil(1_000);
        Duration::from_micros(u64::try_from(micros).unwrap_or(u64::MAX))
    }
}

fn whole_micros(at: DateTime<Utc>) -> DateTime<Utc> {
    at.duration_trunc(TimeDelta::microseconds(1)).unwrap_or(at)
}

/// Returns the sum, at most the last moment there is.
fn later(at: DateTime<Utc>, by: TimeDelta) -> DateTime<Utc> {
    let end = if by < TimeDelta::zero() { DateTime::<Utc>::MIN_UTC } else { DateTime::<Utc>::MAX_UTC };
    at.checked_add_signed(by).map_or(end, whole_micros)
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future,
        pin::pin,
        task::{Context, Poll, Waker},
    };

    use super::*;

    fn clock() -> ManualClock {
        ManualClock::new(DateTime::from_timestamp(1_700_000_000, 123_456_789).unwrap())
    }

    fn is_over(future: &mut (impl Future<Output = ()> + Unpin)) -> bool {
        let polled = std::pin::Pin::new(future).poll(&mut Context::from_waker(Waker::noop()));
        matches!(polled, Poll::Ready(()))
    }

    #[test]
    fn time_passes_only_when_told_and_in_whole_microseconds() {
        let clock = clock();
        assert_eq!(clock.now().timestamp_subsec_nanos(), 123_456_000);
        clock.advance(Duration::from_nanos(1_500));
        assert_eq!(clock.now().timestamp_subsec_nanos(), 123_457_000);
        assert_eq!(clock.monotonic(), Duration::from_micros(1));
        clock.advance_to(clock.now() - TimeDelta::seconds(1));
        assert_eq!(clock.monotonic(), Duration::from_micros(1));
    }

    #[test]
    fn a_jump_moves_the_time_of_day_and_wakes_who_waits_for_it_alone() {
        let clock = clock();
        let mut span = pin!(clock.sleep(Duration::from_secs(10)));
        let mut moment = pin!(clock.sleep_until(clock.now() + TimeDelta::seconds(10)));
        assert!(!is_over(&mut span) && !is_over(&mut moment));
        assert_eq!((clock.sleepers(), clock.until_next_wake()), (2, Some(Duration::from_secs(10))));
        clock.jump(TimeDelta::hours(1));
        assert_eq!(clock.monotonic(), Duration::ZERO);
        assert!(!is_over(&mut span) && is_over(&mut moment));
        clock.jump(TimeDelta::hours(-2));
        clock.advance(Duration::from_secs(9));
        assert!(!is_over(&mut span));
        clock.advance(Duration::from_secs(1));
        assert!(is_over(&mut span));
        assert_eq!(clock.sleepers(), 0);
    }

    #[test]
    fn who_stops_waiting_is_no_sleeper_and_a_past_deadline_is_over_at_once() {
        let clock = clock();
        let mut sleep = Box::pin(clock.sleep(Duration::from_secs(1)));
        assert!(!is_over(&mut sleep));
        drop(sleep);
        assert_eq!((clock.sleepers(), clock.until_next_wake()), (0, None));
        assert!(is_over(&mut pin!(clock.sleep_until(clock.now()))));
        clock.set(DateTime::from_timestamp(1, 0).unwrap());
        assert_eq!(clock.now().timestamp(), 1);
        clock.jump(TimeDelta::MAX);
        clock.advance(Duration::MAX);
    }
}

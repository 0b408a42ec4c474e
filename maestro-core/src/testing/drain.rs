//! Draining: plays everything that is there, as fast as it can be played.

use std::time::Duration;

use super::ManualClock;
use crate::{
    engine::{Error, Maestro, Ticked},
    ports::Clock,
};

/// So often may time pass before a drain believes that it is stuck.
const PATIENCE: u32 = 100_000;

/// Ticks until nothing is due any more, and lets time pass to whatever runs wait for: timeouts, retries, delays, `run_at`.
/// Slots do not count: they never end, so that a slot fires only where time passes over it anyway. Runs that only a person
/// can move are left as they are. Returns how many times a run was played until it ended or had to wait.
///
/// For an engine without roles ([`Roles::none`](crate::engine::Roles::none)) whose clock is `clock`, on a runtime of one
/// thread.
///
/// # Errors
/// [`Error::Store`] when the store does not answer, [`Error::ShuttingDown`]. [`Error::Conflict`] when an operation waits for
/// something that is not `clock`, such as a task outside the engine, or a run for an operation that is not there.
pub async fn drain(maestro: &Maestro, clock: &ManualClock) -> Result<u64, Error> {
    let mut played = 0;
    for _ in 0..PATIENCE {
        played += tick(maestro, clock).await?.played;
        let (busy, next) = maestro.shared.store.due(clock.now(), None, 1).await?;
        match next {
            _ if !busy.is_empty() => {} // due by now
            Some(next) => clock.advance_to(next),
            None => return Ok(played),
        }
    }
    Err(stuck("a run waits again and again, such as for an operation that this process does not have"))
}

/// Ticks once; while what is played waits for time, lets it pass.
async fn tick(maestro: &Maestro, clock: &ManualClock) -> Result<Ticked, Error> {
    let mut tick = std::pin::pin!(maestro.tick());
    let mut idle = 0;
    loop {
        tokio::select! {
            biased;
            ticked = &mut tick => return ticked,
            () = settle() => {}
        }
        idle += 1;
        if let Some(span) = clock.until_next_wake() {
            clock.advance(span.max(Duration::from_micros(1)));
        }
        if idle > PATIENCE {
            return Err(stuck("an operation waits for something that is not the clock"));
        }
    }
}

fn stuck(reason: &str) -> Error {
    Error::Conflict { what: "drain".to_owned(), reason: reason.to_owned() }
}

/// Lets every task go as far as it can.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

//! The scheduler: turns time into runs. Any number of them may work on one store; none is the leader.

mod pass;
mod planner;
mod readings;

use std::{sync::Arc, time::Duration};

pub(crate) use self::pass::{PassOutcome, pass};
use super::shared::Shared;

/// A scheduler looks so many times more rarely than a worker: its slots are minutes apart, and it is told of edits.
const POLLS: u32 = 5;

/// Fires what is due until the engine stops. Outages of the store are waited for. Dropping the future is safe.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        let pause = tokio::select! {
            biased;
            () = shared.stopping.cancelled() => return,
            pause = next_pass(&shared) => pause,
        };
        tokio::select! {
            biased;
            () = shared.stopping.cancelled() => return,
            () = shared.schedules.notified() => {}
            () = shared.clock.sleep(pause) => {}
        }
    }
}

/// Returns how long to wait for the next pass: until the next slot, but never longer than a few times `poll_interval`,
/// because another process may edit schedules and the time of day may jump.
async fn next_pass(shared: &Shared) -> Duration {
    let longest = shared.options.poll_interval * POLLS;
    match shared.insist("the scheduler", || pass(shared)).await {
        Ok(PassOutcome { next_at: Some(next_at), .. }) => {
            (next_at - shared.now()).to_std().unwrap_or_default().min(longest)
        }
        Ok(PassOutcome { next_at: None, .. }) => longest,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the scheduler cannot read what is due"
            );
            shared.options.poll_interval
        }
    }
}

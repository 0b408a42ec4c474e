//! Ticking: one turn of everything, for hosts without a background task and for tests.

use chrono::{DateTime, Utc};

use super::{Error, Maestro, maintenance, scheduler, worker};

/// What a turn did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ticked {
    /// Runs that slots enqueued, held ones included.
    pub fired: usize,
    /// How many times a run was played until it ended or had to wait.
    pub played: u64,
    /// When the next slot is due.
    pub next_slot_at: Option<DateTime<Utc>>,
}

impl Maestro {
    /// Fires what is due, takes runs from dead workers, deletes some of what is too old, and plays what is due until
    /// nothing is left. Call it as often as slots shall be looked for. Calls at the same time wait for each other; other
    /// processes need not be waited for.
    ///
    /// Dropping the future is safe: what it had begun to play is taken over like from a dead worker.
    ///
    /// # Errors
    /// [`Error::Store`] when the store does not answer: call again. [`Error::ShuttingDown`].
    pub async fn tick(&self) -> Result<Ticked, Error> {
        let _one_at_a_time = self.by_hand.lock().await;
        if self.shared.stopping.is_cancelled() {
            return Err(Error::ShuttingDown);
        }
        let fired = self.fire_due().await?;
        maintenance::pass(&self.shared).await?;
        maintenance::prune(&self.shared).await?;
        let played = worker::drain(&self.shared).await;
        Ok(Ticked { played, ..fired })
    }

    /// Fires what is due and plays nothing, for hosts whose workers are elsewhere. Any number of processes may call it at
    /// once: a slot gives at most one run.
    ///
    /// Dropping the future leaves every orchestra fired wholly or not at all.
    ///
    /// # Errors
    /// [`Error::Store`] when the store does not answer: call again.
    pub async fn fire_due(&self) -> Result<Ticked, Error> {
        let pass = scheduler::pass(&self.shared).await?;
        Ok(Ticked { fired: pass.runs, played: 0, next_slot_at: pass.next_at })
    }
}

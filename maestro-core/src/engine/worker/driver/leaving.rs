//! Letting go of a run that has not ended: it waits, the process stops, or the process cannot go on with it.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Driver, Left, Stop};
use crate::{
    domain::{
        Disposition, StepKey, StepStatus,
        play::{Ended, Event, Pause, StepOutcome},
    },
    engine::{shared::delta, worker::recorder::Recorded},
    ports::store::{RecordAnswer, StoreError},
};

impl Driver<'_> {
    /// Lets go of the run when it only waits. Returns `None` when it must go on instead.
    pub(super) async fn park(&mut self) -> Result<Option<Left>, Stop> {
        let wake_at = match self.play.pause() {
            Pause::Running | Pause::Ended => {
                let reason = "the play waits for a step that does not run".to_owned();
                return Err(Stop::Broken(StoreError::Corrupt {
                    what: "run",
                    id: self.claimed.run.run_id.to_string(),
                    reason,
                }));
            }
            Pause::Until(moment) if moment <= self.life.shared.now() => {
                self.apply(Event::Time);
                return Ok(None);
            }
            Pause::Until(moment) => Some(moment),
            Pause::Person => None,
        };
        self.let_go(wake_at).await
    }

    /// Parks. Returns `None` when a signal came first.
    pub(super) async fn let_go(&mut self, wake_at: Option<DateTime<Utc>>) -> Result<Option<Left>, Stop> {
        let disposition = Disposition::Park { wake_at, signals_seen: self.seen };
        match self.record(Vec::new(), disposition).await? {
            Recorded::Answer(RecordAnswer::Applied { done: true, .. }) => Ok(Some(Left::Parked)),
            Recorded::NotStorable(_) => {
                let reason = "not even a record without values can be stored".to_owned();
                Err(Stop::Broken(StoreError::NotStorable { reason }))
            }
            _ => Ok(None),
        }
    }

    /// Keeps the next record from saying that steps began which this process will not begin.
    pub(super) fn withhold_starts(&mut self) {
        let keys: BTreeSet<_> = self.starts.iter().map(|start| &start.key).collect();
        self.rows.retain(|row| row.status != StepStatus::Running || !keys.contains(&row.key));
    }

    /// Returns until when a run is left to others that this process cannot play on.
    pub(super) fn left_until(&self) -> DateTime<Utc> {
        let shared = &self.life.shared;
        if self.cancelling { shared.now() } else { shared.now() + delta(shared.options.hand_back_delay) }
    }

    /// Takes how a step ended that was asked to end because the process stops.
    async fn take_last(&mut self, (key, mut ended): (StepKey, Ended)) {
        if !matches!(ended.outcome, StepOutcome::Aborted { .. }) {
            return self.take_ended((key, ended)).await;
        }
        self.price(&mut ended).await;
        let Some(handle) = self.play.handle_of(&key) else { return };
        self.apply(Event::Interrupted(Box::new(Ended { handle, ..ended })));
    }

    /// Cuts off what runs and hands the run over, due at once. Steps that had no time to end are executed again.
    pub(super) async fn give_back(&mut self) -> Result<Left, Stop> {
        let shared = std::sync::Arc::clone(&self.life.shared);
        self.steps.abort_all();
        let mut grace = std::pin::pin!(shared.clock.sleep(shared.options.abort_grace));
        while !self.steps.is_empty() {
            let ended = tokio::select! {
                biased;
                ended = self.steps.next(self.life) => ended,
                () = &mut grace => break,
            };
            self.take_last(ended).await;
        }
        for cut_off in self.steps.cut_off(self.life) {
            self.take_last(cut_off).await;
        }
        loop {
            self.heed().await?;
            self.withhold_starts();
            if let Some(left) = self.commit().await? {
                return Ok(left);
            }
            if let Some(left) = self.let_go(Some(shared.now())).await? {
                return Ok(left);
            }
        }
    }
}

//! What all parts of one engine share: the ports, the options, the skills, and ways to wake each other.

use std::{future::Future, sync::Arc, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{
    Options,
    counters::Counters,
    outages::{Outages, Wait},
    plans::Plans,
    secrets::Secrets,
    skills::Skills,
    spending::Spending,
};
use crate::{
    domain::{ClaimId, PriceBook, RunId, SignalId, WorkerId},
    ports::{Clock, Entropy, EntropyExt, ModelClient, Store, store::StoreError},
};

/// What all parts of one engine share.
pub(crate) struct Shared {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) options: Options,
    pub(crate) skills: Skills,
    pub(crate) secrets: Secrets,
    /// Asks models for turns, where this process can.
    pub(crate) model: Option<Arc<dyn ModelClient>>,
    /// What models cost for whom has no prices of their own.
    pub(crate) price_book: PriceBook,
    pub(crate) spending: Spending,
    pub(crate) plans: Plans,
    pub(crate) outages: Outages,
    pub(crate) counters: Counters,
    /// Told when runs may have become due.
    pub(crate) work: Notify,
    /// Told when schedules changed.
    pub(crate) schedules: Notify,
    /// Fires when the engine is asked to stop.
    pub(crate) stopping: CancellationToken,
    /// Fires when the grace of a shutdown is over: what still plays is given back.
    pub(crate) out_of_grace: CancellationToken,
    /// Everything that a shutdown waits for.
    pub(crate) tasks: TaskTracker,
}

impl Shared {
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    pub(crate) fn new_run_id(&self, at: DateTime<Utc>) -> RunId {
        RunId::at(at, self.entropy.next_u128())
    }

    pub(crate) fn new_worker_id(&self) -> WorkerId {
        WorkerId::from_u128(self.entropy.next_u128())
    }

    pub(crate) fn new_claim_id(&self) -> ClaimId {
        ClaimId::from_u128(self.entropy.next_u128())
    }

    pub(crate) fn new_signal_id(&self) -> SignalId {
        SignalId::from_u128(self.entropy.next_u128())
    }

    /// Calls the store until it answers, however long that takes; the pauses grow to `poll_interval` with jitter.
    /// Says so once when an outage begins, not at every try and not for everybody. Dropping the future gives up.
    pub(crate) async fn insist<T, F>(
        &self,
        what: &'static str,
        mut call: impl FnMut() -> F,
    ) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>>,
    {
        let mut pause = Duration::from_millis(20);
        let mut wait: Option<Wait<'_>> = None;
        loop {
            match call().await {
                Err(error) if error.is_retryable() => {
                    if wait.is_none() {
                        self.counters.lost_the_store();
                        wait = Some(self.outages.wait(what, &error));
                    }
                }
                answer => {
                    wait.into_iter().for_each(Wait::answered);
                    return answer;
                }
            }
            self.clock.sleep(pause.mul_f64(0.5 + self.entropy.next_fraction() / 2.0)).await;
            pause = (pause * 2).min(self.options.poll_interval);
        }
    }
}

/// Turns a span into what dates are counted with; a span too long for that is the longest there is.
pub(crate) fn delta(span: Duration) -> TimeDelta {
    TimeDelta::from_std(span).unwrap_or(TimeDelta::MAX)
}

/// Returns the moment `span` before `now`; the beginning of time where that is too far.
pub(crate) fn before(now: DateTime<Utc>, span: Duration) -> DateTime<Utc> {
    now.checked_sub_signed(delta(span)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

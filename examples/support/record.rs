//! The record of one run, read piece by piece as it grows.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use maestro::domain::{RunId, StepKey};
use maestro::ports::store::{Change, ChangeStream, Changed, StepQuery};
use maestro::ports::{Clock, SystemClock};
use maestro::{Error, Maestro, Run, RunStep, Workspace};

/// So many steps are read at once.
const PAGE: u32 = 1_000;

/// Changes come in swarms: a look so soon after the first sees most of them.
const SETTLE: Duration = Duration::from_millis(40);

/// What was recorded of a run so far.
pub(crate) struct Record {
    changes: Box<dyn ChangeStream>,
    clock: SystemClock,
    steps: BTreeMap<(StepKey, u32), RunStep>,
    /// Every row of this record and those before it was read.
    seen: u32,
}

impl Record {
    /// Begins to listen, so that nothing is missed that happens from now on.
    pub(crate) async fn listen(maestro: &Maestro) -> Result<Self, Error> {
        let changes = maestro.changes().await?;
        Ok(Self { changes, clock: SystemClock::new(), steps: BTreeMap::new(), seen: 0 })
    }

    /// Returns every step that was recorded, in the order of keys and tries.
    pub(crate) fn steps(&self) -> impl Iterator<Item = &RunStep> {
        self.steps.values()
    }

    /// Reads what is new: the run as it stands, and the steps that changed since the last look, in the order in which
    /// they were recorded.
    pub(crate) async fn read(&mut self, studio: &Workspace, id: RunId) -> Result<(Run, Vec<RunStep>), Error> {
        // The run first: what is recorded while its steps are read is read again next time.
        let run = studio.run(id).await?;
        let mut query = StepQuery::default();
        query.after_seq = Some(self.seen);
        let mut news = Vec::new();
        loop {
            let page = studio.steps(id, &query, PAGE).await?;
            let is_last = page.len() < PAGE as usize;
            query.after = page.last().map(|step| (step.key.clone(), step.attempt));
            news.extend(page.into_iter().filter(|step| self.keep(step)));
            if is_last {
                break;
            }
        }
        self.seen = run.revision;
        // What ended in the same moment: the steps of a loop before the loop.
        let depth = |step: &RunStep| step.key.as_str().matches('.').count();
        news.sort_by_key(|step| (step.seq, step.finished_at, Reverse(depth(step))));
        Ok((run, news))
    }

    /// Keeps a step; tells whether it is new or changed.
    fn keep(&mut self, step: &RunStep) -> bool {
        let kept = self.steps.insert((step.key.clone(), step.attempt), step.clone());
        kept.as_ref() != Some(step)
    }

    /// Waits until there may be something new about a run.
    pub(crate) async fn news(&mut self, id: RunId) {
        while self.changes.next().await.is_some_and(|change| !is_about(&change, id)) {}
        self.clock.sleep(SETTLE).await;
        let more = async { while self.changes.next().await.is_some() {} };
        tokio::select! {
            biased;
            () = more => {}
            () = std::future::ready(()) => {}
        }
    }
}

fn is_about(change: &Change, id: RunId) -> bool {
    matches!(change.changed, Changed::Run { run_id, .. } if run_id == id)
}

//! Drivers: one run from claim to finish, park or hand-over.
//!
//! A driver feeds the pure [`Play`] with what happened, records what it writes, and starts its steps only once that is
//! durable. At most one record of a run is under way; what ends meanwhile goes into the next one.

mod outside;
mod running;

use std::sync::Arc;

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use self::running::Steps;
use super::{
    life::{Life, Notice},
    recorder::Recorded,
};
use crate::{
    domain::{
        Disposition, Failure, Finish, RunRecord, RunStatus, RunStep, StepKey, Totals,
        live::MAX_RECOVERIES,
        play::{Decision, Event, Pause, Plan, Play, PlayLimits, PlayedRun, StartStep},
    },
    engine::shared::delta,
    ports::store::{ClaimedRun, RecordAnswer, RunHistory, StoreError},
};

/// Why a driver stops before its run has ended or parked.
#[derive(Debug)]
enum Stop {
    /// Another owner has the run, or may have: nothing more is written.
    Lost,
    /// The store or the record makes it impossible to go on.
    Broken(StoreError),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Broken(error)
    }
}

/// How a driver left its run.
enum Left {
    Finished,
    Parked,
}

/// Plays a claimed run.
pub(super) async fn play(life: &Arc<Life>, claimed: ClaimedRun, notice: watch::Receiver<Notice>) {
    let (run, promotes) = (claimed.run.clone(), claimed.promotes);
    let played = tokio::select! {
        biased;
        () = life.lost.cancelled() => return, // drops the driver with all its steps
        played = Driver::begin_and_run(life, claimed, notice) => played,
    };
    match played {
        Ok(Left::Finished) if promotes => outside::promote(life, &run).await,
        Ok(Left::Finished) => {}
        // It may be due again sooner than anybody would look.
        Ok(Left::Parked) => life.shared.work.notify_one(),
        Err(Stop::Lost) => tracing::debug!(run_id = %run.run_id, "another worker has the run"),
        Err(Stop::Broken(error)) => {
            tracing::error!(run_id = %run.run_id, error = &error as &dyn std::error::Error, "the run cannot be played");
        }
    }
}

/// One run while it is played.
struct Driver<'a> {
    life: &'a Arc<Life>,
    claimed: ClaimedRun,
    plan: Arc<Plan>,
    play: Play,
    /// The last record that was written.
    seq: u32,
    notice: watch::Receiver<Notice>,
    /// The signals that the play has been told of.
    seen: u32,
    cancelling: bool,
    steps: Steps,
    /// What the next record writes, and what is started once it is durable.
    rows: Vec<RunStep>,
    starts: Vec<StartStep>,
    finish: Option<Finish>,
    /// The tries that ended since the last durable record.
    unrecorded: Vec<(StepKey, u32)>,
    /// When the run will have been active for as long as its score allows.
    deadline: DateTime<Utc>,
}

impl<'a> Driver<'a> {
    async fn begin_and_run(
        life: &'a Arc<Life>,
        claimed: ClaimedRun,
        notice: watch::Receiver<Notice>,
    ) -> Result<Left, Stop> {
        let shared = &life.shared;
        let history = match claimed.claim_no {
            1 => RunHistory::default(),
            _ => read_history(life, &claimed).await?,
        };
        if claimed.recoveries > MAX_RECOVERIES {
            return outside::abandon(life, &claimed, history).await;
        }
        let read = || {
            shared.plans.get(&*shared.store, &claimed.run.workspace, &claimed.score_id, claimed.score_version)
        };
        let plan = match shared.insist("read score", read).await {
            Ok(plan) => plan,
            Err(error) => return outside::give_up(life, &claimed, history, &error).await,
        };
        let timeout = plan.score().timeout.as_duration();
        let active = outside::active_so_far(&history.steps);
        let now = shared.now();
        let deadline = now.checked_add_signed(timeout - active).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let (play, decisions) =
            Play::load(Arc::clone(&plan), played_run(&claimed), limits(life), history.steps, now);
        let mut driver = Self {
            life,
            plan,
            play,
            seq: history.seq,
            notice,
            seen: 0,
            cancelling: false,
            steps: Steps::default(),
            rows: Vec::new(),
            starts: Vec::new(),
            finish: None,
            unrecorded: Vec::new(),
            deadline,
            claimed,
        };
        driver.take(decisions);
        driver.tell(history.signals);
        driver.run().await
    }

    async fn run(&mut self) -> Result<Left, Stop> {
        loop {
            self.heed_notice().await?;
            if let Some(left) = self.commit().await? {
                return Ok(left);
            }
            if self.life.out_of_grace.is_cancelled() {
                return self.give_back(self.life.shared.now()).await;
            }
            if !self.start_steps() {
                let later = self.life.shared.now() + delta(self.life.shared.options.hand_back_delay);
                return self.give_back(later).await;
            }
            if self.steps.is_empty() {
                match self.park().await? {
                    Some(left) => return Ok(left),
                    None => continue, // a moment has come or a signal: there is something to decide
                }
            }
            self.wait().await?;
        }
    }

    /// Takes what the play decided.
    fn take(&mut self, decisions: Vec<Decision>) {
        for decision in decisions {
            match decision {
                Decision::Write(row) => self.rows.push(*row),
                Decision::Start(start) => self.starts.push(*start),
                Decision::Abort(handle) => self.steps.abort(handle),
                Decision::Finish(finish) => self.finish = Some(*finish),
            }
        }
    }

    fn apply(&mut self, event: Event) {
        let decisions = self.play.apply(event, self.life.shared.now());
        self.take(decisions);
    }

    /// Writes what there is to write. Returns how the run was left, when that was its end.
    async fn commit(&mut self) -> Result<Option<Left>, Stop> {
        if self.rows.is_empty() && self.finish.is_none() {
            return Ok(None);
        }
        let rows = std::mem::take(&mut self.rows);
        let disposition = match self.finish.take() {
            Some(finish) => {
                if finish.status.is_good() && self.claimed.promotes {
                    outside::play_next(self.life, &self.claimed, &finish).await?;
                }
                Disposition::Finish(finish)
            }
            None => Disposition::Continue,
        };
        let is_finish = matches!(disposition, Disposition::Finish(_));
        match self.record(rows, disposition).await? {
            Recorded::Answer(_) if is_finish => Ok(Some(Left::Finished)),
            Recorded::Answer(_) => {
                self.unrecorded.clear();
                Ok(None)
            }
            Recorded::NotStorable(rows) => self.refuse_outputs(rows).await.map(|()| None),
        }
    }

    /// Lets go of the run when it only waits. Returns `None` when it must go on instead.
    async fn park(&mut self) -> Result<Option<Left>, Stop> {
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
    async fn let_go(&mut self, wake_at: Option<DateTime<Utc>>) -> Result<Option<Left>, Stop> {
        let disposition = Disposition::Park { wake_at, signals_seen: self.seen };
        match self.record(Vec::new(), disposition).await? {
            Recorded::Answer(RecordAnswer::Applied { done: true, .. }) => Ok(Some(Left::Parked)),
            _ => Ok(None),
        }
    }

    /// Writes one record; what the answer tells of signals is noted.
    async fn record(&mut self, steps: Vec<RunStep>, disposition: Disposition) -> Result<Recorded, Stop> {
        let record = RunRecord {
            run: self.claimed.run.clone(),
            claim_no: self.claimed.claim_no,
            worker: self.life.worker,
            seq: self.seq + 1,
            steps,
            disposition,
        };
        let recorded = self.life.recorder.record(record).await.ok_or(Stop::Lost)?;
        if let Recorded::Answer(answer) = &recorded {
            let RecordAnswer::Applied { signals, cancel, .. } = *answer else { return Err(Stop::Lost) };
            self.seq += 1;
            self.note(signals, cancel);
        }
        Ok(recorded)
    }

    /// Starts the steps that may start. False when this process lacks an operation: then nothing more is started.
    fn start_steps(&mut self) -> bool {
        let starts = std::mem::take(&mut self.starts);
        for start in starts {
            if !self.steps.start(self.life, &self.claimed, start) {
                return false;
            }
        }
        true
    }
}

fn played_run(claimed: &ClaimedRun) -> PlayedRun {
    PlayedRun {
        workspace: claimed.run.workspace.clone(),
        orchestra_id: claimed.run.orchestra_id.clone(),
        run_id: claimed.run.run_id,
        score_id: claimed.score_id.clone(),
        score_version: claimed.score_version,
        agents: claimed.agents.clone(),
        trigger: claimed.trigger.clone(),
        input: claimed.input.clone(),
        queued_at: claimed.queued_at,
        started_at: claimed.started_at,
    }
}

fn limits(life: &Life) -> PlayLimits {
    PlayLimits { value_bytes: life.shared.options.max_value_bytes }
}

async fn read_history(life: &Life, claimed: &ClaimedRun) -> Result<RunHistory, Stop> {
    let shared = &life.shared;
    let read = || shared.store.history(std::slice::from_ref(&claimed.run));
    Ok(shared.insist("read history", read).await?.pop().unwrap_or_default())
}

/// Ends a run without playing it.
fn failed(failure: Failure, totals: Totals) -> Finish {
    Finish { status: RunStatus::Failed, output: None, result: None, error: Some(failure), totals }
}

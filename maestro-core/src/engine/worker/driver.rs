//! Drivers: one run from claim to finish, park or hand-over.
//!
//! A driver feeds the pure [`Play`] with what happened, records what it writes, and starts its steps only once that is
//! durable. At most one record of a run is under way; what ends meanwhile goes into the next one.

mod active;
mod calls;
mod leaving;
mod money;
mod outside;
mod reading;
mod recording;
mod refusal;
mod running;
mod successor;
mod unplayed;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use self::{
    money::Promise,
    reading::{limits, played_run, read_history},
    running::{Steps, never_began},
};
use super::{
    life::{Life, Notice},
    panics,
};
use crate::{
    domain::{
        Actor, Finish, Money, RunStep, StepKey,
        live::MAX_RECOVERIES,
        play::{Decision, Event, Plan, Play, PlayedRun, StartStep},
    },
    engine::spending::Reservation,
    ports::store::{ClaimedRun, RunHistory, StoreError},
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

/// How far the record of a run goes; known also after its driver broke off.
struct Progress {
    /// The last record that was written.
    seq: u32,
    /// How often in a row the run lost its worker without getting any further.
    recoveries: u32,
}

/// Plays a claimed run.
pub(super) async fn play(life: &Arc<Life>, claimed: ClaimedRun, notice: watch::Receiver<Notice>) {
    tokio::select! {
        biased;
        () = life.lost.cancelled() => {} // drops the driver with all its steps
        () = play_and_leave(life, &claimed, notice) => {}
    }
}

async fn play_and_leave(life: &Arc<Life>, claimed: &ClaimedRun, notice: watch::Receiver<Notice>) {
    let mut progress = Progress { seq: claimed.seq, recoveries: claimed.recoveries };
    let played = panics::caught(Driver::begin_and_run(life, claimed, notice, &mut progress)).await;
    let left = match played {
        Ok(Err(Stop::Broken(error))) => {
            unplayed::leave_broken(life, claimed, &progress, &error.to_string()).await
        }
        Err(panic) => unplayed::leave_broken(life, claimed, &progress, &panic).await,
        Ok(left) => left,
    };
    match left {
        Ok(Left::Finished) if claimed.promotes => successor::promote(life, &claimed.run).await,
        Ok(Left::Finished) => {}
        // It may be due again sooner than anybody would look.
        Ok(Left::Parked) => life.shared.work.notify_one(),
        Err(Stop::Lost) => tracing::debug!(run_id = %claimed.run.run_id, "another worker has the run"),
        Err(Stop::Broken(error)) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(run_id = %claimed.run.run_id, error, "the run can neither be played nor left");
        }
    }
}

/// One run while it is played.
struct Driver<'a> {
    life: &'a Arc<Life>,
    claimed: &'a ClaimedRun,
    /// The run as its play knows it.
    played: PlayedRun,
    plan: Arc<Plan>,
    play: Play,
    progress: &'a mut Progress,
    notice: watch::Receiver<Notice>,
    /// The signals that the play has been told of.
    seen: u32,
    cancelling: bool,
    /// Who asked for the end of the run, as far as the history was read.
    cancelled_by: Option<Actor>,
    steps: Steps,
    /// What the next record writes, and what is started once it is durable.
    rows: Vec<RunStep>,
    starts: Vec<StartStep>,
    finish: Option<Finish>,
    /// The tries that ended since the last durable record.
    unrecorded: BTreeSet<(StepKey, u32)>,
    /// When the run will have been active for as long as its score allows.
    deadline: DateTime<Utc>,
    /// Whether this process lacks an operation or a model client: then nothing more is started, and the run is left to others.
    lacks_operation: bool,
    /// What the run may spend, once it is known.
    may_spend: Option<Option<Money>>,
    /// What the turns under way may cost, and what those have cost that are not on record yet.
    promised: BTreeMap<StepKey, Promise>,
    settled: Vec<Reservation>,
    /// When to look for steps that have run for so long that the record should show them.
    show_at: Option<DateTime<Utc>>,
}

impl<'a> Driver<'a> {
    async fn begin_and_run(
        life: &'a Arc<Life>,
        claimed: &'a ClaimedRun,
        notice: watch::Receiver<Notice>,
        progress: &'a mut Progress,
    ) -> Result<Left, Stop> {
        let shared = &life.shared;
        if claimed.recoveries > MAX_RECOVERIES {
            return unplayed::abandon(life, claimed, progress, None).await;
        }
        // A first claim finds nothing on record, unless the run was ended before it and is played on.
        let history = match (claimed.claim_no, claimed.signals) {
            (1, 0) => RunHistory::default(),
            _ => read_history(life, claimed).await?,
        };
        let read = || {
            shared.plans.get(&*shared.store, &claimed.run.workspace, &claimed.score_id, claimed.score_version)
        };
        let plan = match shared.insist("read score", read).await {
            Ok(plan) => plan,
            Err(error) => return unplayed::give_up(life, claimed, progress, &error).await,
        };
        let played = match played_run(life, claimed).await {
            Ok(played) => played,
            Err(error) => return unplayed::give_up(life, claimed, progress, &error).await,
        };
        let timeout = plan.score().timeout.as_duration();
        let active = active::so_far(&history.steps, history.reopened_at());
        let now = shared.now();
        let deadline = now.checked_add_signed(timeout - active).unwrap_or(DateTime::<Utc>::MAX_UTC);
        let budget_cents = history.budget_cents();
        let (play, decisions) =
            Play::load(Arc::clone(&plan), played.clone(), limits(life), history.steps, now);
        let mut driver = Self {
            life,
            played,
            plan,
            play,
            notice,
            // A history that was read after the claim holds what the claim had seen.
            seen: claimed.signals,
            cancelling: false,
            cancelled_by: history.cancelled_by,
            steps: Steps::default(),
            rows: Vec::new(),
            starts: Vec::new(),
            finish: None,
            unrecorded: BTreeSet::new(),
            lacks_operation: false,
            may_spend: budget_cents.map(|cents| Some(Money::from_cents(cents))),
            promised: BTreeMap::new(),
            settled: Vec::new(),
            show_at: None,
            deadline,
            claimed,
            progress,
        };
        driver.take(decisions);
        driver.tell(history.signals);
        driver.run().await
    }

    async fn run(&mut self) -> Result<Left, Stop> {
        loop {
            self.heed().await?;
            let is_out_of_grace = self.life.shared.out_of_grace.is_cancelled();
            self.lacks_operation |= !self.starts.iter().all(|start| self.can_start(start));
            if is_out_of_grace || self.lacks_operation {
                self.withhold_starts();
            }
            if let Some(left) = self.commit().await? {
                return Ok(left);
            }
            if is_out_of_grace {
                return self.give_back().await;
            }
            self.start_steps().await?;
            if !self.rows.is_empty() || self.finish.is_some() {
                continue; // what was to start was refused
            }
            if !self.steps.is_empty() {
                self.wait().await?;
                continue;
            }
            let left = match self.starts.is_empty() {
                true => self.park().await?,
                false => self.let_go(Some(self.left_until())).await?,
            };
            if let Some(left) = left {
                return Ok(left);
            }
            // A moment has come or a signal: there is something to decide.
        }
    }

    /// Takes what the play decided.
    fn take(&mut self, decisions: Vec<Decision>) {
        let mut called_off = BTreeSet::new();
        for decision in decisions {
            match decision {
                Decision::Write(row) => self.rows.push(*row),
                Decision::Start(start) => self.starts.push(*start),
                Decision::Abort(handle) if self.steps.abort(handle) => {}
                Decision::Abort(handle) => _ = called_off.insert(handle),
                Decision::Finish(finish) => self.finish = Some(*finish),
            }
        }
        if called_off.is_empty() {
            return;
        }
        let starts = std::mem::take(&mut self.starts);
        let (never, still): (Vec<_>, Vec<_>) =
            starts.into_iter().partition(|start| called_off.contains(&start.handle));
        self.starts = still;
        for start in never {
            self.apply(Event::Ended(Box::new(never_began(start))));
        }
    }

    fn apply(&mut self, event: Event) {
        let decisions = self.play.apply(event, self.life.shared.now());
        self.take(decisions);
    }

    fn can_start(&self, start: &StartStep) -> bool {
        let lacking = calls::lacking(&self.life.shared, &start.work);
        if let Some(lacking) = lacking.as_ref().filter(|_| !self.lacks_operation) {
            tracing::warn!(run_id = %self.claimed.run.run_id, "this process lacks {lacking}: the run is handed back");
        }
        lacking.is_none()
    }

    /// Starts what may start, unless the run is left to others.
    async fn start_steps(&mut self) -> Result<(), Stop> {
        if self.lacks_operation || self.starts.is_empty() {
            return Ok(());
        }
        if self.life.time_left().is_zero() {
            self.life.lost.cancel(); // the process was frozen, and nobody else has noticed yet
            return Err(Stop::Lost);
        }
        for start in std::mem::take(&mut self.starts) {
            // One that runs already, because the play was loaded anew, was allowed when it began.
            let objection = if self.steps.runs(&start) { None } else { self.objection(&start).await? };
            match objection {
                Some(objection) => self.apply(objection),
                None => self.steps.start(self.life, self.claimed, start),
            }
        }
        Ok(())
    }
}

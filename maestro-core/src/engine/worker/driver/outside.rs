//! What reaches a driver from outside, and what it leaves behind: signals, time, hand-over, the next orchestra.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};

use super::{Driver, Left, Stop, failed, limits, played_run, read_history};
use crate::{
    domain::{
        Class, Disposition, Failure, Finish, ModelPricing, RunId, RunRecord, RunRef, RunStep, Signal,
        SignalKind, StepKey, StepKind, StepStatus, Totals, Trigger,
        play::{Ended, Event, Play, StepOutcome},
    },
    engine::{
        enlist,
        shared::{before, delta},
        worker::{life::Life, recorder::Recorded},
    },
    ports::store::{ClaimedRun, RecordAnswer, RunHistory, StoreError},
};

impl Driver<'_> {
    /// Waits until something happens, and applies it.
    pub(super) async fn wait(&mut self) -> Result<(), Stop> {
        let shared = Arc::clone(&self.life.shared);
        let moment = self.next_moment();
        let ended = tokio::select! {
            biased;
            () = self.life.out_of_grace.cancelled() => return Ok(()),
            _ = self.notice.changed() => return Ok(()),
            ended = self.steps.next(self.life) => ended,
            () = sleep_until(&*shared.clock, moment) => {
                self.time_has_passed();
                return Ok(());
            }
        };
        self.take_ended(ended).await;
        while let Some(ended) = self.steps.try_next(self.life) {
            self.take_ended(ended).await;
        }
        Ok(())
    }

    async fn take_ended(&mut self, (key, mut ended): (StepKey, Ended)) {
        self.price(&mut ended).await;
        // The play may have been loaded anew since the step was started.
        let Some(handle) = self.play.handle_of(&key) else { return };
        self.unrecorded.push((key, ended.attempt));
        self.apply(Event::Ended(Box::new(Ended { handle, ..ended })));
    }

    /// Gives what a step was billed its price, by the workspace's table.
    async fn price(&self, ended: &mut Ended) {
        let Some(billed) = &mut ended.billed else { return };
        let shared = &self.life.shared;
        let read = || shared.store.prices(&self.claimed.run.workspace);
        if let Ok(prices) = shared.insist("read prices", read).await {
            billed.price = ModelPricing::at(&prices, &billed.model, shared.now()).cloned();
            billed.cost = billed.price.as_ref().and_then(|price| price.cost(&billed.usage));
        }
    }

    fn next_moment(&self) -> Option<DateTime<Utc>> {
        let shared = &self.life.shared;
        let show = self.steps.hides_any().then(|| shared.now() + delta(shared.options.show_running_after));
        let deadline = (!self.steps.is_empty()).then_some(self.deadline);
        [self.play.next_moment(), show, deadline].into_iter().flatten().min()
    }

    fn time_has_passed(&mut self) {
        let shared = &self.life.shared;
        let now = shared.now();
        self.rows.extend(self.steps.show(before(now, shared.options.show_running_after)));
        if now >= self.deadline {
            self.deadline = DateTime::<Utc>::MAX_UTC;
            self.apply(Event::Timeout);
        }
        self.apply(Event::Time);
    }

    /// Applies what people told the run since the last look.
    pub(super) async fn heed_notice(&mut self) -> Result<(), Stop> {
        let notice = *self.notice.borrow_and_update();
        if notice.lost {
            return Err(Stop::Lost);
        }
        self.note(notice.signals, notice.cancel);
        let known = self.notice.borrow().signals;
        if known > self.seen {
            let history = read_history(self.life, &self.claimed).await?;
            self.tell(history.signals);
            self.seen = known;
        }
        if self.notice.borrow().cancel && !self.cancelling {
            self.cancelling = true;
            self.apply(Event::Cancel);
        }
        Ok(())
    }

    /// Keeps what the store said of signals; the next look applies them.
    pub(super) fn note(&mut self, signals: u32, cancel: bool) {
        self.life.tell(self.claimed.run.run_id, signals, cancel);
    }

    /// Applies signals; those that were applied before change nothing.
    pub(super) fn tell(&mut self, signals: Vec<Signal>) {
        for signal in signals {
            match signal.kind {
                SignalKind::Resolve { key, attempt, resolution, .. } => {
                    self.apply(Event::Resolved { key, attempt, resolution });
                }
                // No node of this version waits for approval; waking is done by looking.
                SignalKind::Approve { .. } | SignalKind::Reject { .. } | SignalKind::Wake => {}
            }
        }
    }

    /// Ends what runs and hands the run over, due at `wake_at`. Steps that had no time to end are executed again.
    pub(super) async fn give_back(&mut self, wake_at: DateTime<Utc>) -> Result<Left, Stop> {
        let hurry = self.life.out_of_grace.is_cancelled();
        let clock = Arc::clone(&self.life.shared.clock);
        if hurry {
            self.steps.abort_all();
        }
        let span = self.life.shared.options.abort_grace;
        let mut grace = std::pin::pin!(async move {
            match hurry {
                true => clock.sleep(span).await,
                false => std::future::pending().await,
            }
        });
        while !self.steps.is_empty() {
            let ended = tokio::select! {
                biased;
                ended = self.steps.next(self.life) => ended,
                () = &mut grace => break,
            };
            // What was cut off is no fact about the run: who takes it over begins the step anew, or finds it unknown.
            if !matches!(ended.1.outcome, StepOutcome::Aborted { .. }) {
                self.take_ended(ended).await;
            }
        }
        loop {
            if let Some(left) = self.commit().await? {
                return Ok(left);
            }
            if let Some(left) = self.let_go(Some(wake_at)).await? {
                return Ok(left);
            }
            self.heed_notice().await?;
        }
    }

    /// Finds the step whose output the store refuses, records it as failed, and loads the play anew from what is then on
    /// record. The other steps that ended meanwhile are recorded as they were.
    pub(super) async fn refuse_outputs(&mut self, refused: Vec<RunStep>) -> Result<(), Stop> {
        let suspects = std::mem::take(&mut self.unrecorded);
        for row in refused {
            if !suspects.contains(&(row.key.clone(), row.attempt)) {
                continue; // follows from the others: the play writes it anew
            }
            let offender = RunStep {
                status: StepStatus::Failed,
                input: None,
                output: None,
                resume_at: None,
                error: Some(Failure::new(
                    "output_not_storable",
                    "the store cannot keep the output of this step",
                )),
                ..row.clone()
            };
            let is_refused = |recorded| matches!(recorded, Recorded::NotStorable(_));
            if is_refused(self.record(vec![row], Disposition::Continue).await?)
                && is_refused(self.record(vec![offender], Disposition::Continue).await?)
            {
                let reason = "not even the failure of the step can be stored".to_owned();
                return Err(Stop::Broken(StoreError::NotStorable { reason }));
            }
        }
        self.reload().await
    }

    async fn reload(&mut self) -> Result<(), Stop> {
        let history = read_history(self.life, &self.claimed).await?;
        let now = self.life.shared.now();
        let run = played_run(&self.claimed);
        let (play, decisions) =
            Play::load(Arc::clone(&self.plan), run, limits(self.life), history.steps, now);
        self.play = play;
        (self.rows, self.starts, self.finish) = (Vec::new(), Vec::new(), None);
        self.take(decisions);
        self.tell(history.signals);
        if self.cancelling {
            self.apply(Event::Cancel);
        }
        Ok(())
    }
}

/// Fails a run whose workers died again and again.
pub(super) async fn abandon(life: &Life, claimed: &ClaimedRun, history: RunHistory) -> Result<Left, Stop> {
    let message = format!("its worker died {} times without getting any further", claimed.recoveries);
    end_unplayed(life, claimed, history, Failure::new("abandoned", message)).await
}

/// Fails a run whose score is gone or makes no sense.
pub(super) async fn give_up(
    life: &Life,
    claimed: &ClaimedRun,
    history: RunHistory,
    error: &StoreError,
) -> Result<Left, Stop> {
    tracing::error!(run_id = %claimed.run.run_id, error = error as &dyn std::error::Error, "the score cannot be read");
    let message =
        format!("the score {} v{} cannot be played: {error}", claimed.score_id, claimed.score_version);
    end_unplayed(life, claimed, history, Failure::new("score_unreadable", message)).await
}

async fn end_unplayed(
    life: &Life,
    claimed: &ClaimedRun,
    history: RunHistory,
    failure: Failure,
) -> Result<Left, Stop> {
    let mut totals = Totals::default();
    for step in &history.steps {
        if let Some(usage) = &step.usage {
            totals.add(usage, step.cost);
        }
    }
    let record = RunRecord {
        run: claimed.run.clone(),
        claim_no: claimed.claim_no,
        worker: life.worker,
        seq: history.seq + 1,
        steps: Vec::new(),
        disposition: Disposition::Finish(failed(failure, totals)),
    };
    match life.recorder.record(record).await {
        Some(Recorded::Answer(RecordAnswer::Applied { .. })) => Ok(Left::Finished),
        _ => Err(Stop::Lost),
    }
}

/// Lets runs go that were held behind one that ended.
pub(super) async fn promote(life: &Life, run: &RunRef) {
    let shared = &life.shared;
    let promoted = enlist::promote(shared, &run.workspace, &run.orchestra_id).await;
    if let Err(error) = promoted {
        // The sweep will do it.
        tracing::warn!(error = &error as &dyn std::error::Error, "promote: the store refuses");
    }
}

/// Enqueues the run that follows a run which ended well, before the end is recorded: should the process die between the
/// two, the end is recorded again and asks for the very same run.
pub(super) async fn play_next(life: &Life, claimed: &ClaimedRun, finish: &Finish) -> Result<(), Stop> {
    let shared = &life.shared;
    let workspace = &claimed.run.workspace;
    let read = || shared.store.orchestra(workspace, &claimed.run.orchestra_id);
    let next = match shared.insist("read orchestra", read).await {
        Ok(state) => state.orchestra.on_finish,
        Err(StoreError::NotFound { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let Some(next) = next else { return Ok(()) };
    let order = enlist::Order {
        run_id: following(claimed.run.run_id),
        trigger: Trigger::Finish { of: claimed.run.run_id },
        class: Class::Normal,
        input: finish.result.clone().unwrap_or_default(),
        due_at: shared.now(),
        key: None,
    };
    let enqueued = shared
        .insist("play next orchestra", || {
            enlist::enqueue(shared, workspace, &next.orchestra_id, order.clone())
        })
        .await;
    match enqueued {
        Ok(()) => shared.work.notify_one(),
        // The orchestra or its score is gone: this run is no worse for it.
        Err(error) => {
            tracing::error!(orchestra = %next.orchestra_id, error = &error as &dyn std::error::Error, "the next orchestra cannot play");
        }
    }
    Ok(())
}

/// Returns the id of the run that follows `run`: always the same one, with the same time in it.
fn following(run: RunId) -> RunId {
    const RANDOM: u128 = (1 << 62) - 1;
    let random = run.as_u128() & RANDOM;
    let next = random.wrapping_mul(0x5851_F42D_4C95_7F2D).wrapping_add(0x1405_7B7E_F767_814F) & RANDOM;
    RunId::from_u128(run.as_u128() & !RANDOM | next)
}

/// Returns how long a run has been active: the time during which any of its steps ran. Waits do not count.
pub(super) fn active_so_far(steps: &[RunStep]) -> TimeDelta {
    let ran = steps.iter().filter(|step| !matches!(step.kind, StepKind::Delay | StepKind::Approval));
    let mut spans: Vec<_> = ran.filter_map(|step| Some((step.started_at?, step.finished_at?))).collect();
    spans.sort();
    let (mut active, mut until) = (TimeDelta::zero(), DateTime::<Utc>::MIN_UTC);
    for (started, finished) in spans {
        if finished > until {
            active += finished - started.max(until);
            until = finished;
        }
    }
    active
}

async fn sleep_until(clock: &dyn crate::ports::Clock, moment: Option<DateTime<Utc>>) {
    match moment {
        Some(moment) => clock.sleep_until(moment).await,
        None => std::future::pending().await,
    }
}

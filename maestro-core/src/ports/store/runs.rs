//! The role that plays: runs, their steps, the live queue. A store of this role alone can play scores.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::{
    Backlog, CancelAnswer, ClaimedRun, DueClass, Enqueued, Quota, RecordAnswer, Reopening, RunFilter,
    RunHistory, StepQuery, StoreError,
};
use crate::domain::{
    Actor, ClaimId, NewRun, OrchestraId, Run, RunId, RunRecord, RunRef, RunStep, Signal, WorkerId,
    WorkspaceId,
};

/// Durable home of runs. See the [rules for every method](super).
///
/// # Contract
/// - **the_live_row_follows_the_pure_model**: under any history of calls the store answers as
///   [`live`](crate::domain::live) says; only of records that were applied under earlier claims, which the live row
///   has forgotten, does the store know more.
#[async_trait]
pub trait RunStore: Send + Sync + 'static {
    /// Makes runs live. Answers in the order of `runs`.
    ///
    /// # Contract
    /// - **enqueue_is_repeatable**: the same run enqueued again changes nothing, even after it has ended.
    /// - **enqueue_keeps_every_field**: what was given reads back equal, in [`run`](Self::run) and on claim.
    /// - **a_key_makes_one_run**: while a key lasts, another run with it in the same orchestra is not made, and the
    ///   answer names the first. Another orchestra or workspace may use the same key.
    /// - **a_limit_holds_a_run**: a run enters held when so many runs of its orchestra are live already, those before it
    ///   in the batch included.
    /// - **a_batch_is_enqueued_whole_or_not_at_all**: an error leaves no run of the batch.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: unknown whether it happened; call again. [`StoreError::NotStorable`].
    async fn enqueue(&self, runs: &[NewRun], now: DateTime<Utc>) -> Result<Vec<Enqueued>, StoreError>;

    /// Makes `worker` the owner of runs due at `now`, the oldest first within each quota. The answer has no order.
    ///
    /// # Contract
    /// - **claim_is_exclusive**: a run that is owned is not returned again, however many claim at once.
    /// - **claim_raises_claim_no**: `claim_no` grows by one with every claim of a run.
    /// - **claim_tells_where_the_record_ends**: `seq` is the number of the last record that was applied.
    /// - **claim_takes_the_oldest_due**: in the order of due time, then id, and never more than the quota.
    /// - **claim_keeps_to_its_quotas**: nothing of another workspace or class, nothing that is not due.
    /// - **a_lost_claim_answer_loses_no_run**: [`claimed`](Self::claimed) with the same id returns what this call
    ///   took.
    /// - **a_paused_workspace_is_not_claimed**: nor told as due, until it is resumed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: unknown whether anything was claimed; ask [`claimed`](Self::claimed).
    async fn claim(
        &self,
        worker: WorkerId,
        claim: ClaimId,
        now: DateTime<Utc>,
        quotas: &[Quota],
    ) -> Result<Vec<ClaimedRun>, StoreError>;

    /// Returns the runs that `worker` owns by the call `claim`.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn claimed(&self, worker: WorkerId, claim: ClaimId) -> Result<Vec<ClaimedRun>, StoreError>;

    /// Returns which classes of which workspaces have runs due at `now`, and when the next run will be due.
    ///
    /// # Contract
    /// - **due_names_every_workspace_with_work**: each pair once, sorted; at most `limit`, those after `after` first
    ///   and then from the beginning, so that a caller can go round.
    /// - **due_tells_the_next_moment**: the earliest due time after `now` of a run that can be claimed then.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn due(
        &self,
        now: DateTime<Utc>,
        after: Option<&DueClass>,
        limit: u32,
    ) -> Result<(Vec<DueClass>, Option<DateTime<Utc>>), StoreError>;

    /// Returns how many runs could be claimed at `now`, and for how long, for those who watch.
    ///
    /// # Contract
    /// - **backlog_tells_how_much_is_due_and_since_when**: over all workspaces; nothing that is paused, held, owned or not
    ///   due; exactly up to 1,000 of each class of a workspace, where a store may stop counting.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError>;

    /// Applies what workers write. Answers in the order of `records`; each run's record is applied wholly or not at
    /// all, whatever becomes of the others. This is the one door for workers.
    ///
    /// # Contract
    /// - **a_record_is_fenced**: only the present owner, under its present `claim_no`, is `Applied`.
    /// - **a_record_may_be_repeated**: an applied record (the same run, `claim_no`, worker and `seq`) answers `Applied`
    ///   again and changes nothing, also after its run was parked, finished or claimed by another. What the answer then
    ///   tells of signals means something only while the run is live. What was applied under the claim that ended the run may
    ///   be refused once the run was [reopened](Self::reopen) and claimed again.
    /// - **a_refused_record_writes_nothing**: `LeaseLost` leaves steps, run and queue as they were.
    /// - **a_step_row_is_final_once**: a row of the same key and try replaces one that is not final, never one that
    ///   is; of a row that ended, every field reads back equal.
    /// - **a_park_that_missed_a_signal_is_refused**: its steps stand, the worker keeps the run.
    /// - **a_parked_run_wakes_at_its_time**: and not before; without a time only a signal wakes it.
    /// - **a_worker_that_falters_is_counted**: the run is due at its time, whatever signals came, and `recoveries` counts it
    ///   like the death of a worker.
    /// - **a_finish_ends_the_run_once**: status, output, result, error, totals and times are readable, the live row is
    ///   gone, and no later record changes them.
    /// - **each_record_of_a_batch_stands_alone**: one that is refused harms no other.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: unknown which were applied; send the same records again.
    /// [`StoreError::NotStorable`]: a value of some record is refused and *none* of the call was applied; the caller
    /// sends the records one by one to find it.
    async fn record(
        &self,
        records: &[RunRecord],
        now: DateTime<Utc>,
    ) -> Result<Vec<RecordAnswer>, StoreError>;

    /// Returns what was recorded of each run, in the order of `runs`; a run without records has an empty history.
    ///
    /// # Contract
    /// - **history_returns_what_was_recorded**: every row and signal, and the number of the last record.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn history(&self, runs: &[RunRef]) -> Result<Vec<RunHistory>, StoreError>;

    /// Tells a live run something. Needs no lease.
    ///
    /// # Contract
    /// - **a_signal_wakes_a_parked_run**: it is due at `signal.at`; an owner hears of it with the next answer.
    /// - **a_signal_is_kept_once**: a repeated call changes nothing.
    /// - **a_signal_to_an_ended_run_is_refused**.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] when the run has ended; [`StoreError::Unavailable`].
    async fn signal(&self, workspace: &WorkspaceId, run_id: RunId, signal: &Signal)
    -> Result<(), StoreError>;

    /// Ends a run, or asks its worker to. `force` ends it over the worker's head.
    ///
    /// # Contract
    /// - **what_does_not_run_is_cancelled_at_once**: a run without an owner ends here: status cancelled, an error with
    ///   code `cancelled` that names the actor, its steps that wait or run are cancelled, the totals are those of its
    ///   steps.
    /// - **an_owner_is_asked_to_cancel**: a run with an owner stays live, and the owner hears of it with the next
    ///   answer. Its history names who asked first.
    /// - **force_fences_the_owner**: the run ends at once, and the owner's late record is refused.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`].
    async fn cancel(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        force: bool,
        actor: &Actor,
        now: DateTime<Utc>,
    ) -> Result<CancelAnswer, StoreError>;

    /// Makes a run that failed or was cancelled live again, so that it is played on. Needs no lease.
    ///
    /// # Contract
    /// - **a_reopened_run_is_played_on**: it is due at `signal.at`; the next claim has the next number and the next record
    ///   the number after the reopening's, which is the one after `seq`. Recoveries are counted from 0, nobody has asked for
    ///   its end, and it started when it did. It counts as live, and keeps its place when the limit of its orchestra is
    ///   reached.
    /// - **reopening_undoes_the_finish**: status, output, result, error and the end are gone, and no list and no pruning
    ///   takes it for ended, until it ends again.
    /// - **reopening_writes_its_rows**: the steps as [`record`](Self::record) writes them, the signal, and the agents where
    ///   they are given.
    /// - **a_run_is_reopened_once**: the same signal again changes nothing, even after the run has ended again.
    /// - **only_what_ended_badly_is_reopened**: and only as the caller has read it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`]; [`StoreError::Conflict`] when the run has not ended
    /// ([`Live`](super::ConflictReason::Live)), has ended well ([`Ended`](super::ConflictReason::Ended)) or has another
    /// last record ([`Changed`](super::ConflictReason::Changed)); [`StoreError::NotStorable`];
    /// [`StoreError::Unavailable`].
    async fn reopen(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        reopening: &Reopening,
    ) -> Result<(), StoreError>;

    /// Lets held runs of an orchestra go, the oldest id first, each while
    /// [`may_go`](crate::domain::LiveRun::may_go) says so; returns how many.
    ///
    /// # Contract
    /// - **promote_lets_go_what_the_limit_allows**: never more, however many promote at once.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn promote(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        max_concurrent_runs: Option<u32>,
    ) -> Result<u32, StoreError>;

    /// Returns orchestras that hold runs, at most `limit`, for the sweep.
    ///
    /// # Contract
    /// - **held_names_orchestras_that_hold_runs**: those and no others.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn held(&self, limit: u32) -> Result<Vec<(WorkspaceId, OrchestraId)>, StoreError>;

    /// Takes runs from dead workers and makes them due at `now`, at most `limit`; returns how many.
    ///
    /// # Contract
    /// - **reclaim_returns_runs_of_the_dead**: only theirs; `recoveries` counts it, beginning anew after a record that
    ///   [goes on](crate::domain::RunRecord::goes_on).
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn reclaim(&self, dead: &[WorkerId], now: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;

    /// Returns a run, live or ended.
    ///
    /// # Contract
    /// - **a_run_is_found_in_its_workspace_only**.
    /// - **a_live_run_shows_where_it_stands**: queued, running or waiting, as
    ///   [`LiveRun::status`](crate::domain::LiveRun::status) says, with the totals of its steps.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn run(&self, workspace: &WorkspaceId, run_id: RunId) -> Result<Run, StoreError>;

    /// Lists runs, the newest id first, those before `before`.
    ///
    /// # Contract
    /// - **runs_are_listed_newest_first_in_pages**: each once, stable under inserts.
    /// - **runs_are_filtered**: by every field of the filter.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]. A record that makes no sense is left out, not an error; a page that is not full is the
    /// last one all the same.
    async fn runs(
        &self,
        workspace: &WorkspaceId,
        filter: &RunFilter,
        before: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<Run>, StoreError>;

    /// Lists steps of a run in the order of keys and tries.
    ///
    /// # Contract
    /// - **steps_are_listed_in_pages**: each once, in order.
    /// - **steps_are_filtered**: by prefix and by record.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn steps(
        &self,
        workspace: &WorkspaceId,
        run_id: RunId,
        query: &StepQuery,
        limit: u32,
    ) -> Result<Vec<RunStep>, StoreError>;

    /// Deletes runs that ended before `before` with their steps, and idempotency keys that expired, at most `limit`
    /// runs and keys; returns how many. Call it until it returns 0.
    ///
    /// # Contract
    /// - **prune_runs_deletes_only_old_ended_runs**: nothing live, nothing younger, and of the old ones everything.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn prune_runs(
        &self,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<u32, StoreError>;
}

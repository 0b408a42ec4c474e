//! The role that keeps orchestras, their schedules and the ledger of what fired.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::domain::{Firing, FiringOutcome, LiveCount, NewRun, Orchestra, OrchestraId, RunId, WorkspaceId};

/// An orchestra with what is live of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrchestraState {
    /// The orchestra.
    pub orchestra: Orchestra,
    /// Its live runs, as far as they were counted.
    pub live: LiveCount,
}

/// An edit of an orchestra, applied wholly or not at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrchestraEdit {
    /// The orchestra as it shall be, with its new `revision`, `schedule_rev` and `next_fire_at`.
    pub orchestra: Orchestra,
    /// The revision that the editor has read.
    pub expected_revision: u32,
    /// The watermark that the editor has read; a slot may have fired since.
    pub expected_next_fire_at: Option<DateTime<Utc>>,
    /// Rows that cover the slots which the edit passes over.
    pub ledger: Vec<Firing>,
}

/// An orchestra with a slot that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueSchedule {
    /// The orchestra.
    pub orchestra: Orchestra,
    /// Whether its workspace is paused.
    pub paused: bool,
}

/// What becomes of the slots from the watermark on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fire {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The orchestra.
    pub orchestra_id: OrchestraId,
    /// The schedule that the scheduler has read.
    pub schedule_rev: u32,
    /// The watermark that the scheduler has read.
    pub expected: DateTime<Utc>,
    /// The new watermark.
    pub next_fire_at: Option<DateTime<Utc>>,
    /// What becomes of the slots between, in their order.
    pub entries: Vec<FireEntry>,
}

/// What becomes of one slot, or of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FireEntry {
    /// The slot, or the first of the range.
    pub slot: DateTime<Utc>,
    /// The last of the range.
    pub until_slot: DateTime<Utc>,
    /// How many slots.
    pub count: u64,
    /// How late the scheduler decides.
    pub late_ms: i64,
    /// What to do.
    pub plan: SlotPlan,
}

/// What a scheduler wants to become of a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotPlan {
    /// Enqueue a run, if the overlap policy of the orchestra lets it in.
    Play(Box<NewRun>),
    /// Only write down why none is played.
    Note {
        /// The outcome.
        outcome: FiringOutcome,
        /// Why.
        reason: Option<String>,
    },
}

/// What became of a [`Fire`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FireAnswer {
    /// The watermark moved and the ledger has these rows.
    Fired(Vec<Firing>),
    /// The orchestra is not as the scheduler has read it: disabled, edited, deleted, or fired by another. Nothing was
    /// written.
    Stale,
}

/// Durable home of orchestras and of the fire ledger. See the [rules for every method](super).
#[async_trait]
pub trait OrchestraStore: Send + Sync + 'static {
    /// Stores a new orchestra.
    ///
    /// # Contract
    /// - **an_orchestra_reads_back_equal**: every field.
    /// - **an_orchestra_id_is_never_given_again**: a taken or deleted id is a conflict. Repeating the very same call
    ///   is one too; whoever lost the answer reads the orchestra and compares.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Unavailable`].
    async fn create_orchestra(&self, orchestra: &Orchestra) -> Result<(), StoreError>;

    /// Returns an orchestra with its live runs counted.
    ///
    /// # Contract
    /// - **an_orchestra_is_found_in_its_workspace_only**.
    /// - **live_runs_are_counted**: active and held apart, exactly up to 1,000 of both together; a store may stop there, so
    ///   that a page does not cost what a backlog is long.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn orchestra(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Result<OrchestraState, StoreError>;

    /// Returns an orchestra without a look at its runs: what those ask who enqueue and play. Its cost does not follow from
    /// how many runs are live, or were a moment ago.
    ///
    /// # Contract
    /// - **a_bare_orchestra_is_the_whole_orchestra**: every field as [`orchestra`](Self::orchestra) has it, and found where
    ///   that finds it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn bare_orchestra(
        &self,
        workspace: &WorkspaceId,
        id: &OrchestraId,
    ) -> Result<Orchestra, StoreError>;

    /// Lists orchestras in the order of ids, those after `after`.
    ///
    /// # Contract
    /// - **orchestras_are_listed_in_pages**: each once, none that was deleted.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`], [`StoreError::Corrupt`].
    async fn orchestras(
        &self,
        workspace: &WorkspaceId,
        after: Option<&OrchestraId>,
        limit: u32,
    ) -> Result<Vec<OrchestraState>, StoreError>;

    /// Edits an orchestra and covers the slots that the edit passes over.
    ///
    /// # Contract
    /// - **an_edit_is_compared**: another revision or watermark than the expected one is a conflict, and nothing
    ///   changes.
    /// - **an_edit_covers_its_slots**: the ledger rows are written with it.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`], [`StoreError::Unavailable`].
    async fn edit_orchestra(&self, edit: &OrchestraEdit) -> Result<(), StoreError>;

    /// Deletes an orchestra. Its runs and its ledger stay readable.
    ///
    /// # Contract
    /// - **only_a_quiet_orchestra_is_deleted**: enabled or with live runs is a conflict; its runs stay readable.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Conflict`], [`StoreError::Unavailable`].
    async fn delete_orchestra(&self, workspace: &WorkspaceId, id: &OrchestraId) -> Result<(), StoreError>;

    /// Returns enabled orchestras whose watermark is at or before `now`, the oldest first, at most `limit`, and the
    /// earliest watermark after `now`.
    ///
    /// # Contract
    /// - **due_schedules_are_enabled_and_due**: of every workspace, oldest first, and no others.
    /// - **due_schedules_tell_the_next_moment**.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]. A record that makes no sense is left out, not an error.
    async fn due_schedules(
        &self,
        now: DateTime<Utc>,
        limit: u32,
    ) -> Result<(Vec<DueSchedule>, Option<DateTime<Utc>>), StoreError>;

    /// Fires: compares, moves the watermark, writes the ledger, enqueues the runs. Answers in the order of `fires`;
    /// each is applied wholly or not at all, whatever becomes of the others.
    ///
    /// # Contract
    /// - **a_slot_fires_once**: a second call with the same watermark is stale, however many schedulers call at once.
    /// - **a_disabled_or_edited_orchestra_does_not_fire**: another `schedule_rev`, or disabled, is stale.
    /// - **fire_writes_the_ledger_and_the_run_together**: both or none.
    /// - **overlap_decides_what_a_slot_becomes**: as [`admit_slot`](crate::domain::admit_slot) says, counting what
    ///   earlier entries of the same call enqueued.
    /// - **a_very_late_slot_is_written_down**: lateness of years is kept exactly.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]: unknown whether it happened; read the schedules again.
    async fn fire(&self, fires: &[Fire], now: DateTime<Utc>) -> Result<Vec<FireAnswer>, StoreError>;

    /// Lists the ledger of an orchestra, the latest slot first, rows whose slot is before `before`.
    ///
    /// # Contract
    /// - **the_ledger_is_listed_latest_first_in_pages**: also after the orchestra was deleted.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there never was such an orchestra; [`StoreError::Unavailable`].
    async fn firings(
        &self,
        workspace: &WorkspaceId,
        orchestra_id: &OrchestraId,
        before: Option<DateTime<Utc>>,
        limit: u32,
    ) -> Result<Vec<Firing>, StoreError>;

    /// Deletes ledger rows whose last slot is before `before`, at most `limit`; returns how many.
    ///
    /// # Contract
    /// - **prune_firings_deletes_only_old_rows**.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn prune_firings(&self, before: DateTime<Utc>, limit: u32) -> Result<u32, StoreError>;
}

impl FireAnswer {
    /// Returns the runs that were enqueued.
    pub fn runs(&self) -> impl Iterator<Item = RunId> + '_ {
        let rows: &[Firing] = match self {
            Self::Fired(rows) => rows,
            Self::Stale => &[],
        };
        rows.iter().filter_map(|row| row.run_id)
    }
}

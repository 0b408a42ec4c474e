//! The role that tells what changed, as hints: who hears one reads the record.

use async_trait::async_trait;

use super::StoreError;
use crate::domain::{AgentId, OrchestraId, RunId, ScoreId, WorkspaceId};

/// A record that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The tenant.
    pub workspace: WorkspaceId,
    /// The record.
    pub changed: Changed,
}

/// Which record changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Runs may have become due: enqueued, fired, let go, woken or given back. Tells workers to look.
    Due,
    /// A live run was signalled, asked to end, or ended over its worker's head. Tells its worker to look.
    Signal {
        /// The orchestra.
        orchestra_id: OrchestraId,
        /// The run.
        run_id: RunId,
    },
    /// A run was enqueued, claimed, parked, let go, signalled, went on or ended: what readers see of it is new.
    Run {
        /// The orchestra.
        orchestra_id: OrchestraId,
        /// The run.
        run_id: RunId,
    },
    /// An orchestra was created, edited, fired or deleted.
    Orchestra(OrchestraId),
    /// A score got a version or was deleted.
    Score(ScoreId),
    /// An agent got a version or was deleted.
    Agent(AgentId),
    /// The workspace was paused or resumed.
    Workspace,
}

/// Hears of changes from the moment of its making.
#[async_trait]
pub trait ChangeStream: Send {
    /// Waits for the next change. `None` means that some were missed: read everything anew. Dropping the future loses
    /// no change.
    async fn next(&mut self) -> Option<Change>;
}

/// Tells what changed. See the [rules for every method](super).
#[async_trait]
pub trait EventStore: Send + Sync + 'static {
    /// Begins to listen.
    ///
    /// # Contract
    /// - **a_change_is_told_after_it_is_readable**: who hears of it and reads, reads the new state.
    /// - **every_kind_of_change_is_told**.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    async fn changes(&self) -> Result<Box<dyn ChangeStream>, StoreError>;
}

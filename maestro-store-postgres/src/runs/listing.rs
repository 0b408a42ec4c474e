//! Pages of runs: the shape of the statement follows the filter.
//!
//! It finds ids alone, each along an index that ends early: runs by id, runs that ended oddly, live runs.

use maestro_core::{
    domain::{RunId, RunStatus, WorkspaceId},
    ports::store::RunFilter,
};
use sea_query::{
    Alias, Condition, Expr, ExprTrait, Iden, JoinType, Order, PostgresQueryBuilder, Query, SelectStatement,
    UnionType,
};
use sea_query_sqlx::{SqlxBinder, SqlxValues};

use super::prune::{first_id_after, last_id_before};
use crate::columns::{moment, uuid};

#[derive(Clone, Copy, Iden)]
enum Runs {
    Table,
    WorkspaceId,
    Id,
    OrchestraId,
    Trigger,
    QueuedAt,
    Status,
}

#[derive(Clone, Copy, Iden)]
enum LiveRuns {
    Table,
    WorkspaceId,
    OrchestraId,
    RunId,
    State,
    StartedAt,
}

#[derive(Clone, Copy, Iden)]
enum RunAlerts {
    Table,
    WorkspaceId,
    OrchestraId,
    RunId,
    Status,
}

/// The part of a page that one index leads to.
#[derive(Clone, Copy, Iden)]
struct Part;

/// Which runs of a workspace to read.
pub(crate) struct Page<'a> {
    pub(crate) schema: &'a str,
    pub(crate) workspace: &'a WorkspaceId,
    pub(crate) filter: &'a RunFilter,
    pub(crate) before: Option<RunId>,
    pub(crate) limit: u32,
}

impl Page<'_> {
    /// Returns the statement that finds the ids of the page, and its values; `None` when there can be none.
    pub(crate) fn statement(&self) -> Option<(String, SqlxValues)> {
        if self.filter.trigger.as_ref().is_some_and(|trigger| trigger.contains('\0')) {
            return None; // a text that no row can have, and no server takes
        }
        let mut parts = self.parts();
        if parts.len() == 1 {
            return Some(parts.remove(0).build_sqlx(PostgresQueryBuilder));
        }
        let mut parts = parts.into_iter().map(part);
        let mut ids = parts.next()?;
        for part in parts {
            ids.union(UnionType::All, part);
        }
        let mut page = Query::select();
        page.column(Runs::Id)
            .from_subquery(ids, Part)
            .order_by(Runs::Id, Order::Desc)
            .limit(self.limit.into());
        Some(page.build_sqlx(PostgresQueryBuilder))
    }

    /// Returns a statement for each index that leads to runs of the statuses asked for.
    fn parts(&self) -> Vec<SelectStatement> {
        let statuses = &self.filter.statuses;
        if statuses.is_empty() {
            return vec![self.all()];
        }
        let (ended, live): (Vec<RunStatus>, Vec<RunStatus>) =
            statuses.iter().partition(|status| status.is_final());
        let names = ended.iter().map(|status| status.name());
        let mut parts = Vec::new();
        if !live.is_empty() {
            parts.push(self.live(&live));
        }
        if ended.contains(&RunStatus::Succeeded) {
            parts.push(self.all().and_where(run(Runs::Status).is_in(names)).take());
        } else if !ended.is_empty() {
            parts.push(
                self.alerts().and_where(Expr::col((RunAlerts::Table, RunAlerts::Status)).is_in(names)).take(),
            );
        }
        parts
    }

    /// Finds runs whatever their status.
    fn all(&self) -> SelectStatement {
        let mut ids = Query::select();
        ids.column((Runs::Table, Runs::Id))
            .from((Alias::new(self.schema), Runs::Table))
            .and_where(run(Runs::WorkspaceId).eq(self.workspace.as_str()))
            .order_by((Runs::Table, Runs::Id), Order::Desc)
            .limit(self.limit.into());
        let RunFilter { orchestra_id, trigger, since, until, .. } = self.filter;
        if let Some(orchestra) = orchestra_id {
            ids.and_where(run(Runs::OrchestraId).eq(orchestra.as_str()));
        }
        if let Some(trigger) = trigger {
            ids.and_where(run(Runs::Trigger).eq(trigger.as_str()));
        }
        // Ids sort by time, roughly: they end the walk over the index, the time itself decides.
        if let Some(since) = since {
            ids.and_where(run(Runs::QueuedAt).gte(moment(*since)))
                .and_where(run(Runs::Id).gte(uuid(last_id_before(*since).as_u128())));
        }
        if let Some(until) = until {
            ids.and_where(run(Runs::QueuedAt).lt(moment(*until)))
                .and_where(run(Runs::Id).lt(uuid(first_id_after(*until).as_u128())));
        }
        if let Some(before) = self.before {
            ids.and_where(run(Runs::Id).lt(uuid(before.as_u128())));
        }
        ids
    }

    /// Finds live runs.
    fn live(&self, statuses: &[RunStatus]) -> SelectStatement {
        let live = |column| Expr::col((LiveRuns::Table, column));
        let due = || live(LiveRuns::State).eq(0_i16);
        let is_any = statuses.iter().fold(Condition::any(), |is_any, status| match status {
            RunStatus::Running => is_any.add(live(LiveRuns::State).eq(1_i16)),
            RunStatus::Waiting => is_any.add(due().and(live(LiveRuns::StartedAt).is_not_null())),
            RunStatus::Queued => is_any
                .add(live(LiveRuns::State).eq(3_i16))
                .add(due().and(live(LiveRuns::StartedAt).is_null())),
            RunStatus::Succeeded | RunStatus::Completed | RunStatus::Failed | RunStatus::Cancelled => is_any,
        });
        let of_run = Condition::all()
            .add(live(LiveRuns::WorkspaceId).equals((Runs::Table, Runs::WorkspaceId)))
            .add(live(LiveRuns::OrchestraId).equals((Runs::Table, Runs::OrchestraId)))
            .add(live(LiveRuns::RunId).equals((Runs::Table, Runs::Id)));
        let mut ids = self.all();
        ids.join(JoinType::InnerJoin, (Alias::new(self.schema), LiveRuns::Table), of_run).cond_where(is_any);
        ids
    }

    /// Finds runs that ended in another way than most do.
    fn alerts(&self) -> SelectStatement {
        let alert = |column| Expr::col((RunAlerts::Table, column));
        let of_run = Condition::all()
            .add(alert(RunAlerts::WorkspaceId).equals((Runs::Table, Runs::WorkspaceId)))
            .add(alert(RunAlerts::OrchestraId).equals((Runs::Table, Runs::OrchestraId)))
            .add(alert(RunAlerts::RunId).equals((Runs::Table, Runs::Id)));
        let mut ids = self.all();
        ids.join(JoinType::InnerJoin, (Alias::new(self.schema), RunAlerts::Table), of_run);
        ids
    }
}

/// Puts a statement in brackets: a union would take its order and limit for its own.
fn part(ids: SelectStatement) -> SelectStatement {
    Query::select().column(Runs::Id).from_subquery(ids, Part).take()
}

fn run(column: Runs) -> Expr {
    Expr::col((Runs::Table, column))
}

#[cfg(test)]
mod tests;

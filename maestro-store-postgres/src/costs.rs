//! The role that keeps what a workspace may spend, and what it has spent.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{
        CostGroup, CostSplit, Costs, Money, OrchestraId, RunId, Spent, Totals, WorkspaceId, WorkspaceSettings,
    },
    ports::store::{ConflictReason, CostStore, StoreError},
};
use sqlx::postgres::PgRow;

use crate::{
    PostgresStore,
    columns::{big, integer, moment},
    error::corrupt,
    rows::{BadRow, Columns},
};

#[async_trait]
impl CostStore for PostgresStore {
    async fn settings(&self, workspace: &WorkspaceId) -> Result<WorkspaceSettings, StoreError> {
        let settings = self.statement(include_str!("../queries/settings.sql")).bind(workspace.as_str());
        let rows = self.shared.hot.fetch(settings).await?;
        let read = rows.first().map(settings_of).transpose();
        Ok(read.map_err(|bad| corrupt("settings", workspace, bad))?.unwrap_or_default())
    }

    async fn save_settings(
        &self,
        workspace: &WorkspaceId,
        settings: &WorkspaceSettings,
    ) -> Result<(), StoreError> {
        let budget = settings.daily_budget_cents.map(|cents| big("budget", cents)).transpose()?;
        let save = self
            .statement(include_str!("../queries/save_settings.sql"))
            .bind(workspace.as_str())
            .bind(budget)
            .bind(settings.default_model.as_str())
            .bind(settings.timezone.name())
            .bind(integer("revision", settings.revision)?)
            .bind(settings.updated_at);
        if self.shared.ordinary.execute(save).await? == 0 {
            return match self.settings(workspace).await? == *settings {
                true => Ok(()), // the call is repeated
                false => Err(StoreError::conflict("settings", workspace, ConflictReason::Changed)),
            };
        }
        let mut news = self.shared.events.news();
        news.workspace(workspace);
        self.shared.events.tell(news);
        Ok(())
    }

    async fn spent(&self, workspace: &WorkspaceId, since: DateTime<Utc>) -> Result<Spent, StoreError> {
        let spent = self.statement(include_str!("../queries/spent.sql"));
        let rows = self.shared.hot.fetch(spent.bind(workspace.as_str()).bind(moment(since))).await?;
        let read = |row: &PgRow| {
            let mut columns = Columns::new(row);
            Ok(Spent { known: Money::from_nanos(columns.value()?), has_unknown: columns.value()? })
        };
        let read = rows.first().map(read).transpose();
        Ok(read.map_err(|bad: BadRow| corrupt("costs", workspace, bad))?.unwrap_or_default())
    }

    async fn costs(
        &self,
        workspace: &WorkspaceId,
        by: &CostSplit,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Costs>, StoreError> {
        let days: &[DateTime<Utc>] = if let CostSplit::Days(days) = by { days } else { &[] };
        let costs = self
            .statement(include_str!("../queries/costs.sql"))
            .bind(workspace.as_str())
            .bind(by.by().name())
            .bind(moment(since))
            .bind(moment(until))
            .bind(days);
        let rows = self.shared.ordinary.fetch(costs).await?;
        let read = rows.iter().map(|row| costs_of(row, by)).collect::<Result<_, _>>();
        read.map_err(|bad| corrupt("costs", workspace, bad))
    }

    async fn budget_waits(&self, limit: u32) -> Result<Vec<(WorkspaceId, RunId)>, StoreError> {
        let waits = self.statement(include_str!("../queries/budget_waits.sql")).bind(i64::from(limit));
        let read = |row: &PgRow| {
            let mut columns = Columns::new(row);
            Ok((columns.word()?, columns.id(RunId::from_u128)?))
        };
        let rows = self.shared.ordinary.fetch(waits).await?;
        let read = rows.iter().map(read).collect::<Result<_, _>>();
        read.map_err(|bad: BadRow| corrupt("run", "", bad))
    }

    async fn prune_costs(&self, before: DateTime<Utc>, limit: u32) -> Result<u32, StoreError> {
        let prune = self.statement(include_str!("../queries/prune_costs.sql"));
        let pruned = self.shared.ordinary.execute(prune.bind(moment(before)).bind(i64::from(limit))).await?;
        Ok(u32::try_from(pruned).unwrap_or(u32::MAX))
    }
}

fn settings_of(row: &PgRow) -> Result<WorkspaceSettings, BadRow> {
    let mut columns = Columns::new(row);
    Ok(WorkspaceSettings {
        daily_budget_cents: columns.some_number()?,
        default_model: columns.value::<Option<String>>()?.unwrap_or_default(),
        timezone: columns.word()?,
        revision: columns.count()?,
        updated_at: columns.some_moment()?,
    })
}

fn costs_of(row: &PgRow, by: &CostSplit) -> Result<Costs, BadRow> {
    let mut columns = Columns::new(row);
    let (name, node, day): (Option<&str>, Option<&str>, Option<i32>) =
        (columns.value()?, columns.value()?, columns.value()?);
    let needed = |name: Option<&str>| name.map(str::to_owned).ok_or_else(|| BadRow::new("a name is missing"));
    let group = match by {
        CostSplit::Days(days) => {
            let place = day.and_then(|day| usize::try_from(day - 1).ok());
            let start = place.and_then(|place| days.get(place)).copied();
            CostGroup::Day(start.ok_or_else(|| BadRow::new("a day that was not asked for"))?)
        }
        CostSplit::Models => CostGroup::Model(name.map(str::to_owned)),
        CostSplit::Orchestras => CostGroup::Orchestra(OrchestraId::new(needed(name)?).map_err(BadRow::new)?),
        CostSplit::Nodes => CostGroup::Node {
            score_id: needed(name)?.parse().map_err(BadRow::new)?,
            node: needed(node)?.parse().map_err(BadRow::new)?,
        },
    };
    let mut number = || Ok::<_, BadRow>(columns.some_number()?.unwrap_or(0));
    let (calls, unpriced_calls) = (number()?, number()?);
    let mut totals = Totals {
        input_tokens: number()?,
        output_tokens: number()?,
        cache_read_tokens: number()?,
        cache_write_tokens: number()?,
        has_unknown: unpriced_calls > 0,
        ..Totals::default()
    };
    totals.known = Money::from_nanos(columns.value()?);
    Ok(Costs { group, calls, unpriced_calls, totals })
}

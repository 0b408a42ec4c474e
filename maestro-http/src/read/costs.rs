//! Sums of costs.

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{domain, engine::Workspace};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::{
    problem::Problem,
    wire::{Costs, CostsBy, Moment, Page},
};

/// How many days are summed up when the request does not say.
const DAYS: i64 = 30;

/// Which costs to sum up.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CostsQuery {
    /// By what. Default `day`.
    #[param(value_type = Option<CostsBy>)]
    pub(crate) by: Option<CostsBy>,
    /// What was billed at or after this. Default 30 days before `until`.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub(crate) since: Option<Moment>,
    /// What was billed before this. Default now.
    #[param(value_type = Option<DateTime<Utc>>)]
    pub(crate) until: Option<Moment>,
}

/// Returns what was billed, in one page.
pub(crate) async fn costs(
    workspace: &Workspace,
    asked: &CostsQuery,
    now: DateTime<Utc>,
) -> Result<Page<Costs>, Problem> {
    let until = asked.until.map_or(now, |Moment(until)| until);
    let since = asked.since.map_or(until - TimeDelta::days(DAYS), |Moment(since)| since);
    let by = asked.by.map_or(domain::CostsBy::Day, |CostsBy(by)| by);
    let found = workspace.costs(by, since, until).await?;
    Ok(Page { items: found.into_iter().map(Costs::from).collect(), next_cursor: None })
}

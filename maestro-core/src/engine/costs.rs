//! What a workspace has spent, as people ask for it.

use chrono::{DateTime, Utc};

use super::{Error, Workspace};
use crate::domain::{CostSplit, Costs, CostsBy, Day, Spent};

/// The most days that are told one by one: ten years.
const MOST_DAYS: usize = 3_660;

impl Workspace {
    /// Sums up what was billed at or after `since` and before `until`: by day in the zone of the
    /// [settings](Self::settings), by model, by orchestra or by node. What was billed nothing is left out. Runs that were
    /// deleted count as long as `cost_retention` says.
    ///
    /// A sum whose `unpriced_calls` is not 0 is what is known of the cost, not the whole.
    ///
    /// # Errors
    /// [`Error::Invalid`] for more than 3,660 days; [`Error::Store`].
    pub async fn costs(
        &self,
        by: CostsBy,
        since: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<Vec<Costs>, Error> {
        let split = match by {
            CostsBy::Day => CostSplit::Days(self.days(since, until).await?),
            CostsBy::Model => CostSplit::Models,
            CostsBy::Orchestra => CostSplit::Orchestras,
            CostsBy::Node => CostSplit::Nodes,
        };
        Ok(self.shared.store.costs(&self.id, &split, since, until).await?)
    }

    /// Returns what was billed since the beginning of the day, in the zone of the [settings](Self::settings): what the
    /// budget of the day is compared with.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn spent_today(&self) -> Result<Spent, Error> {
        let zone = self.settings().await?.timezone;
        Ok(self.shared.store.spent(&self.id, Day::of(zone, self.shared.now()).start).await?)
    }

    async fn days(&self, since: DateTime<Utc>, until: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>, Error> {
        let zone = self.settings().await?.timezone;
        let days = Day::between(zone, since, until, MOST_DAYS + 1);
        if days.len() > MOST_DAYS {
            return Err(Error::invalid("since", "ask for at most 3,660 days at once"));
        }
        Ok(days.into_iter().map(|day| day.start).collect())
    }
}

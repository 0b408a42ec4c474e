//! Firing: compare, move the watermark, write the ledger, enqueue the runs, in one statement for many orchestras.

mod columns;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::FiringOutcome,
    ports::store::{Fire, FireAnswer, SlotPlan, StoreError},
};
use sqlx::Row;

use self::columns::Columns;
use super::row;
use crate::{PostgresStore, error::failed};

impl PostgresStore {
    /// Fires. A statement cannot change a row twice, so an orchestra that is named again waits for the next one; no
    /// scheduler does that, and so there is one.
    pub(super) async fn fire_all(
        &self,
        fires: &[Fire],
        now: DateTime<Utc>,
    ) -> Result<Vec<FireAnswer>, StoreError> {
        let mut answers = vec![FireAnswer::Stale; fires.len()];
        let mut left: Vec<usize> = (0..fires.len()).collect();
        while !left.is_empty() {
            let mut named = HashSet::new();
            let is_first = |index: &usize| {
                let Fire { workspace, orchestra_id, .. } = &fires[*index];
                named.insert((workspace, orchestra_id))
            };
            let (batch, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(is_first);
            self.fire_once(fires, &batch, now, &mut answers).await?;
            left = rest;
        }
        Ok(answers)
    }

    /// Fires orchestras that are all different.
    async fn fire_once(
        &self,
        fires: &[Fire],
        batch: &[usize],
        now: DateTime<Utc>,
        answers: &mut [FireAnswer],
    ) -> Result<(), StoreError> {
        let mut columns = Columns::default();
        for index in batch {
            columns.push(&fires[*index])?;
        }
        let fire = columns.bind(self.statement(include_str!("../../queries/fire.sql")).bind(now));
        let rows = self.shared.hot.fetch(fire).await?;
        for row in &rows {
            let number: i64 = row.try_get("fire").map_err(failed)?;
            let index = usize::try_from(number - 1).ok().and_then(|place| batch.get(place));
            let Some(index) = index else { continue };
            if answers[*index] == FireAnswer::Stale {
                answers[*index] = FireAnswer::Fired(Vec::with_capacity(fires[*index].entries.len()));
            }
            if let (FireAnswer::Fired(ledger), Some(firing)) =
                (&mut answers[*index], row::firing(row, &fires[*index].orchestra_id)?)
            {
                ledger.push(firing);
            }
        }
        self.tell_of_fires(batch.iter().map(|index| (&fires[*index], &answers[*index])));
        Ok(())
    }

    fn tell_of_fires<'f>(&self, fires: impl Iterator<Item = (&'f Fire, &'f FireAnswer)>) {
        let mut news = self.shared.events.news();
        for (fire, answer) in fires {
            let FireAnswer::Fired(rows) = answer else { continue };
            news.orchestra(&fire.workspace, &fire.orchestra_id);
            for (entry, firing) in fire.entries.iter().zip(rows) {
                let SlotPlan::Play(new) = &entry.plan else { continue };
                if firing.run_id == Some(new.run.run_id) {
                    news.run(&new.run);
                    if firing.outcome == FiringOutcome::Fired {
                        news.due(&fire.workspace);
                    }
                }
            }
        }
        self.shared.events.tell(news);
    }
}

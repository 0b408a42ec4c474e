//! Firing: compare, move the watermark, write the ledger, enqueue the runs, of many orchestras at once.

mod columns;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::FiringOutcome,
    ports::store::{Fire, FireAnswer, SlotPlan, StoreError},
};
use sqlx::{Postgres, Row, postgres::PgArguments, query::Query};

use self::columns::Columns;
use super::row;
use crate::{
    PostgresStore,
    error::failed,
    runs::{GATES, gate_of},
};

type Statement<'q> = Query<'q, Postgres, PgArguments>;

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

    /// Fires orchestras that are all different: two statements and a commit, whatever their number.
    async fn fire_once(
        &self,
        fires: &[Fire],
        batch: &[usize],
        now: DateTime<Utc>,
        answers: &mut [FireAnswer],
    ) -> Result<(), StoreError> {
        let mut columns = Columns::default();
        for (number, index) in (0..).zip(batch) {
            columns.push(number, &fires[*index])?;
        }
        let fire = columns.bind(self.statement(include_str!("../../queries/fire.sql")), now)?;
        let lock = self.lock(batch.iter().map(|index| &fires[*index]));
        let hot = &self.shared.hot;
        let mut lane = hot.transaction().await?;
        let fired = async {
            lock.execute(&mut *lane).await?;
            fire.fetch_all(&mut *lane).await
        };
        let fired = hot.in_time(fired).await;
        for row in &lane.settle(fired).await? {
            let number: i64 = row.try_get("fire").map_err(failed)?;
            let place = usize::try_from(number).ok().and_then(|place| batch.get(place));
            let Some(index) = place.copied() else { continue };
            let firing = row::firing(row, &fires[index].orchestra_id)?;
            match &mut answers[index] {
                FireAnswer::Fired(ledger) => ledger.extend(firing),
                stale @ FireAnswer::Stale => *stale = FireAnswer::Fired(firing.into_iter().collect()),
            }
        }
        self.tell_of_fires(batch.iter().map(|index| (&fires[*index], &answers[*index])));
        Ok(())
    }

    /// Returns the statement that makes whoever fires the same schedules, or counts the same live runs, wait.
    fn lock<'f>(&self, fires: impl Iterator<Item = &'f Fire>) -> Statement<'f> {
        let (mut workspaces, mut orchestras, mut gates) = (Vec::new(), Vec::new(), Vec::new());
        for Fire { workspace, orchestra_id, .. } in fires {
            workspaces.push(workspace.as_str());
            orchestras.push(orchestra_id.as_str());
            gates.push(gate_of(self.shared.schema.name(), workspace, orchestra_id));
        }
        let lock = self.statement(include_str!("../../queries/lock_schedules.sql"));
        lock.bind(GATES).bind(workspaces).bind(orchestras).bind(gates)
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
                        self.shared.floors.lower(&fire.workspace, new.due_at);
                    }
                }
            }
        }
        self.shared.events.tell(news);
    }
}

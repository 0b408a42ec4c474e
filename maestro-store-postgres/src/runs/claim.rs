//! Claiming: how a worker becomes the one owner of runs that are due.

use std::time::Duration;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{ClaimId, WorkerId},
    ports::store::{Backlog, ClaimedRun, DueClass, Quota, StoreError},
};
use sqlx::{postgres::PgRow, types::Uuid};

use super::{
    claimed_row::{Claimed, Unreadable},
    floors::{Place, Start, Took},
    new_rows::{class_number, class_of},
};
use crate::{
    PostgresStore,
    columns::{moment, uuid},
    error::corrupt,
    rows::{BadRow, Columns},
};

impl PostgresStore {
    pub(super) async fn claim_runs(
        &self,
        worker: WorkerId,
        claim: ClaimId,
        now: DateTime<Utc>,
        quotas: &[Quota],
    ) -> Result<Vec<ClaimedRun>, StoreError> {
        if quotas.is_empty() {
            return Ok(Vec::new());
        }
        let began = self.shared.clock.monotonic();
        let starts: Vec<_> = quotas.iter().map(|quota| self.shared.floors.start(quota, began)).collect();
        let (floors, floor_runs) = columns_of(starts.iter().map(|start| start.place()));
        let statement = self
            .statement(include_str!("../../queries/claim.sql"))
            .bind(quotas.iter().map(|quota| quota.workspace.as_str()).collect::<Vec<_>>())
            .bind(quotas.iter().map(|quota| class_number(quota.class)).collect::<Vec<_>>())
            .bind(quotas.iter().map(|quota| i64::from(quota.limit.get())).collect::<Vec<_>>())
            .bind(floors)
            .bind(now)
            .bind(uuid(worker.as_u128()))
            .bind(uuid(claim.as_u128()))
            .bind(floor_runs);
        self.shared.claims.begin(worker, claim, began);
        let rows = self.shared.hot.fetch(statement).await?;
        self.shared.claims.answered(worker, claim);
        let (claimed, odd) = read(&rows);
        self.learn(quotas, &starts, &claimed, now, began);
        self.set_aside(worker, claim, &odd).await?;
        let claimed: Vec<_> = claimed.into_iter().map(|claimed| claimed.run).collect();
        let mut news = self.shared.events.news();
        claimed.iter().for_each(|claimed| news.run(&claimed.run));
        self.shared.events.tell(news);
        Ok(claimed)
    }

    pub(super) async fn runs_of_claim(
        &self,
        worker: WorkerId,
        claim: ClaimId,
    ) -> Result<Vec<ClaimedRun>, StoreError> {
        let statement = self
            .statement(include_str!("../../queries/claimed.sql"))
            .bind(uuid(worker.as_u128()))
            .bind(uuid(claim.as_u128()));
        let rows = self.shared.hot.fetch(statement).await?;
        let (claimed, odd) = read(&rows);
        self.set_aside(worker, claim, &odd).await?;
        Ok(claimed.into_iter().map(|claimed| claimed.run).collect())
    }

    pub(super) async fn due_classes(
        &self,
        now: DateTime<Utc>,
        after: Option<&DueClass>,
        limit: u32,
    ) -> Result<(Vec<DueClass>, Option<DateTime<Utc>>), StoreError> {
        let known = self.shared.floors.outlooks(self.shared.clock.monotonic());
        let (floors, floor_runs) = columns_of(known.iter().map(|queue| queue.from));
        let statement = self
            .statement(include_str!("../../queries/due.sql"))
            .bind(moment(now))
            .bind(after.map(|after| after.workspace.as_str()))
            .bind(after.map(|after| class_number(after.class)))
            .bind(i64::from(limit))
            .bind(known.iter().map(|queue| queue.workspace.as_str()).collect::<Vec<_>>())
            .bind(known.iter().map(|queue| class_number(queue.class)).collect::<Vec<_>>())
            .bind(floors)
            .bind(floor_runs)
            .bind(known.iter().map(|queue| queue.is_sure).collect::<Vec<_>>());
        let rows = self.shared.hot.fetch(statement).await?;
        let (mut due, mut next) = (Vec::new(), None);
        for row in &rows {
            match due_class(row) {
                Ok(Due::Queue(queue)) => due.push(queue),
                Ok(Due::Next(at)) => next = at,
                Err(bad) => self.set_queue_aside(row, &bad).await?,
            }
        }
        // A union promises no order.
        due.sort_by_cached_key(|queue| (after.is_some_and(|after| queue <= after), queue.clone()));
        Ok((due, next))
    }

    pub(super) async fn counted_backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        let statement = self.statement(include_str!("../../queries/backlog.sql")).bind(moment(now));
        let rows = self.shared.ordinary.fetch(statement).await?;
        let read = |row| -> Result<_, BadRow> {
            let mut columns = Columns::new(row);
            let due = columns.value::<i64>()?;
            Ok(Backlog { due: due.unsigned_abs(), oldest_due_at: columns.some_moment()? })
        };
        let backlog = rows.first().map(read).transpose().map_err(|bad| corrupt("queue", "all", &bad))?;
        Ok(backlog.unwrap_or_default())
    }

    fn learn(
        &self,
        quotas: &[Quota],
        starts: &[Start],
        claimed: &[Claimed],
        now: DateTime<Utc>,
        began: Duration,
    ) {
        let ended = self.shared.clock.monotonic();
        for (quota, start) in quotas.iter().zip(starts) {
            let of_quota =
                |one: &&Claimed| one.run.run.workspace == quota.workspace && one.run.class == quota.class;
            let mut took = Took { start: *start, now, count: 0, last: None };
            for one in claimed.iter().filter(of_quota) {
                took.count += 1;
                took.last = took.last.max(Some(Place { due_at: one.due_at, run_id: one.run.run.run_id }));
            }
            self.shared.floors.learn(quota, &took, began, ended);
        }
    }

    /// Takes a queue that nobody can name out of the others' way, as with runs that nobody can play.
    async fn set_queue_aside(&self, row: &PgRow, why: &BadRow) -> Result<(), StoreError> {
        let mut columns = Columns::new(row);
        let name = |bad| corrupt("queue", "", bad);
        let (workspace, class): (&str, i16) =
            (columns.value().map_err(name)?, columns.value().map_err(name)?);
        tracing::error!(workspace, class, reason = %why, "a queue makes no sense; its runs wait until somebody looks");
        let statement =
            self.statement(include_str!("../../queries/set_queue_aside.sql")).bind(workspace).bind(class);
        self.shared.hot.execute(statement).await.map(drop)
    }

    /// Takes runs that nobody can play out of the queue, so that they do not come back with every claim.
    async fn set_aside(
        &self,
        worker: WorkerId,
        claim: ClaimId,
        odd: &[Unreadable],
    ) -> Result<(), StoreError> {
        if odd.is_empty() {
            return Ok(());
        }
        for Unreadable { workspace, run, reason, .. } in odd {
            tracing::error!(workspace, %run, reason, "a run makes no sense; it waits until somebody cancels it");
        }
        let statement = self
            .statement(include_str!("../../queries/set_aside.sql"))
            .bind(odd.iter().map(|odd| odd.workspace.as_str()).collect::<Vec<_>>())
            .bind(odd.iter().map(|odd| odd.orchestra.as_str()).collect::<Vec<_>>())
            .bind(odd.iter().map(|odd| odd.run).collect::<Vec<_>>())
            .bind(uuid(worker.as_u128()))
            .bind(uuid(claim.as_u128()));
        self.shared.hot.execute(statement).await.map(drop)
    }
}

/// Returns places as statements take them.
fn columns_of(places: impl Iterator<Item = Option<Place>>) -> (Vec<Option<DateTime<Utc>>>, Vec<Uuid>) {
    let column = |place: Option<Place>| match place {
        Some(Place { due_at, run_id }) => (Some(moment(due_at)), uuid(run_id.as_u128())),
        None => (None, Uuid::nil()),
    };
    places.map(column).unzip()
}

/// Parts rows that make sense from those that do not.
fn read(rows: &[PgRow]) -> (Vec<Claimed>, Vec<Unreadable>) {
    let (mut claimed, mut odd) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        match Claimed::read(row) {
            Ok(run) => claimed.push(run),
            Err(bad) => odd.extend(Unreadable::read(row, &bad)),
        }
    }
    (claimed, odd)
}

enum Due {
    Queue(DueClass),
    Next(Option<DateTime<Utc>>),
}

fn due_class(row: &PgRow) -> Result<Due, BadRow> {
    let mut columns = Columns::new(row);
    let (workspace, class): (Option<&str>, Option<i16>) = (columns.value()?, columns.value()?);
    let (Some(workspace), Some(class)) = (workspace, class) else {
        // A moment that no clock of ours will ever show is none to wait for.
        return Ok(Due::Next(columns.some_moment().unwrap_or(None)));
    };
    let workspace = workspace.parse().map_err(BadRow::new)?;
    let class = class_of(class).ok_or_else(|| BadRow::new("no such class"))?;
    Ok(Due::Queue(DueClass { workspace, class }))
}

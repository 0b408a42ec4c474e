//! Enqueuing: how runs come to be, once, and all of a call or none.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{NewRun, RunId, WorkspaceId},
    ports::store::{Enqueued, StoreError},
};
use sqlx::{PgConnection, Row};

use super::{
    gate::Gates,
    known::known,
    new_rows::{NewRows, Rules},
};
use crate::{PostgresStore, columns::integer, statement::Schema};

/// The most characters of an idempotency key.
const LONGEST_KEY: usize = 255;
/// How often a call looks again when what was in its way is gone.
const ROUNDS: u32 = 8;

const ACCEPTED: Enqueued = Enqueued::Accepted { held: false };

impl PostgresStore {
    pub(super) async fn enqueue_runs(
        &self,
        runs: &[NewRun],
        now: DateTime<Utc>,
    ) -> Result<Vec<Enqueued>, StoreError> {
        if runs.is_empty() {
            return Ok(Vec::new());
        }
        runs.iter().try_for_each(check)?;
        let (hot, schema) = (&self.shared.hot, &self.shared.schema);
        let answers = if runs.iter().any(has_rules) {
            let mut lane = hot.transaction().await?;
            let answers = hot.in_time(insert_by_rules(&mut lane, schema, runs, now)).await;
            lane.settle(answers).await?
        } else {
            let mut lane = hot.lane().await?;
            let answers = hot.in_time(insert(&mut lane, schema, runs, now)).await;
            lane.settle(answers).await?
        };
        self.tell_of_enqueued(runs, &answers);
        Ok(answers)
    }

    /// Tells of runs that may be new.
    pub(super) fn tell_of_enqueued(&self, runs: &[NewRun], answers: &[Enqueued]) {
        let mut news = self.shared.events.news();
        for (new, answer) in runs.iter().zip(answers) {
            let Enqueued::Accepted { held } = answer else { continue };
            news.run(&new.run);
            if !held {
                news.due(&new.run.workspace);
                self.shared.floors.lower(&new.run.workspace, new.due_at);
            }
        }
        self.shared.events.tell(news);
    }
}

/// Refuses what no statement would take, so that the others cannot fail half-way.
pub(crate) fn check(new: &NewRun) -> Result<(), StoreError> {
    integer("score version", new.score_version)?;
    let Some(key) = &new.key else { return Ok(()) };
    match key.key.chars().count() {
        1..=LONGEST_KEY => Ok(()),
        length => Err(StoreError::NotStorable {
            reason: format!("an idempotency key has 1 to {LONGEST_KEY} characters, not {length}"),
        }),
    }
}

/// Tells whether a run is more than inserted: others must be looked at.
pub(super) fn has_rules(new: &NewRun) -> bool {
    new.key.is_some() || new.max_concurrent_runs.is_some()
}

/// Inserts runs without keys and limits in one statement.
pub(super) async fn insert(
    connection: &mut PgConnection,
    schema: &Schema,
    runs: &[NewRun],
    now: DateTime<Utc>,
) -> Result<Vec<Enqueued>, sqlx::Error> {
    let mut rows = NewRows::default();
    let mut seen = HashSet::with_capacity(runs.len());
    for new in runs {
        if seen.insert(name(new)) {
            rows.push(new);
        }
    }
    let statement = schema.query(include_str!("../../queries/enqueue.sql"));
    rows.bind(statement, now).execute(connection).await?;
    // What was not inserted had been before.
    Ok(vec![ACCEPTED; runs.len()])
}

/// Inserts runs with keys and limits, within a transaction.
pub(super) async fn insert_by_rules(
    connection: &mut PgConnection,
    schema: &Schema,
    runs: &[NewRun],
    now: DateTime<Utc>,
) -> Result<Vec<Enqueued>, sqlx::Error> {
    let limited = runs.iter().filter(|new| new.max_concurrent_runs.is_some());
    let gates = Gates::of(schema, limited.map(|new| (&new.run.workspace, &new.run.orchestra_id)));
    gates.lock(connection, schema).await?;
    let mut answers: Vec<Option<Enqueued>> = vec![None; runs.len()];
    for _ in 0..ROUNDS {
        let batch = next_batch(runs, &answers);
        if batch.is_empty() {
            break;
        }
        let made = insert_batch(connection, schema, runs, &batch, now).await?;
        let mut others = Vec::new();
        for (place, index) in batch.into_iter().enumerate() {
            match made.get(&place) {
                Some(held) => answers[index] = Some(Enqueued::Accepted { held: *held }),
                None => others.push(index),
            }
        }
        if !others.is_empty() {
            let asked: Vec<_> = others.iter().map(|index| &runs[*index]).collect();
            let found = known(connection, schema, &asked).await?;
            others.into_iter().zip(found).for_each(|(index, answer)| answers[index] = answer);
        }
    }
    let answers: Option<Vec<_>> = answers.into_iter().collect();
    answers.ok_or_else(|| sqlx::Error::Protocol("idempotency keys change hands all the time".to_owned()))
}

/// Returns the runs that have no answer yet, but no run and no key twice: what the first becomes decides on the second.
fn next_batch(runs: &[NewRun], answers: &[Option<Enqueued>]) -> Vec<usize> {
    let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
    let open = (0..runs.len()).filter(|index| answers[*index].is_none());
    let is_first = |index: &usize| {
        let NewRun { run, key, .. } = &runs[*index];
        ids.insert(name(&runs[*index]))
            && key.as_ref().is_none_or(|key| keys.insert((&run.workspace, &run.orchestra_id, &key.key)))
    };
    open.filter(is_first).collect()
}

/// Inserts runs; returns the places in the batch of those that were made, and whether they are held.
async fn insert_batch(
    connection: &mut PgConnection,
    schema: &Schema,
    runs: &[NewRun],
    batch: &[usize],
    now: DateTime<Utc>,
) -> Result<HashMap<usize, bool>, sqlx::Error> {
    let (mut rows, mut rules) = (NewRows::default(), Rules::default());
    for (row, index) in batch.iter().enumerate() {
        rows.push(&runs[*index]);
        rules.set(row, &runs[*index]);
    }
    let statement = schema.query(include_str!("../../queries/enqueue_with_rules.sql"));
    let rows = rules.bind(rows.bind(statement, now)).fetch_all(connection).await?;
    let mut made = HashMap::with_capacity(rows.len());
    for row in &rows {
        let place = usize::try_from(row.try_get::<i64, _>(0)? - 1).unwrap_or(usize::MAX);
        made.insert(place, row.try_get::<i16, _>(1)? == HELD);
    }
    Ok(made)
}

/// The state of a live run that waits for others.
pub(super) const HELD: i16 = 3;

fn name(new: &NewRun) -> (&WorkspaceId, RunId) {
    (&new.run.workspace, new.run.run_id)
}

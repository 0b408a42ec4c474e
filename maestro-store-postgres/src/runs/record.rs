//! Recording: the one door for what workers write.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Disposition, RunRecord},
    ports::store::{RecordAnswer, StoreError},
};
use sqlx::{
    PgConnection, Postgres, Row,
    postgres::{PgArguments, PgRow},
    query::Query,
};

use super::{record_rows::RecordRows, repeats::answer_repeats};
use crate::PostgresStore;

impl PostgresStore {
    pub(super) async fn apply_records(
        &self,
        records: &[RunRecord],
        now: DateTime<Utc>,
    ) -> Result<Vec<RecordAnswer>, StoreError> {
        if records.is_empty() {
            return Ok(Vec::new());
        }
        records.iter().try_for_each(check)?;
        let batches = batches(records);
        let mut statements = Vec::with_capacity(batches.len());
        for batch in &batches {
            let mut rows = RecordRows::default();
            batch.iter().try_for_each(|index| rows.push(&records[*index]))?;
            statements.push(rows.bind(self.statement(include_str!("../../queries/record.sql")), now));
        }
        let mut answers = vec![None; records.len()];
        let hot = &self.shared.hot;
        // Records of a run that come together are applied together: a value that is refused takes all along.
        let mut lane = if batches.len() > 1 { hot.transaction().await? } else { hot.lane().await? };
        let applied = async {
            for (batch, statement) in batches.iter().zip(statements) {
                self.apply(&mut lane, statement, records, batch, &mut answers).await?;
            }
            Ok(())
        };
        let applied = self.shared.hot.in_time(applied).await;
        lane.settle(applied).await?;
        self.tell_of_records(records, &answers);
        Ok(answers.into_iter().map(|answer| answer.unwrap_or(RecordAnswer::LeaseLost)).collect())
    }

    /// Applies records of different runs, in the order in which every statement locks.
    async fn apply(
        &self,
        connection: &mut PgConnection,
        statement: Query<'_, Postgres, PgArguments>,
        records: &[RunRecord],
        batch: &[usize],
        answers: &mut [Option<RecordAnswer>],
    ) -> Result<(), sqlx::Error> {
        for row in statement.fetch_all(&mut *connection).await? {
            let (place, answer) = applied(&row)?;
            if let Some(index) = batch.get(place) {
                answers[*index] = Some(answer);
            }
        }
        let open: Vec<usize> = batch.iter().copied().filter(|index| answers[*index].is_none()).collect();
        if !open.is_empty() {
            answer_repeats(connection, &self.shared.schema, records, &open, answers).await?;
        }
        Ok(())
    }

    fn tell_of_records(&self, records: &[RunRecord], answers: &[Option<RecordAnswer>]) {
        let mut news = self.shared.events.news();
        for (record, answer) in records.iter().zip(answers) {
            let Some(RecordAnswer::Applied { done, .. }) = answer else { continue };
            news.run(&record.run);
            let wake_at = match &record.disposition {
                Disposition::Park { wake_at, .. } if *done => *wake_at,
                Disposition::Falter { wake_at } => Some(*wake_at),
                Disposition::Park { .. } | Disposition::Continue | Disposition::Finish(_) => continue,
            };
            news.due(&record.run.workspace);
            wake_at.into_iter().for_each(|at| self.shared.floors.lower(&record.run.workspace, at));
        }
        self.shared.events.tell(news);
    }
}

/// Refuses what no row can hold.
fn check(record: &RunRecord) -> Result<(), StoreError> {
    match &record.disposition {
        Disposition::Finish(finish) if !finish.status.is_final() => Err(StoreError::NotStorable {
            reason: format!(
                "{} ends with the status {}, which is not final",
                record.run.run_id, finish.status
            ),
        }),
        Disposition::Finish(_)
        | Disposition::Park { .. }
        | Disposition::Falter { .. }
        | Disposition::Continue => Ok(()),
    }
}

/// Parts records into batches in which each run stands once, sorted by run. There is one, unless a caller sends several
/// records of a run at once.
fn batches(records: &[RunRecord]) -> Vec<Vec<usize>> {
    let mut left: Vec<usize> = (0..records.len()).collect();
    left.sort_by(|one, two| records[*one].run.cmp(&records[*two].run)); // stable: records of a run stay in their order
    let mut batches = Vec::new();
    while !left.is_empty() {
        let mut runs = HashSet::with_capacity(left.len());
        let (batch, rest) = left.into_iter().partition(|index| runs.insert(&records[*index].run));
        batches.push(batch);
        left = rest;
    }
    batches
}

/// Reads what became of the record at a place of its batch.
fn applied(row: &PgRow) -> Result<(usize, RecordAnswer), sqlx::Error> {
    let (place, signals): (i32, i32) = (row.try_get(0)?, row.try_get(2)?);
    let answer = RecordAnswer::Applied {
        done: row.try_get(1)?,
        signals: u32::try_from(signals).unwrap_or(0),
        cancel: row.try_get(3)?,
    };
    Ok((usize::try_from(place - 1).unwrap_or(usize::MAX), answer))
}

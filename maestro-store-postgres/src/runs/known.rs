//! Runs that were not made: what stands in their way.

use maestro_core::{
    domain::{NewRun, RunId},
    ports::store::Enqueued,
};
use sqlx::{PgConnection, Row};
use uuid::Uuid;

use crate::{
    columns::{Sparse, uuid},
    statement::Schema,
};

/// Looks up runs; `None` where nothing is in the way any more, as when a key was pruned a moment ago.
pub(super) async fn known(
    connection: &mut PgConnection,
    schema: &Schema,
    runs: &[&NewRun],
) -> Result<Vec<Option<Enqueued>>, sqlx::Error> {
    let mut keys = Sparse::default();
    let mut hashes = Sparse::default();
    for (row, new) in runs.iter().enumerate() {
        keys.set(row, new.key.as_ref().map(|key| key.key.as_str()));
        hashes.set(row, new.key.as_ref().map(|key| key.request_hash.cast_signed()));
    }
    let rows = schema
        .query(include_str!("../../queries/known_runs.sql"))
        .bind(runs.iter().map(|new| new.run.workspace.as_str()).collect::<Vec<_>>())
        .bind(runs.iter().map(|new| uuid(new.run.run_id.as_u128())).collect::<Vec<_>>())
        .bind(runs.iter().map(|new| new.run.orchestra_id.as_str()).collect::<Vec<_>>())
        .bind(keys.into_values())
        .bind(hashes.into_values())
        .fetch_all(connection)
        .await?;
    let mut answers = Vec::with_capacity(rows.len());
    for row in &rows {
        let is_there: bool = row.try_get(0)?;
        let owner: Option<Uuid> = row.try_get(1)?;
        let same_request: Option<bool> = row.try_get(2)?;
        let duplicate = owner.map(|id| Enqueued::Duplicate {
            run_id: RunId::from_u128(id.as_u128()),
            same_request: same_request.unwrap_or(false),
        });
        answers.push(if is_there { Some(Enqueued::Accepted { held: false }) } else { duplicate });
    }
    Ok(answers)
}

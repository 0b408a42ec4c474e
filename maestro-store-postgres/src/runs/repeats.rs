//! Repeated records: an answer can get lost, and then the same record comes again.

use maestro_core::{
    domain::{Disposition, RunRecord},
    ports::store::RecordAnswer,
};
use sqlx::{PgConnection, Row, postgres::PgRow};

use crate::{
    columns::{compared, uuid},
    statement::Schema,
};

/// Answers records that were not applied now, if they were before.
pub(super) async fn answer_repeats(
    connection: &mut PgConnection,
    schema: &Schema,
    records: &[RunRecord],
    open: &[usize],
    answers: &mut [Option<RecordAnswer>],
) -> Result<(), sqlx::Error> {
    let asked = || open.iter().map(|index| &records[*index]);
    let rows = schema
        .query(include_str!("../../queries/recorded.sql"))
        .bind(asked().map(|record| record.run.workspace.as_str()).collect::<Vec<_>>())
        .bind(asked().map(|record| record.run.orchestra_id.as_str()).collect::<Vec<_>>())
        .bind(asked().map(|record| uuid(record.run.run_id.as_u128())).collect::<Vec<_>>())
        .bind(asked().map(|record| uuid(record.worker.as_u128())).collect::<Vec<_>>())
        .bind(asked().map(|record| compared(record.claim_no)).collect::<Vec<_>>())
        .bind(asked().map(|record| compared(record.seq)).collect::<Vec<_>>())
        .fetch_all(connection)
        .await?;
    for (index, row) in open.iter().zip(&rows) {
        answers[*index] = Some(known(row, &records[*index])?);
    }
    Ok(())
}

fn known(row: &PgRow, record: &RunRecord) -> Result<RecordAnswer, sqlx::Error> {
    let by_last_claim: Option<bool> = row.try_get(0)?;
    let by_earlier_claim: bool = row.try_get(1)?;
    if !by_last_claim.unwrap_or(false) && !by_earlier_claim {
        return Ok(RecordAnswer::LeaseLost);
    }
    // Who owns the run still, and has asked to let it go, was refused.
    let is_owner: bool = row.try_get(2)?;
    let lets_go = matches!(record.disposition, Disposition::Park { .. } | Disposition::Falter { .. });
    let was_refused = is_owner && !by_earlier_claim && lets_go;
    let signals: i32 = row.try_get(3)?;
    Ok(RecordAnswer::Applied {
        done: !was_refused,
        signals: u32::try_from(signals).unwrap_or(0),
        cancel: row.try_get(4)?,
    })
}

//! Rows of steps.

use maestro_core::domain::{Failure, Money, RunStep, Usage};

use crate::rows::{BadRow, Columns};

/// Reads a step: every column from `key` on, in the order of the table.
pub(super) fn read(mut columns: Columns<'_>) -> Result<RunStep, BadRow> {
    let columns = &mut columns;
    Ok(RunStep {
        key: columns.word()?,
        attempt: columns.count()?,
        seq: columns.count()?,
        kind: columns.word()?,
        tool_name: columns.value()?,
        status: columns.word()?,
        input: columns.some_payload()?,
        output: columns.some_payload()?,
        error: failure(columns)?,
        started_at: columns.some_moment()?,
        finished_at: columns.some_moment()?,
        resume_at: columns.some_moment()?,
        generation: columns.count_or_zero()?,
        usage: usage(columns)?,
        model: columns.value()?,
        price: columns.some_document()?,
        cost: columns.value::<Option<i64>>()?.map(Money::from_nanos),
    })
}

/// Reads a failure: code and message, or neither.
pub(super) fn failure(columns: &mut Columns<'_>) -> Result<Option<Failure>, BadRow> {
    let (code, message): (Option<String>, Option<String>) = (columns.value()?, columns.value()?);
    Ok(code.map(|code| Failure { code, message: message.unwrap_or_default() }))
}

fn usage(columns: &mut Columns<'_>) -> Result<Option<Usage>, BadRow> {
    let billed: Option<bool> = columns.value()?;
    let usage = Usage {
        input: columns.some_number()?,
        output: columns.some_number()?,
        cache_read: columns.some_number()?,
        cache_write: columns.some_number()?,
        reasoning: columns.some_number()?,
        raw: columns.some_payload()?,
    };
    Ok(billed.unwrap_or(false).then_some(usage))
}

//! Records as lists, one for each column.

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Disposition, Finish, Payload, RunRecord},
    ports::store::StoreError,
};
use sqlx::{Postgres, postgres::PgArguments, query::Query};
use uuid::Uuid;

use super::step_rows::StepRows;
use crate::columns::{Sparse, compared, integer, nonzero, uuid};

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Records to apply.
#[derive(Default)]
pub(super) struct RecordRows<'a> {
    workspaces: Vec<&'a str>,
    orchestras: Vec<&'a str>,
    runs: Vec<Uuid>,
    workers: Vec<Uuid>,
    claim_nos: Vec<i32>,
    seqs: Vec<i32>,
    what: Vec<i16>,
    seen: Sparse<i32>,
    due_at: Sparse<DateTime<Utc>>,
    goes_on: Vec<bool>,
    finishes: FinishRows<'a>,
    steps: StepRows<'a>,
}

/// What ends runs.
#[derive(Default)]
struct FinishRows<'a> {
    statuses: Sparse<&'static str>,
    outputs: Sparse<&'a str>,
    results: Sparse<&'a str>,
    error_codes: Sparse<&'a str>,
    error_messages: Sparse<&'a str>,
    input_tokens: Sparse<i64>,
    output_tokens: Sparse<i64>,
    cache_read_tokens: Sparse<i64>,
    cache_write_tokens: Sparse<i64>,
    costs: Sparse<i64>,
    cost_unknown: Sparse<bool>,
}

impl<'a> RecordRows<'a> {
    pub(super) fn push(&mut self, record: &'a RunRecord) -> Result<(), StoreError> {
        let row = self.runs.len();
        let workspace = record.run.workspace.as_str();
        self.workspaces.push(workspace);
        self.orchestras.push(record.run.orchestra_id.as_str());
        self.runs.push(uuid(record.run.run_id.as_u128()));
        self.workers.push(uuid(record.worker.as_u128()));
        self.claim_nos.push(compared(record.claim_no));
        self.seqs.push(integer("record number", record.seq)?);
        let what = match &record.disposition {
            Disposition::Continue => 0,
            Disposition::Finish(finish) => {
                self.finishes.set(row, finish)?;
                1
            }
            Disposition::Park { wake_at, signals_seen } => {
                self.seen.set(row, Some(compared(*signals_seen)));
                self.due_at.set(row, *wake_at);
                2
            }
            Disposition::Falter { wake_at } => {
                self.due_at.set(row, Some(*wake_at));
                3
            }
        };
        self.what.push(what);
        self.goes_on.push(record.goes_on());
        self.steps.push(
            compared(u32::try_from(self.runs.len()).unwrap_or(u32::MAX)),
            workspace,
            &record.steps,
        )
    }

    /// Binds every parameter.
    pub(super) fn bind<'q>(self, statement: Statement<'q>, now: DateTime<Utc>) -> Statement<'q>
    where
        'a: 'q,
    {
        let statement = statement
            .bind(self.workspaces)
            .bind(self.orchestras)
            .bind(self.runs)
            .bind(self.workers)
            .bind(self.claim_nos)
            .bind(self.seqs)
            .bind(self.what)
            .bind(self.seen.into_values())
            .bind(self.due_at.into_values());
        self.steps.bind(self.finishes.bind(statement).bind(now)).bind(self.goes_on)
    }
}

impl<'a> FinishRows<'a> {
    fn set(&mut self, row: usize, finish: &'a Finish) -> Result<(), StoreError> {
        let totals = &finish.totals;
        self.statuses.set(row, Some(finish.status.name()));
        self.outputs.set(row, finish.output.as_deref());
        self.results.set(row, finish.result.as_ref().map(Payload::as_str));
        self.error_codes.set(row, finish.error.as_ref().map(|error| error.code.as_str()));
        self.error_messages.set(row, finish.error.as_ref().map(|error| error.message.as_str()));
        self.input_tokens.set(row, nonzero("tokens", totals.input_tokens)?);
        self.output_tokens.set(row, nonzero("tokens", totals.output_tokens)?);
        self.cache_read_tokens.set(row, nonzero("tokens", totals.cache_read_tokens)?);
        self.cache_write_tokens.set(row, nonzero("tokens", totals.cache_write_tokens)?);
        self.costs.set(row, (totals.known.nanos() != 0).then(|| totals.known.nanos()));
        self.cost_unknown.set(row, totals.has_unknown.then_some(true));
        Ok(())
    }

    /// Binds `$10` to `$20`.
    fn bind<'q>(self, statement: Statement<'q>) -> Statement<'q>
    where
        'a: 'q,
    {
        statement
            .bind(self.statuses.into_values())
            .bind(self.outputs.into_values())
            .bind(self.results.into_values())
            .bind(self.error_codes.into_values())
            .bind(self.error_messages.into_values())
            .bind(self.input_tokens.into_values())
            .bind(self.output_tokens.into_values())
            .bind(self.cache_read_tokens.into_values())
            .bind(self.cache_write_tokens.into_values())
            .bind(self.costs.into_values())
            .bind(self.cost_unknown.into_values())
    }
}

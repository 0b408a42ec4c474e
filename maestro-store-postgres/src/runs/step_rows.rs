//! Steps as lists, one for each column of a record's steps.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{Payload, RunStep},
    ports::store::StoreError,
};
use sqlx::{Postgres, postgres::PgArguments, query::Query};

use super::documents;
use crate::columns::{Sparse, big, integer};

type Statement<'q> = Query<'q, Postgres, PgArguments>;

/// Steps to write.
#[derive(Default)]
pub(super) struct StepRows<'a> {
    records: Vec<i32>,
    workspaces: Vec<&'a str>,
    keys: Vec<&'a str>,
    tries: Vec<i32>,
    kinds: Vec<&'static str>,
    tools: Sparse<&'a str>,
    statuses: Vec<&'static str>,
    inputs: Sparse<&'a str>,
    outputs: Sparse<&'a str>,
    error_codes: Sparse<&'a str>,
    error_messages: Sparse<&'a str>,
    started_at: Sparse<DateTime<Utc>>,
    finished_at: Sparse<DateTime<Utc>>,
    resume_at: Sparse<DateTime<Utc>>,
    generations: Sparse<i32>,
    usage: UsageRows<'a>,
    models: Sparse<&'a str>,
    prices: Sparse<String>,
    costs: Sparse<i64>,
}

/// What was billed.
#[derive(Default)]
struct UsageRows<'a> {
    billed: Sparse<bool>,
    input: Sparse<i64>,
    output: Sparse<i64>,
    cache_read: Sparse<i64>,
    cache_write: Sparse<i64>,
    reasoning: Sparse<i64>,
    raw: Sparse<&'a str>,
}

impl<'a> StepRows<'a> {
    /// Adds the steps of the record at this place, counted from 1.
    pub(super) fn push(
        &mut self,
        record: i32,
        workspace: &'a str,
        steps: &'a [RunStep],
    ) -> Result<(), StoreError> {
        for step in last_words(steps) {
            self.records.push(record);
            self.workspaces.push(workspace);
            self.push_step(step)?;
        }
        Ok(())
    }

    fn push_step(&mut self, step: &'a RunStep) -> Result<(), StoreError> {
        let row = self.keys.len();
        let text = |payload: &'a Option<Payload>| payload.as_ref().map(Payload::as_str);
        self.keys.push(step.key.as_str());
        self.tries.push(integer("try", step.attempt)?);
        self.kinds.push(step.kind.name());
        self.tools.set(row, step.tool_name.as_deref());
        self.statuses.push(step.status.name());
        self.inputs.set(row, text(&step.input));
        self.outputs.set(row, text(&step.output));
        self.error_codes.set(row, step.error.as_ref().map(|error| error.code.as_str()));
        self.error_messages.set(row, step.error.as_ref().map(|error| error.message.as_str()));
        self.started_at.set(row, step.started_at);
        self.finished_at.set(row, step.finished_at);
        self.resume_at.set(row, step.resume_at);
        let generation = integer("generation", step.generation)?;
        self.generations.set(row, (generation != 0).then_some(generation));
        self.usage.set(row, step)?;
        self.models.set(row, step.model.as_deref());
        self.prices.set(row, step.price.as_ref().map(documents::price).transpose()?);
        self.costs.set(row, step.cost.map(|cost| cost.nanos()));
        Ok(())
    }

    /// Binds 25 parameters: `$22` to `$46` of a record.
    pub(super) fn bind<'q>(self, statement: Statement<'q>) -> Statement<'q>
    where
        'a: 'q,
    {
        let statement = statement
            .bind(self.records)
            .bind(self.keys)
            .bind(self.tries)
            .bind(self.kinds)
            .bind(self.tools.into_values())
            .bind(self.statuses)
            .bind(self.inputs.into_values())
            .bind(self.outputs.into_values())
            .bind(self.error_codes.into_values())
            .bind(self.error_messages.into_values())
            .bind(self.started_at.into_values())
            .bind(self.finished_at.into_values())
            .bind(self.resume_at.into_values())
            .bind(self.generations.into_values());
        let statement = self.usage.bind(statement);
        statement
            .bind(self.models.into_values())
            .bind(self.prices.into_values())
            .bind(self.costs.into_values())
            .bind(self.workspaces)
    }
}

impl<'a> UsageRows<'a> {
    fn set(&mut self, row: usize, step: &'a RunStep) -> Result<(), StoreError> {
        let Some(usage) = &step.usage else { return Ok(()) };
        let tokens = |number: Option<u64>| number.map(|number| big("tokens", number)).transpose();
        self.billed.set(row, Some(true));
        self.input.set(row, tokens(usage.input)?);
        self.output.set(row, tokens(usage.output)?);
        self.cache_read.set(row, tokens(usage.cache_read)?);
        self.cache_write.set(row, tokens(usage.cache_write)?);
        self.reasoning.set(row, tokens(usage.reasoning)?);
        self.raw.set(row, usage.raw.as_ref().map(Payload::as_str));
        Ok(())
    }

    fn bind<'q>(self, statement: Statement<'q>) -> Statement<'q>
    where
        'a: 'q,
    {
        statement
            .bind(self.billed.into_values())
            .bind(self.input.into_values())
            .bind(self.output.into_values())
            .bind(self.cache_read.into_values())
            .bind(self.cache_write.into_values())
            .bind(self.reasoning.into_values())
            .bind(self.raw.into_values())
    }
}

/// Returns one row for each key and try, as a statement can write no row twice: the first that is final, else the last.
fn last_words(steps: &[RunStep]) -> Vec<&RunStep> {
    if steps.len() == 1 {
        return vec![&steps[0]];
    }
    let mut places: HashMap<_, usize> = HashMap::with_capacity(steps.len());
    let mut rows: Vec<&RunStep> = Vec::with_capacity(steps.len());
    for step in steps {
        match places.get(&(&step.key, step.attempt)) {
            Some(place) if rows[*place].status.is_final() => {}
            Some(place) => rows[*place] = step,
            None => {
                places.insert((&step.key, step.attempt), rows.len());
                rows.push(step);
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use maestro_core::domain::{StepKind, StepStatus};

    use super::*;

    #[test]
    fn of_rows_of_the_same_try_the_first_that_is_final_counts() {
        use StepStatus::{Failed, Running, Succeeded, Waiting};
        let row = |key: &str, status| RunStep::new(key.parse().unwrap(), 1, StepKind::Delay, status);
        let steps =
            [row("a", Running), row("b", Running), row("a", Failed), row("a", Succeeded), row("b", Waiting)];
        let kept: Vec<_> = last_words(&steps).iter().map(|step| (step.key.as_str(), step.status)).collect();
        assert_eq!(kept, [("a", Failed), ("b", Waiting)]);
    }
}

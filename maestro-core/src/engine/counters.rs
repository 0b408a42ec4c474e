//! Counters: what this process did since it began, for those who watch it.

mod histogram;

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use self::histogram::Histogram;
use super::Maestro;
use crate::domain::{
    Disposition, Firing, FiringOutcome, Money, RunRecord, RunStatus, RunStep, StepStatus, Usage,
};

/// So many operations and models are told apart; what comes then counts as `other`, so that names which models make up
/// cannot fill the memory.
const MOST_NAMES: usize = 500;

/// What one process did since it began. Every process counts what it did itself; sums over processes are sums.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Runs that this process ended, by status.
    pub runs_ended: BTreeMap<RunStatus, u64>,
    /// How long claims took, in seconds.
    pub claim_seconds: Histogram,
    /// How many runs a claim brought.
    pub claim_runs: Histogram,
    /// How long it took until records were durable, in seconds.
    pub record_seconds: Histogram,
    /// How many records were written at once.
    pub record_batch: Histogram,
    /// How long tries took that ended, in seconds, by operation or model and by status.
    pub step_seconds: BTreeMap<(String, StepStatus), Histogram>,
    /// What was billed, by model.
    pub billed: BTreeMap<String, Billed>,
    /// Slots, by what became of them.
    pub slots: BTreeMap<FiringOutcome, u64>,
    /// How often the store stopped answering.
    pub outages: u64,
    /// Runs that were taken from workers that fell silent.
    pub recoveries: u64,
}

/// What was billed for one model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Billed {
    /// The tries that were billed.
    pub calls: u64,
    /// Tokens at the input price, as far as they were told.
    pub input_tokens: u64,
    /// Tokens at the output price.
    pub output_tokens: u64,
    /// Tokens read from a cache.
    pub cache_read_tokens: u64,
    /// Tokens written to a cache.
    pub cache_write_tokens: u64,
    /// What the calls with a known price cost.
    pub known: Money,
    /// The calls without one.
    pub unpriced_calls: u64,
}

impl Maestro {
    /// Returns what this process did since it began.
    pub fn metrics(&self) -> Metrics {
        self.shared.counters.lock().clone()
    }
}

/// The counters of an engine.
#[derive(Default)]
pub(crate) struct Counters(Mutex<Metrics>);

impl Counters {
    pub(crate) fn claimed(&self, runs: usize, took: Duration) {
        let mut counts = self.lock();
        counts.claim_seconds.add(took.as_secs_f64());
        counts.claim_runs.add(runs as f64);
    }

    pub(crate) fn wrote(&self, records: usize, took: Duration) {
        let mut counts = self.lock();
        counts.record_seconds.add(took.as_secs_f64());
        counts.record_batch.add(records as f64);
    }

    /// Counts what a record that was applied says.
    pub(crate) fn applied(&self, record: &RunRecord) {
        let mut counts = self.lock();
        if let Disposition::Finish(finish) = &record.disposition {
            *counts.runs_ended.entry(finish.status).or_default() += 1;
        }
        record.steps.iter().filter(|step| step.status.is_final()).for_each(|step| counts.add_step(step));
    }

    pub(crate) fn fired(&self, rows: &[Firing]) {
        let mut counts = self.lock();
        for row in rows {
            *counts.slots.entry(row.outcome).or_default() += row.count;
        }
    }

    pub(crate) fn lost_the_store(&self) {
        self.lock().outages += 1;
    }

    pub(crate) fn recovered(&self, runs: u64) {
        self.lock().recoveries += runs;
    }

    fn lock(&self) -> MutexGuard<'_, Metrics> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Metrics {
    fn add_step(&mut self, step: &RunStep) {
        if let (Some(name), Some(started), Some(ended)) = (&step.tool_name, step.started_at, step.finished_at)
        {
            let seconds = (ended - started).to_std().unwrap_or_default().as_secs_f64();
            let known = |key: &(String, StepStatus)| key.0 == *name;
            let is_known = self.step_seconds.keys().any(known) || self.step_seconds.len() < MOST_NAMES;
            let name = if is_known { name.clone() } else { "other".to_owned() };
            self.step_seconds.entry((name, step.status)).or_default().add(seconds);
        }
        if step.is_billed() {
            let model = step.model.as_deref().unwrap_or("unknown");
            let is_known = self.billed.contains_key(model) || self.billed.len() < MOST_NAMES;
            let model = if is_known { model } else { "other" };
            self.billed.entry(model.to_owned()).or_default().add(step.usage.as_ref(), step.cost);
        }
    }
}

impl Billed {
    fn add(&mut self, usage: Option<&Usage>, cost: Option<Money>) {
        self.calls += 1;
        if let Some(usage) = usage {
            let more = |sum: &mut u64, tokens: Option<u64>| *sum = sum.saturating_add(tokens.unwrap_or(0));
            more(&mut self.input_tokens, usage.input);
            more(&mut self.output_tokens, usage.output);
            more(&mut self.cache_read_tokens, usage.cache_read);
            more(&mut self.cache_write_tokens, usage.cache_write);
        }
        match cost {
            Some(cost) => self.known = self.known.plus(cost),
            None => self.unpriced_calls += 1,
        }
    }
}

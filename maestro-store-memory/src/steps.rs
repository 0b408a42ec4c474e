//! The steps of one run, in the order of keys and tries, with their sum.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Included, Unbounded},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use maestro_core::{
    domain::{RunStep, StepKey, StepStatus, Totals, Usage},
    ports::store::StepQuery,
};

/// Every row of a run.
#[derive(Default)]
pub(crate) struct Steps {
    rows: BTreeMap<(StepKey, u32), Arc<RunStep>>,
    totals: Totals,
}

impl Steps {
    /// Writes a row as part of the record `seq`, unless one that is final stands in its place; tells whether it did.
    pub(crate) fn write(&mut self, step: &RunStep, seq: u32) -> bool {
        let place = (step.key.clone(), step.attempt);
        let before = self.rows.get(&place);
        if before.is_some_and(|before| before.status.is_final()) {
            return false;
        }
        let was_billed = before.is_some_and(|before| before.is_billed());
        self.rows.insert(place, Arc::new(RunStep { seq, ..step.clone() }));
        if was_billed {
            self.totals = Totals::default();
            self.rows.values().for_each(|step| bill(&mut self.totals, step));
        } else {
            bill(&mut self.totals, step);
        }
        true
    }

    /// Since when the run has waited for the budget of the day, if a row says so.
    pub(crate) fn waits_for_budget_since(&self) -> Option<DateTime<Utc>> {
        let waits = self.rows.values().filter(|step| step.waits_for_budget());
        waits.filter_map(|step| step.started_at).min()
    }

    /// Ends what waits or runs. What is unknown stays so: it is the truth.
    pub(crate) fn cancel(&mut self, now: DateTime<Utc>) {
        let is_open = |step: &RunStep| matches!(step.status, StepStatus::Running | StepStatus::Waiting);
        for step in self.rows.values_mut().filter(|step| is_open(step)) {
            let step = Arc::make_mut(step);
            step.status = StepStatus::Cancelled;
            step.finished_at = Some(now);
        }
    }

    /// Returns the sum of all rows.
    pub(crate) fn totals(&self) -> &Totals {
        &self.totals
    }

    pub(crate) fn all(&self) -> Vec<Arc<RunStep>> {
        self.rows.values().cloned().collect()
    }

    pub(crate) fn list(&self, query: &StepQuery, limit: u32) -> Vec<Arc<RunStep>> {
        let prefix = query.prefix.as_deref().unwrap_or_default();
        let Some(first) = first_place(prefix) else { return Vec::new() };
        let start = match (&query.after, first) {
            (Some(after), Some(first)) if *after < first => Included(first),
            (Some(after), _) => Excluded(after.clone()),
            (None, Some(first)) => Included(first),
            (None, None) => Unbounded,
        };
        self.rows
            .range((start, Unbounded))
            .map(|(_, step)| step)
            .take_while(|step| step.key.as_str() < prefix || step.key.as_str().starts_with(prefix))
            .filter(|step| step.key.as_str().starts_with(prefix))
            .filter(|step| query.after_seq.is_none_or(|seq| step.seq > seq))
            .take(limit as usize)
            .cloned()
            .collect()
    }
}

/// Returns a place at or shortly before the first key that begins with `prefix`: `Some(None)` for the very first
/// one, `None` when no key can begin so.
fn first_place(prefix: &str) -> Option<Option<(StepKey, u32)>> {
    if prefix.is_empty() {
        return Some(None);
    }
    // Whatever a key begins with is itself a key, but for a dot at its end.
    let key = prefix.strip_suffix('.').unwrap_or(prefix).parse().ok()?;
    Some(Some((key, 0)))
}

fn bill(totals: &mut Totals, step: &RunStep) {
    if step.is_billed() {
        totals.add(step.usage.as_ref().unwrap_or(&Usage::default()), step.cost);
    }
}

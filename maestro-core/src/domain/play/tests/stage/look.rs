//! What can be seen on a stage.

use serde_json::Value;

use super::Stage;
use crate::domain::{Finish, RunStatus, RunStep, StepKey};

impl Stage {
    /// Returns the keys of running steps, in the order of their starts.
    pub(in crate::domain::play::tests) fn keys(&self) -> Vec<&str> {
        self.running.iter().map(|step| step.key.as_str()).collect()
    }

    /// Returns what a running step was given.
    pub(in crate::domain::play::tests) fn input(&self, key: &str) -> Value {
        let step = self.running.iter().find(|step| step.key.as_str() == key);
        step.unwrap_or_else(|| panic!("{key} does not run")).input.value().unwrap().clone()
    }

    /// Returns the row of the last try of a step.
    pub(in crate::domain::play::tests) fn row(&self, key: &str) -> Option<&RunStep> {
        let key: StepKey = key.parse().unwrap();
        self.record.range((key.clone(), 0)..=(key, u32::MAX)).next_back().map(|(_, row)| row)
    }

    pub(in crate::domain::play::tests) fn last_rows(&self) -> impl Iterator<Item = &RunStep> {
        let rows: Vec<&RunStep> = self.record.values().collect();
        let lasts =
            (0..rows.len()).filter(|at| rows.get(at + 1).is_none_or(|next| next.key != rows[*at].key));
        lasts.map(|at| rows[at]).collect::<Vec<_>>().into_iter()
    }

    /// Returns the status of the last row of a step.
    pub(in crate::domain::play::tests) fn status(&self, key: &str) -> &'static str {
        self.row(key).map_or("none", |row| row.status.name())
    }

    /// Returns the code of the failure in the last row of a step.
    pub(in crate::domain::play::tests) fn code(&self, key: &str) -> &str {
        self.row(key).and_then(|row| row.error.as_ref()).map_or("", |error| error.code.as_str())
    }

    /// Returns all last rows as `key: status`, in the order of the keys.
    pub(in crate::domain::play::tests) fn statuses(&self) -> Vec<String> {
        self.last_rows().map(|row| format!("{}: {}", row.key, row.status)).collect()
    }

    /// Returns the output in the last row of a step.
    pub(in crate::domain::play::tests) fn output(&self, key: &str) -> Value {
        let output = self.row(key).and_then(|row| row.output.as_ref());
        output.unwrap_or_else(|| panic!("{key} gave nothing")).value().unwrap().clone()
    }

    pub(in crate::domain::play::tests) fn finish(&self) -> &Finish {
        self.finish.as_ref().unwrap_or_else(|| panic!("the run goes on: {:#?}", self.statuses()))
    }

    /// Returns how the run ended.
    pub(in crate::domain::play::tests) fn verdict(&self) -> RunStatus {
        self.finish().status
    }

    pub(in crate::domain::play::tests) fn result(&self) -> Value {
        self.finish().result.as_ref().expect("the run gave something").value().unwrap().clone()
    }

    pub(in crate::domain::play::tests) fn is_finished(&self) -> bool {
        self.finish.is_some()
    }
}

//! History: the rows of a run, by what a play asks for while it is loaded.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::super::{Payload, RunStep, StepKey};
use super::{Fate, StepHandle, frame::Try};

/// The rows of a run, by what a play asks for.
#[derive(Debug)]
pub(super) struct History {
    /// The tries of each step, in order.
    rows: HashMap<StepKey, Vec<RunStep>>,
    /// What is on record within loops, by their keys.
    begun: HashMap<String, Begun>,
    /// Nodes that are ready and of which nothing is on record. They wait until all of the record is read, because a
    /// failure in it may hold them back.
    pub(super) deferred: Vec<(StepHandle, Fate)>,
    /// Steps that were running when their worker was lost.
    pub(super) interrupted: Vec<(StepHandle, Try, RunStep)>,
    /// Loops that go on from where the record ends.
    pub(super) loops: BTreeSet<StepHandle>,
    /// Where derived inputs go, when somebody asks for them.
    pub(super) inputs: Option<Inputs>,
}

/// What is on record within a loop.
#[derive(Debug, Default)]
pub(super) struct Begun {
    /// The iterations of which there are rows.
    pub(super) iterations: BTreeSet<u32>,
    /// The earliest start among them.
    pub(super) since: Option<DateTime<Utc>>,
}

/// Inputs that were derived, and the loops that wait for their iterations to be read.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) derived: Vec<(StepKey, Payload)>,
    /// Loops that are over, by how deep they lie within others, with what their rows say.
    pub(super) closed: BTreeMap<(usize, StepHandle), (Try, RunStep)>,
}

impl History {
    pub(super) fn new(steps: Vec<RunStep>) -> Self {
        let mut rows: HashMap<StepKey, Vec<RunStep>> = HashMap::with_capacity(steps.len());
        let mut begun = HashMap::new();
        for step in steps {
            note_iterations(&step, &mut begun);
            rows.entry(step.key.clone()).or_default().push(step);
        }
        rows.values_mut().for_each(|tries| tries.sort_by_key(|row| row.attempt));
        Self {
            rows,
            begun,
            deferred: Vec::new(),
            interrupted: Vec::new(),
            loops: BTreeSet::new(),
            inputs: None,
        }
    }

    /// Returns the tries of a step that are on record, if there are any.
    pub(super) fn take_rows(&mut self, key: &StepKey) -> Option<Vec<RunStep>> {
        self.rows.remove(key)
    }

    pub(super) fn has_begun(&self, key: &StepKey) -> bool {
        self.begun.contains_key(key.as_str())
    }

    pub(super) fn take_begun(&mut self, key: &StepKey) -> Option<Begun> {
        self.begun.remove(key.as_str())
    }
}

/// Notes every iteration that a row lies in: `each.3.again.0.draft` lies in 3 of `each` and in 0 of `each.3.again`.
fn note_iterations(row: &RunStep, all: &mut HashMap<String, Begun>) {
    let key = row.key.as_str();
    let mut dots = key.match_indices('.').map(|(dot, _)| dot);
    while let (Some(from), Some(to)) = (dots.next(), dots.next()) {
        let Ok(index) = key[from + 1..to].parse() else { return };
        if !all.contains_key(&key[..from]) {
            all.insert(key[..from].to_owned(), Begun::default());
        }
        if let Some(begun) = all.get_mut(&key[..from]) {
            begun.iterations.insert(index);
            begun.since = begun.since.into_iter().chain(row.started_at).min();
        }
    }
}

//! History: the rows of a run, by what a play asks for while it is loaded.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::super::{Payload, RunStep, StepKey, StepKind, StepStatus};
use super::{Fate, StepHandle, frame::Try};

/// The rows of a run, by what a play asks for.
#[derive(Debug, Default)]
pub(super) struct History {
    rows: Vec<Option<RunStep>>,
    steps: HashMap<StepKey, Recorded>,
    /// Rows of steps that have several.
    repeated: Vec<usize>,
    /// The rows that have steps played anew, with the try that is to come.
    pub(super) resets: Vec<(Try, RunStep)>,
    /// Whether a step has failed for good, parts of others aside.
    pub(super) has_failures: bool,
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

/// What is on record of a step.
#[derive(Debug)]
struct Recorded {
    /// The row of its last try.
    last: usize,
    /// The last try before the generation of that one.
    before: u32,
    /// Whether it was started and a row leaves its input out.
    leaves_input_out: bool,
}

/// The last try of a step as it was recorded.
pub(super) struct LastTry {
    pub(super) this: Try,
    pub(super) row: RunStep,
    /// Whether the step was started and a row leaves its input out.
    pub(super) leaves_input_out: bool,
}

/// What is on record within a loop.
#[derive(Debug, Default)]
pub(super) struct Begun {
    /// The iterations of which there are rows.
    pub(super) iterations: BTreeSet<u32>,
    /// The earliest start among them.
    pub(super) since: Option<DateTime<Utc>>,
    /// Whether a `stop` in one of them ended the run, and the loop with it.
    pub(super) stopped: bool,
}

/// Inputs that were derived, and the loops that wait for their iterations to be read.
#[derive(Debug, Default)]
pub(super) struct Inputs {
    pub(super) derived: Vec<(StepKey, Payload)>,
    /// Loops that are over, by how deep they lie within others, with what their rows say.
    pub(super) closed: BTreeMap<(usize, StepHandle), (Try, RunStep)>,
}

impl History {
    /// Sorts rows out, which may come in any order; shows each to `see`.
    pub(super) fn new(rows: Vec<RunStep>, mut see: impl FnMut(&RunStep)) -> Self {
        let mut history = Self { steps: HashMap::with_capacity(rows.len()), ..Self::default() };
        for (at, row) in rows.iter().enumerate() {
            see(row);
            history.note(at, row, &rows);
        }
        let superseded = history.note_generations(&rows);
        let stands = |(at, row): &(usize, &RunStep)| !superseded.contains(at) && !row.is_reset();
        for (_, row) in rows.iter().enumerate().filter(stands) {
            note_iterations(row, &mut history.begun);
            let is_part = matches!(row.kind, StepKind::ModelTurn | StepKind::ToolCall);
            history.has_failures |= row.status == StepStatus::Failed && !row.is_retried() && !is_part;
        }
        history.rows = rows.into_iter().map(Some).collect(); // in place
        history.take_resets();
        history
    }

    fn note(&mut self, at: usize, row: &RunStep, rows: &[RunStep]) {
        let leaves_input_out = row.started_at.is_some() && row.input.is_none();
        match self.steps.get_mut(&row.key) {
            None => {
                let recorded = Recorded { last: at, before: 0, leaves_input_out };
                self.steps.insert(row.key.clone(), recorded);
            }
            Some(recorded) => {
                self.repeated.extend([recorded.last, at]);
                recorded.leaves_input_out |= leaves_input_out;
                if rows[recorded.last].attempt <= row.attempt {
                    recorded.last = at;
                }
            }
        }
    }

    /// Finds the tries before the last generation, of steps that have several. Returns the rows that count no more, because
    /// their steps were played anew or are to be.
    fn note_generations(&mut self, rows: &[RunStep]) -> HashSet<usize> {
        let mut superseded = HashSet::new();
        for at in &self.repeated {
            let Some(recorded) = self.steps.get_mut(&rows[*at].key) else { continue };
            let (row, last) = (&rows[*at], &rows[recorded.last]);
            if row.generation < last.generation {
                recorded.before = recorded.before.max(row.attempt);
                superseded.insert(*at);
            }
        }
        superseded
    }

    /// Takes out the rows that have steps played anew: as far as they go, nothing is on record of these.
    fn take_resets(&mut self) {
        let resets = self.rows.iter().flatten().filter(|row| row.is_reset());
        let keys: Vec<StepKey> = resets.map(|row| row.key.clone()).collect();
        self.resets = keys
            .iter()
            .filter_map(|key| self.take(key))
            .map(|LastTry { this, row, .. }| (this, row))
            .collect();
    }

    /// Takes out what is on record of a step, if anything is.
    pub(super) fn take(&mut self, key: &StepKey) -> Option<LastTry> {
        let Recorded { last, before, leaves_input_out } = self.steps.remove(key)?;
        let row = self.rows[last].take()?;
        let this = Try { attempt: row.attempt, generation: row.generation, before };
        Some(LastTry { this, row, leaves_input_out })
    }

    pub(super) fn has_begun(&self, key: &StepKey) -> bool {
        self.begun.contains_key(key.as_str())
    }

    /// Tells whether a `stop` within this loop ended the run.
    pub(super) fn was_stopped_within(&self, key: &StepKey) -> bool {
        self.begun.get(key.as_str()).is_some_and(|begun| begun.stopped)
    }

    pub(super) fn take_begun(&mut self, key: &StepKey) -> Option<Begun> {
        self.begun.remove(key.as_str())
    }
}

/// Notes every iteration that a row lies in: `each.3.again.0.draft` lies in 3 of `each` and in 0 of `each.3.again`; and that
/// a talk has begun of which it is a part.
fn note_iterations(row: &RunStep, all: &mut HashMap<String, Begun>) {
    let key = row.key.as_str();
    let mut dots = key.match_indices('.').map(|(dot, _)| dot);
    while let (Some(from), Some(to)) = (dots.next(), dots.next()) {
        let Ok(index) = key[from + 1..to].parse() else { break };
        let begun = match all.get_mut(&key[..from]) {
            Some(begun) => begun,
            None => all.entry(key[..from].to_owned()).or_default(),
        };
        begun.iterations.insert(index);
        begun.stopped |= row.kind == StepKind::Stop && row.status == StepStatus::Succeeded;
        begun.since = begun.since.into_iter().chain(row.started_at).min();
    }
    if let (StepKind::ModelTurn | StepKind::ToolCall, Some(dot)) = (row.kind, key.rfind('.')) {
        let begun = all.entry(key[..dot].to_owned()).or_default();
        begun.since = begun.since.into_iter().chain(row.started_at).min();
    }
}

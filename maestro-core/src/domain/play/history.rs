//! History: how a play picks up what was recorded of it.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::super::{Effect, Failure, NodeKind, RunStep, StepKey, StepStatus};
use super::{
    Fate, Play, StepHandle,
    frame::{Frame, LoopKind, NodeState, Outcome, Try},
};

/// The rows of a run, by what a play asks for.
#[derive(Debug)]
pub(super) struct History {
    rows: HashMap<StepKey, Vec<RunStep>>,
    /// Loops, by key, with the numbers of the iterations of which something is on record.
    begun: HashMap<String, BTreeSet<u32>>,
    /// Nodes that are ready and of which nothing is on record. They wait until all of the record is read, because a
    /// failure in it may hold them back.
    deferred: Vec<(StepHandle, Fate)>,
    /// Loops that go on from where the record ends.
    loops: BTreeSet<StepHandle>,
}

impl History {
    pub(super) fn new(steps: Vec<RunStep>) -> Self {
        let mut rows: HashMap<StepKey, Vec<RunStep>> = HashMap::with_capacity(steps.len());
        let mut begun: HashMap<String, BTreeSet<u32>> = HashMap::new();
        for step in steps {
            note_iterations(step.key.as_str(), &mut begun);
            rows.entry(step.key.clone()).or_default().push(step);
        }
        rows.values_mut().for_each(|tries| tries.sort_by_key(|row| row.attempt));
        Self { rows, begun, deferred: Vec::new(), loops: BTreeSet::new() }
    }
}

/// Notes every iteration that a key lies in: `each.3.again.0.draft` lies in 3 of `each` and in 0 of `each.3.again`.
fn note_iterations(key: &str, begun: &mut HashMap<String, BTreeSet<u32>>) {
    let dots: Vec<usize> = key.match_indices('.').map(|(dot, _)| dot).collect();
    for pair in dots.chunks_exact(2) {
        if let Ok(index) = key[pair[0] + 1..pair[1]].parse() {
            match begun.get_mut(&key[..pair[0]]) {
                Some(indices) => drop(indices.insert(index)),
                None => drop(begun.insert(key[..pair[0]].to_owned(), BTreeSet::from([index]))),
            }
        }
    }
}

impl Play {
    /// Opens the play with a record, then goes on from where the record ends.
    pub(super) fn recall(&mut self, root: Frame, history: History, now: DateTime<Utc>) {
        self.history = Some(history);
        self.open(root);
        self.follow_up(now);
        let Some(history) = self.history.take() else { return };
        if self.ending.is_some() {
            let waits: Vec<StepHandle> = self.timers.iter().map(|(_, at)| *at).collect();
            waits.into_iter().for_each(|at| self.cancel_wait(at, now));
        }
        self.wind_down(now);
        self.ready.extend(history.deferred);
        for at in history.loops {
            self.advance(at, now);
        }
    }

    /// Meets a node while the record is read: what is on record stands, whatever its edges say now.
    pub(super) fn remember(&mut self, at: StepHandle, fate: Fate, now: DateTime<Utc>) {
        let key = self.key(at);
        let Some(history) = &mut self.history else { return };
        let Some(rows) = history.rows.remove(&key) else {
            return match fate {
                // Iterations on record show that the loop had begun.
                Fate::Start if history.begun.contains_key(key.as_str()) => self.start(at, Try::FIRST, now),
                fate => history.deferred.push((at, fate)),
            };
        };
        let Some(last) = rows.last().cloned() else { return };
        let before = rows.iter().filter(|row| row.generation < last.generation).map(|row| row.attempt).max();
        let this = Try { attempt: last.attempt, generation: last.generation, before: before.unwrap_or(0) };
        match last.status {
            StepStatus::Succeeded => {
                self.decide(at, Outcome::Succeeded(last.output.unwrap_or_default()));
                if matches!(self.plan.node(self.number(at)).kind, NodeKind::Stop { .. }) {
                    self.recall_stop(at, now);
                }
            }
            StepStatus::Skipped => self.decide(at, Outcome::Skipped),
            StepStatus::Cancelled => self.decide(at, Outcome::Cancelled),
            StepStatus::Failed => self.remember_failure(at, this, last),
            StepStatus::Waiting => {
                let moment = last.resume_at.unwrap_or(DateTime::<Utc>::MAX_UTC);
                self.set(at, NodeState::Waiting(Box::new(last), moment));
                self.timers.insert((moment, at));
            }
            StepStatus::Unknown => {
                self.unknown.insert(at);
                self.set(at, NodeState::Unknown(this, Box::new(last)));
            }
            StepStatus::Running if self.plan.node(self.number(at)).effect == Effect::Once => {
                let failure =
                    Failure::new("worker_lost", "its worker was lost before it said what it had done");
                self.leave_unknown(at, this, RunStep { error: Some(failure), ..last });
            }
            StepStatus::Running => self.defer(at, Fate::Retry(this)),
        }
    }

    fn remember_failure(&mut self, at: StepHandle, this: Try, row: RunStep) {
        let failure = row.error.unwrap_or_else(|| Failure::new("failed", "no reason is on record"));
        let Some(moment) = row.resume_at else { return self.decide(at, Outcome::Failed(failure)) };
        let next = if failure.code == super::ended::AGAIN { this.anew() } else { this.next() };
        self.set(at, NodeState::Retrying(next, moment));
        self.timers.insert((moment, at));
    }

    fn defer(&mut self, at: StepHandle, fate: Fate) {
        if let Some(history) = &mut self.history {
            history.deferred.push((at, fate));
        }
    }

    /// Returns the iterations of a loop of which something is on record.
    pub(super) fn begun(&self, at: StepHandle) -> BTreeSet<u32> {
        let begun = self.history.as_ref().and_then(|history| history.begun.get(self.key(at).as_str()));
        begun.cloned().unwrap_or_default()
    }

    /// Goes on with a loop as far as the record tells; the rest follows once all of it is read.
    pub(super) fn advance_by_record(&mut self, at: StepHandle) {
        let begun = self.begun(at);
        let next = self.looping(at).and_then(|looping| match &looping.kind {
            LoopKind::Repeat { index, last: Some(last) } if begun.contains(&(index + 1)) => {
                Some((index + 1, last.clone()))
            }
            _ => None,
        });
        match next {
            Some((index, last)) => self.next_iteration(at, index, last),
            None => {
                if let Some(history) = &mut self.history {
                    history.loops.insert(at);
                }
            }
        }
    }
}

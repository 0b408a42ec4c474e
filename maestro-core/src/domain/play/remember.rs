//! Remembering: how a play picks up what was recorded of it.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::super::{Failure, NodeKind, RunStep, StepPath, StepStatus};
use super::{
    Fate, Play, StepHandle,
    finish::Ending,
    frame::{Failed, Frame, NodeState, Outcome, Try},
    frames::ROOT,
    history::{Begun, History, LastTry},
    looping::LoopKind,
    wait::AGAIN,
};

impl Play {
    /// Opens the play with a record, then goes on from where the record ends.
    pub(super) fn recall(&mut self, history: History, now: DateTime<Utc>) {
        self.read(history, now);
        let Some(history) = self.history.take() else { return };
        self.wind_down(vec![ROOT], now);
        for (at, attempt, row) in history.interrupted {
            match self.is_called_off(at) {
                true => self.cancel(at, row, now),
                false => {
                    self.billed_before.extend(row.bill().map(|billed| (at, billed)));
                    self.ready.push_back((at, Fate::Retry(attempt)));
                }
            }
        }
        self.ready.extend(history.deferred);
        for at in history.loops {
            self.advance(at, now);
        }
    }

    /// Opens the play and follows the record as far as it goes.
    pub(super) fn read(&mut self, history: History, now: DateTime<Utc>) {
        self.note_resets(&history);
        self.history = Some(history);
        let feed = self.given.run.input.clone();
        let root = Frame::new(&self.plan, 0, StepPath::root(), feed);
        self.open(root);
        self.follow_up(now);
    }

    /// Meets a node while the record is read: what is on record stands, whatever its edges say now.
    pub(super) fn remember(&mut self, at: StepHandle, fate: Fate, now: DateTime<Utc>) {
        let key = self.key(at);
        let has_parts = !at.is_part() && self.node(at).kind.has_parts();
        let Some(history) = &mut self.history else { return };
        let has_begun = has_parts && history.has_begun(&key);
        let was_stopped = has_parts && history.was_stopped_within(&key);
        let Some(LastTry { this, row, leaves_input_out }) = history.take(&key) else {
            return match fate {
                // Iterations or turns on record show that it had begun.
                Fate::Start if has_begun => self.start(at, self.first_try(at), now),
                fate => history.deferred.push((at, fate)),
            };
        };
        if leaves_input_out {
            self.derive_input(at, &key);
        }
        let is_once = self.is_once(at);
        match (row.status, self.waits_until(at, &row)) {
            _ if has_parts && !row.status.is_final() => self.start(at, this, now),
            _ if has_begun && self.derives_inputs() => {
                self.start(at, this, now);
                self.keep_closed(at, this, row);
            }
            _ if was_stopped => {
                self.start(at, this, now);
                if let Some(looping) = self.looping(at) {
                    looping.is_on_record = true;
                }
            }
            (StepStatus::Waiting, Some(moment)) => {
                self.note_first_try(key, this);
                self.set(at, NodeState::Waiting(Box::new(row), moment));
            }
            // One that waits had not begun when it was interrupted.
            (StepStatus::Running, _) if is_once => {
                let failure =
                    Failure::new("worker_lost", "its worker was lost before it said what it had done");
                self.leave_unknown(at, this, RunStep { error: Some(failure), ..row });
            }
            (StepStatus::Running | StepStatus::Waiting, _) => self.interrupt(at, this, row),
            (StepStatus::Unknown, _) => self.set(at, NodeState::Unknown(this, Box::new(row))),
            (StepStatus::Succeeded | StepStatus::Failed | StepStatus::Skipped | StepStatus::Cancelled, _) => {
                self.remember_end(at, this, row, now)
            }
        }
    }

    /// Returns the moment that a node waits for, if it has one, when waiting is what it does.
    fn waits_until(&self, at: StepHandle, row: &RunStep) -> Option<Option<DateTime<Utc>>> {
        let waits = match &self.node(at).kind {
            NodeKind::Delay(_) => row.resume_at.is_some(),
            NodeKind::Approval { .. } => row.started_at.is_some(),
            NodeKind::Llm { .. } => at.is_part() && row.resume_at.is_some(),
            _ => false,
        };
        waits.then_some(row.resume_at)
    }

    /// Takes over how a step ended.
    pub(super) fn remember_end(&mut self, at: StepHandle, this: Try, row: RunStep, now: DateTime<Utc>) {
        let is_retried = row.is_retried() && (at.is_part() || !self.node(at).kind.has_parts());
        match row.status {
            StepStatus::Succeeded => {
                let stops = matches!(self.node(at).kind, NodeKind::Stop { .. });
                let ending = stops.then(|| self.stop_of(at)).flatten();
                self.decide(at, Outcome::Succeeded(row.output.unwrap_or_default()));
                if let Some(ending) = ending {
                    self.end(ending, now);
                }
            }
            StepStatus::Skipped => self.decide(at, Outcome::Skipped),
            StepStatus::Cancelled => self.decide(at, Outcome::Cancelled),
            _ => {
                let failure = row.error.unwrap_or_else(|| Failure::new("failed", "no reason is on record"));
                match row.resume_at.filter(|_| is_retried) {
                    Some(moment) => {
                        let next = if failure.code == AGAIN { this.anew() } else { this.next() };
                        self.set(at, NodeState::Retrying(next, moment));
                    }
                    None => {
                        let failed = Failed { failure, at: row.finished_at.unwrap_or(now), told: row.output };
                        self.decide(at, Outcome::Failed(Arc::new(failed)));
                    }
                }
            }
        }
    }

    /// Tells how a stop that is on record ended the run.
    fn stop_of(&self, at: StepHandle) -> Option<Ending> {
        let NodeKind::Stop { status, reason } = &self.node(at).kind else { return None };
        let brought = self.brought(at).ok();
        let reason = reason.as_ref().zip(brought);
        let reason = reason.and_then(|(reason, brought)| self.text(at, &brought, reason, "reason").ok());
        Some(Ending::Stop { status: *status, reason })
    }

    fn interrupt(&mut self, at: StepHandle, this: Try, row: RunStep) {
        if let Some(history) = &mut self.history {
            history.interrupted.push((at, this, row));
        }
    }

    /// Returns what is on record within a loop.
    pub(super) fn begun(&mut self, at: StepHandle) -> Begun {
        let key = self.key(at);
        self.history.as_mut().and_then(|history| history.take_begun(&key)).unwrap_or_default()
    }

    /// Goes on with a loop as far as the record tells; the rest follows once all of it is read.
    pub(super) fn advance_by_record(&mut self, at: StepHandle) {
        let Some(looping) = self.looping(at) else { return };
        match looping.kind {
            LoopKind::Repeat { index, last: Some(_) } if looping.begun.contains(&(index + 1)) => {
                self.begin_iteration(at, index + 1);
            }
            _ => {
                if let Some(history) = &mut self.history {
                    history.loops.insert(at);
                }
            }
        }
    }
}

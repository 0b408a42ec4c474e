//! Resets: rows that have a step played anew, after a person asked for it.
//!
//! A reset stands on record until the step's place comes to be played: as far as the play goes, nothing is on record of the
//! step, its edges decide about it again, and its first try is the one that the reset names.

use chrono::{DateTime, Utc};

use super::super::{RunStep, StepKey, StepStatus};
use super::{Play, StepHandle, frame::Try, history::History};

/// The code in a row that has its step played anew.
pub(super) const ANEW: &str = "anew";

impl RunStep {
    /// Tells whether the row has its step played anew. Whatever is written of the step afterwards takes its place.
    pub(super) fn is_reset(&self) -> bool {
        let says_so = self.error.as_ref().is_some_and(|error| error.code == ANEW);
        self.status == StepStatus::Waiting && self.started_at.is_none() && says_so
    }
}

impl Play {
    /// Notes what is to be played anew. That lasts until the run ends: it may take long until a step has its turn.
    pub(super) fn note_resets(&mut self, history: &History) {
        for (this, row) in &history.resets {
            self.anew.insert(row.key.clone(), *this);
            self.unmet.insert(row.key.clone(), row.clone());
        }
    }

    /// Notes to which try of a step later ones belong, where that is not the very first.
    pub(super) fn note_first_try(&mut self, key: StepKey, this: Try) {
        if this.before > 0 {
            self.anew.insert(key, this.first_of_generation());
        }
    }

    /// Returns the first try of a step: later tries belong to it unless a person has it done anew.
    pub(super) fn first_try(&self, at: StepHandle) -> Try {
        match self.anew.is_empty() {
            true => Try::FIRST,
            false => self.anew.get(&self.key(at)).copied().unwrap_or(Try::FIRST),
        }
    }

    /// Writes of steps that were to be played anew, and whose place did not come to be played again, that they were not.
    pub(super) fn leave_resets(&mut self, now: DateTime<Utc>) {
        for row in std::mem::take(&mut self.unmet).into_values() {
            self.write(RunStep { error: None, ..row.cancelled(now) });
        }
    }
}

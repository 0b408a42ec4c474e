//! Pruning: what is old and done is dropped, a bounded number of rows at a time.

use chrono::{DateTime, Utc};

use crate::state::State;

impl State {
    /// Drops runs that ended before `before`, then keys that have expired at `now`; returns how many of both.
    pub(crate) fn prune_runs(&mut self, before: DateTime<Utc>, now: DateTime<Utc>, limit: u32) -> u32 {
        let mut pruned = 0;
        while pruned < limit && self.prune_run(before) {
            pruned += 1;
        }
        pruned + self.keys.prune(now, limit - pruned)
    }

    fn prune_run(&mut self, before: DateTime<Utc>) -> bool {
        let Some(run) = self.index.first_finished(before) else { return false };
        let Some(row) = self.runs.remove(&run.workspace, &run.id) else { return false };
        if let Some(end) = &row.end {
            self.index.forget(&row.live.run, end.at);
        }
        if let Some(key) = &row.key {
            self.keys.forget(&row.live.run, key);
        }
        true
    }
}

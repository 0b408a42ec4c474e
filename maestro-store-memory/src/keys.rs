//! Idempotency keys: which run a key made, and when it may be used again.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::{DateTime, Utc};
use maestro_core::domain::{EnqueueKey, RunId, RunRef};

use crate::state::OrchestraKey;

/// Every key that was not pruned.
#[derive(Default)]
pub(crate) struct Keys {
    rows: BTreeMap<Name, KeyRow>,
    expiries: BTreeSet<(DateTime<Utc>, Name)>,
}

/// A key in its orchestra.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Name {
    orchestra: OrchestraKey,
    key: Arc<str>,
}

/// What a key stands for.
#[derive(Clone, Copy)]
pub(crate) struct KeyRow {
    pub(crate) run_id: RunId,
    pub(crate) request_hash: u64,
    expires_at: DateTime<Utc>,
}

impl Keys {
    /// Returns what a key stands for, unless it has expired at `now`.
    pub(crate) fn get(&self, run: &RunRef, key: &str, now: DateTime<Utc>) -> Option<KeyRow> {
        self.rows.get(&name(run, key.into())).filter(|row| now < row.expires_at).copied()
    }

    /// Lets a key stand for a run; returns its text to share.
    pub(crate) fn insert(&mut self, run: &RunRef, key: &EnqueueKey) -> Arc<str> {
        let (name, expires_at) = (name(run, key.key.as_str().into()), key.expires_at);
        self.remove(&name);
        self.rows
            .insert(name.clone(), KeyRow { run_id: run.run_id, request_hash: key.request_hash, expires_at });
        self.expiries.insert((expires_at, name.clone()));
        name.key
    }

    /// Drops a key if it still stands for this very run.
    pub(crate) fn forget(&mut self, run: &RunRef, key: &Arc<str>) {
        let name = name(run, Arc::clone(key));
        if self.rows.get(&name).is_some_and(|row| row.run_id == run.run_id) {
            self.remove(&name);
        }
    }

    /// Drops keys that have expired at `now`, at most `limit`; returns how many.
    pub(crate) fn prune(&mut self, now: DateTime<Utc>, limit: u32) -> u32 {
        let expired = self.expiries.iter().take_while(|(at, _)| *at <= now).take(limit as usize);
        let names: Vec<_> = expired.map(|(_, name)| name.clone()).collect();
        names.iter().map(|name| self.remove(name)).sum()
    }

    #[cfg(test)]
    pub(crate) fn check(&self) {
        let expiries: BTreeSet<_> =
            self.rows.iter().map(|(name, row)| (row.expires_at, name.clone())).collect();
        assert!(expiries == self.expiries);
    }

    fn remove(&mut self, name: &Name) -> u32 {
        let Some(row) = self.rows.remove(name) else { return 0 };
        self.expiries.remove(&(row.expires_at, name.clone()));
        1
    }
}

fn name(run: &RunRef, key: Arc<str>) -> Name {
    Name { orchestra: OrchestraKey::of(run), key }
}

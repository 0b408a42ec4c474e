//! A table whose rows belong to workspaces: there is no way to a row but through its workspace.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    ops::RangeBounds,
};

use maestro_core::domain::WorkspaceId;

/// Rows by workspace, then by key.
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct ByWorkspace<K, V> {
    workspaces: BTreeMap<WorkspaceId, BTreeMap<K, V>>,
}

impl<K: Ord, V> ByWorkspace<K, V> {
    pub(crate) fn get(&self, workspace: &WorkspaceId, key: &K) -> Option<&V> {
        self.workspaces.get(workspace)?.get(key)
    }

    pub(crate) fn get_mut(&mut self, workspace: &WorkspaceId, key: &K) -> Option<&mut V> {
        self.workspaces.get_mut(workspace)?.get_mut(key)
    }

    /// Returns the names as they are stored, so that rows share one text.
    pub(crate) fn names(&self, workspace: &WorkspaceId, key: &K) -> Option<(&WorkspaceId, &K)> {
        let (workspace, rows) = self.workspaces.get_key_value(workspace)?;
        Some((workspace, rows.get_key_value(key)?.0))
    }

    pub(crate) fn entry(&mut self, workspace: &WorkspaceId, key: K) -> Entry<'_, K, V> {
        self.workspaces.entry(workspace.clone()).or_default().entry(key)
    }

    pub(crate) fn insert(&mut self, workspace: &WorkspaceId, key: K, row: V) {
        self.workspaces.entry(workspace.clone()).or_default().insert(key, row);
    }

    pub(crate) fn remove(&mut self, workspace: &WorkspaceId, key: &K) -> Option<V> {
        let rows = self.workspaces.get_mut(workspace)?;
        let row = rows.remove(key);
        if rows.is_empty() {
            self.workspaces.remove(workspace);
        }
        row
    }

    /// Walks over rows of one workspace, in the order of keys.
    pub(crate) fn range(
        &self,
        workspace: &WorkspaceId,
        keys: impl RangeBounds<K>,
    ) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.workspaces.get(workspace).map(|rows| rows.range(keys)).into_iter().flatten()
    }

    /// Walks over every row of every workspace.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&WorkspaceId, &K, &V)> {
        self.workspaces.iter().flat_map(|(workspace, rows)| rows.iter().map(move |(k, v)| (workspace, k, v)))
    }
}

impl<K, V> Default for ByWorkspace<K, V> {
    fn default() -> Self {
        Self { workspaces: BTreeMap::new() }
    }
}

//! Documents whose versions are immutable: scores and agents.

use std::{
    ops::Bound::{Excluded, Unbounded},
    sync::Arc,
};

use maestro_core::{domain::WorkspaceId, ports::store::ConflictReason};

use crate::by_workspace::ByWorkspace;

/// Every version of every document of a kind.
pub(crate) struct Versions<K, V> {
    documents: ByWorkspace<K, Document<V>>,
}

/// The versions of one document, from 1 without gaps.
struct Document<V> {
    versions: Vec<Arc<V>>,
    is_deleted: bool,
}

impl<K: Ord + Clone, V: PartialEq + Clone> Versions<K, V> {
    /// Stores version `number`; tells whether it is new.
    pub(crate) fn save(
        &mut self,
        workspace: &WorkspaceId,
        id: &K,
        number: u32,
        value: &V,
    ) -> Result<bool, ConflictReason> {
        let known = self.documents.get(workspace, id);
        if known.is_some_and(|document| document.is_deleted) {
            return Err(ConflictReason::Taken);
        }
        let latest = known.map_or(0, |document| document.versions.len());
        let Some(index) = (number as usize).checked_sub(1) else { return Err(ConflictReason::Changed) };
        if index > latest {
            return Err(ConflictReason::Changed);
        }
        if let Some(taken) = known.and_then(|document| document.versions.get(index)) {
            return if **taken == *value { Ok(false) } else { Err(ConflictReason::Taken) };
        }
        let document = self.documents.entry(workspace, id.clone());
        let document = document.or_insert_with(|| Document { versions: Vec::new(), is_deleted: false });
        document.versions.push(Arc::new(value.clone()));
        Ok(true)
    }

    /// Returns a version by its number, deleted or not, or the latest of what is not deleted.
    pub(crate) fn get(&self, workspace: &WorkspaceId, id: &K, number: Option<u32>) -> Option<Arc<V>> {
        let document = self.documents.get(workspace, id)?;
        let version = match number {
            Some(number) => document.versions.get((number as usize).checked_sub(1)?),
            None => document.latest(),
        };
        version.cloned()
    }

    /// Walks over the latest versions of what is not deleted, in the order of ids, from after `after`.
    pub(crate) fn latest(&self, workspace: &WorkspaceId, after: Option<&K>) -> impl Iterator<Item = &Arc<V>> {
        let start = after.map_or(Unbounded, |after| Excluded(after.clone()));
        self.documents.range(workspace, (start, Unbounded)).filter_map(|(_, document)| document.latest())
    }

    /// Deletes a document; tells whether there was one.
    pub(crate) fn delete(&mut self, workspace: &WorkspaceId, id: &K) -> bool {
        match self.documents.get_mut(workspace, id) {
            Some(document) if !document.is_deleted => {
                document.is_deleted = true;
                true
            }
            _ => false,
        }
    }
}

impl<V> Document<V> {
    fn latest(&self) -> Option<&Arc<V>> {
        self.versions.last().filter(|_| !self.is_deleted)
    }
}

impl<K, V> Default for Versions<K, V> {
    fn default() -> Self {
        Self { documents: ByWorkspace::default() }
    }
}

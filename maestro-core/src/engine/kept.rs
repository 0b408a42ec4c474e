//! Things that never change, kept once they were read: the newest so many.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Values by keys, at most so many: the oldest is left out first.
pub(crate) struct Kept<K, V> {
    most: usize,
    inner: Mutex<Inner<K, V>>,
}

struct Inner<K, V> {
    values: BTreeMap<K, V>,
    oldest: VecDeque<K>,
}

impl<K: Ord + Clone, V: Clone> Kept<K, V> {
    pub(crate) fn at_most(most: usize) -> Self {
        Self { most, inner: Mutex::new(Inner { values: BTreeMap::new(), oldest: VecDeque::new() }) }
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        self.inner().values.get(key).cloned()
    }

    pub(crate) fn put(&self, key: K, value: V) {
        let mut inner = self.inner();
        if inner.values.insert(key.clone(), value).is_none() {
            inner.oldest.push_back(key);
        }
        if inner.oldest.len() > self.most
            && let Some(oldest) = inner.oldest.pop_front()
        {
            inner.values.remove(&oldest);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner<K, V>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

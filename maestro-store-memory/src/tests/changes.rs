//! Change streams: who is too slow, who stays alone, who comes late.

use maestro_core::ports::store::{Change, Changed, EventStore, RunStore, WorkerStore};

use super::fixtures::{at, new_run, run_ref, workspace};
use crate::{MemoryStore, store::CHANGES_KEPT};

#[tokio::test]
async fn a_listener_that_lags_is_told_so_and_goes_on() {
    let store = MemoryStore::new();
    let mut changes = store.changes().await.unwrap();
    for _ in 0..=CHANGES_KEPT {
        store.pause_workspace(&workspace("a"), None).await.unwrap();
    }
    assert_eq!(changes.next().await, None);
    let heard = Change { workspace: workspace("a"), changed: Changed::Workspace };
    for _ in 0..CHANGES_KEPT {
        assert_eq!(changes.next().await, Some(heard.clone()));
    }
}

#[tokio::test]
async fn a_listener_waits_on_even_when_nobody_else_has_the_store() {
    let store = MemoryStore::new();
    let mut changes = store.changes().await.unwrap();
    store.pause_workspace(&workspace("a"), None).await.unwrap();
    drop(store);
    assert!(changes.next().await.is_some());
    let waited = tokio::select! {
        biased;
        change = changes.next() => Err(change),
        () = tokio::task::yield_now() => Ok(()),
    };
    assert_eq!(waited, Ok(()));
}

#[tokio::test]
async fn a_change_that_changes_nothing_is_not_told() {
    let store = MemoryStore::new();
    let run = new_run(run_ref("a", "one", 1), at(0));
    store.enqueue(std::slice::from_ref(&run), at(0)).await.unwrap();
    let mut changes = store.changes().await.unwrap();
    store.enqueue(&[run], at(1)).await.unwrap();
    store.enqueue(&[new_run(run_ref("a", "one", 2), at(0))], at(1)).await.unwrap();
    let told = changes.next().await.unwrap().changed;
    let run = run_ref("a", "one", 2);
    assert_eq!(told, Changed::Run { orchestra_id: run.orchestra_id, run_id: run.run_id });
}

#[test]
fn a_panic_under_the_lock_does_not_take_the_store_along() {
    let store = MemoryStore::new();
    let other = store.clone();
    let panicked = std::thread::spawn(move || other.read(|_| panic!("on purpose"))).join();
    assert!(panicked.is_err());
    assert_eq!(store.read(|state| state.paused.len()), 0);
}

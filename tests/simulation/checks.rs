//! What must hold in every world once it is calm.

use std::collections::{BTreeMap, BTreeSet};

use maestro::{
    MemoryStore, Run, RunStatus, WorkspaceId,
    domain::{FiringOutcome, OrchestraId, RunId, StepStatus, Trigger},
    ports::store::{OrchestraStore, RunStore, StepQuery},
};

use crate::{process::Effects, scores};

pub(crate) async fn all(
    store: &MemoryStore,
    effects: &Effects,
    orchestras: &[OrchestraId],
    runs: &[Run],
    asked: &BTreeMap<(OrchestraId, String), RunId>,
    seed: u64,
) {
    let broken = effects.broken.lock().unwrap().clone();
    assert!(broken.is_empty(), "seed {seed}: {broken:#?}");
    for (key, times) in effects.paid.lock().unwrap().iter() {
        assert_eq!(*times, 1, "seed {seed}: the effect {key} that may happen once happened {times} times");
    }
    let known: BTreeSet<RunId> = runs.iter().map(|run| run.id).collect();
    assert!(asked.values().all(|run| known.contains(run)), "seed {seed}: a run that was promised is gone");
    for run in runs {
        check_steps(store, run, seed).await;
    }
    check_keys(runs, seed);
    check_successors(runs, seed);
    for orchestra in orchestras {
        check_ledger(store, orchestra, runs, seed).await;
        let live = store.orchestra(&WorkspaceId::default(), orchestra).await.unwrap().live;
        assert_eq!(live.total(), 0, "seed {seed}: {orchestra} counts live runs that are not");
    }
    assert!(store.held(10).await.unwrap().is_empty(), "seed {seed}: runs are held behind nothing");
}

/// A run that ended well has no step that is neither over nor left to a person, and of each step one last word.
async fn check_steps(store: &MemoryStore, run: &Run, seed: u64) {
    let steps = store.steps(&run.workspace, run.id, &StepQuery::default(), u32::MAX).await.unwrap();
    let mut last = BTreeMap::new();
    for step in &steps {
        assert!(
            !run.status.is_good() || step.status.is_final(),
            "seed {seed}: {} ended with {step:?}",
            run.id
        );
        last.insert(step.key.clone(), step.clone());
    }
    for step in steps.iter().filter(|step| step.attempt < last[&step.key].attempt) {
        // Played anew, or cut off by force and left to a person.
        let had_its_last_word = step.generation < last[&step.key].generation;
        let was_cut_off = step.status == StepStatus::Cancelled && step.started_at.is_some();
        assert!(
            step.is_retried() || had_its_last_word || was_cut_off,
            "seed {seed}: {} has two last words on {}: {steps:#?}",
            run.id,
            step.key
        );
    }
}

/// Asking twice with one key gives one run, also when the answer was lost and nobody knows its id.
fn check_keys(runs: &[Run], seed: u64) {
    let mut keys = BTreeSet::new();
    for run in runs.iter().filter(|run| run.trigger == Trigger::Api) {
        if let Some(key) = run.input.value().unwrap().get("key") {
            let key = (&run.orchestra_id, key.as_str());
            assert!(keys.insert(key), "seed {seed}: two runs for {key:?}");
        }
    }
}

/// What ended well is followed by exactly one run, what did not by none; but who is cancelled by force at the very end may
/// have been followed already.
fn check_successors(runs: &[Run], seed: u64) {
    let mut followers: BTreeMap<RunId, u32> = BTreeMap::new();
    for run in runs {
        if let Trigger::Finish { of } = run.trigger {
            *followers.entry(of).or_default() += 1;
        }
    }
    for run in runs {
        let count = followers.get(&run.id).copied().unwrap_or(0);
        let follows = scores::follower(run.orchestra_id.as_str()).is_some();
        let expected = match run.status {
            _ if !follows => 0..=0,
            RunStatus::Cancelled => 0..=1,
            status if status.is_good() => 1..=1,
            _ => 0..=0,
        };
        assert!(expected.contains(&count), "seed {seed}: {count} runs follow {run:?}");
    }
}

/// Every slot is covered by one row, in order; what fired has its one run, and every run of a slot has its row.
async fn check_ledger(store: &MemoryStore, orchestra: &OrchestraId, runs: &[Run], seed: u64) {
    let workspace = WorkspaceId::default();
    let state = store.orchestra(&workspace, orchestra).await.unwrap().orchestra;
    let mut rows = store.firings(&workspace, orchestra, None, u32::MAX).await.unwrap();
    rows.reverse();
    let mut fired = BTreeSet::new();
    if let Some(cron) = &state.cron {
        let mut slot = cron.next_after(state.created_at, &state.timezone);
        for row in &rows {
            assert_eq!(
                Some(row.slot),
                slot,
                "seed {seed}: {orchestra} has a gap or an overlap before {row:?}, created {}: {rows:#?}",
                state.created_at
            );
            let count = cron.count_between(row.slot, row.until_slot, &state.timezone) + 1;
            assert_eq!(row.count, count, "seed {seed}: {orchestra} miscounts {row:?}");
            slot = cron.next_after(row.until_slot, &state.timezone);
        }
        assert_eq!(
            state.next_fire_at, slot,
            "seed {seed}: the watermark of {orchestra} is not behind its ledger"
        );
    }
    for row in &rows {
        let played = matches!(row.outcome, FiringOutcome::Fired | FiringOutcome::Buffered);
        assert_eq!(played, row.run_id.is_some(), "seed {seed}: {row:?}");
        if let Some(run) = row.run_id {
            assert!(fired.insert((row.slot, run)), "seed {seed}: {row:?}");
        }
    }
    let of_slots: BTreeSet<_> = runs
        .iter()
        .filter(|run| run.orchestra_id == *orchestra)
        .filter_map(|run| match run.trigger {
            Trigger::Cron { slot } => Some((slot, run.id)),
            _ => None,
        })
        .collect();
    assert_eq!(fired, of_slots, "seed {seed}: the ledger of {orchestra} and its runs disagree");
}

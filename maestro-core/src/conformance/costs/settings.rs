//! The clauses of settings.

use std::sync::Arc;

use super::home;
use crate::{
    conformance::kit::{
        Bench, Lease, TEXTS, assert_conflict, at, at_once, park, sorted, step, tick, workspace,
    },
    domain::{
        Actor, DAILY_BUDGET, Failure, RunId, RunRecord, RunStep, StepStatus, WorkspaceId, WorkspaceSettings,
    },
    ports::{
        Store,
        store::{ConflictReason, WorkspaceState},
    },
};

fn numbered(revision: u32, second: i64) -> WorkspaceSettings {
    WorkspaceSettings { revision, updated_at: Some(at(second) + tick()), ..WorkspaceSettings::default() }
}

async fn save(store: &Arc<dyn Store>, settings: &WorkspaceSettings) {
    store.save_settings(&home(), settings).await.expect("settings are saved");
}

/// Every field of the settings reads back equal; a pause and settings leave each other alone.
pub async fn settings_read_back_equal(store: Arc<dyn Store>) {
    let read = async |of: &WorkspaceId| store.settings(of).await.expect("settings are read");
    assert_eq!(read(&home()).await, WorkspaceSettings::default(), "settings that nobody touched");
    let actor = Actor::new("somebody");
    for (index, text) in TEXTS.iter().enumerate() {
        let settings = WorkspaceSettings {
            daily_budget_cents: [None, Some(0), Some(1_000_000_000_000)][index % 3],
            default_model: (*text).to_owned(),
            timezone: ["UTC", "America/Argentina/Buenos_Aires"][index % 2].parse().expect("a zone"),
            ..numbered(1 + index as u32, index as i64)
        };
        save(&store, &settings).await;
        assert_eq!(read(&home()).await, settings, "as they were saved");
        let paused = (index % 2 == 0).then_some((&actor, at(5)));
        store.pause_workspace(&home(), paused).await.expect("a workspace is paused or resumed");
        assert_eq!(read(&home()).await, settings, "a pause leaves them alone");
        let state = store.workspace(&home()).await.expect("switches are read");
        let paused = paused.map(|(actor, at)| (actor.clone(), at));
        assert_eq!(state, WorkspaceState { paused }, "and they leave the pause alone");
    }
    assert_eq!(read(&workspace("other")).await, WorkspaceSettings::default(), "those of another workspace");
}

/// A revision that does not follow is a conflict, unless the content is the same.
pub async fn settings_are_compared(store: Arc<dyn Store>) {
    let refused = async |settings: &WorkspaceSettings, what: &str| {
        assert_conflict(store.save_settings(&home(), settings).await, &[ConflictReason::Changed], what);
    };
    refused(&numbered(0, 0), "revision 0").await;
    refused(&numbered(2, 0), "revision 2 as the first").await;
    store.pause_workspace(&home(), None).await.expect("a workspace is resumed");
    refused(&numbered(2, 0), "revision 2 as the first of a workspace that was paused once").await;
    for revision in 1..=3 {
        let settings = numbered(revision, 1);
        save(&store, &settings).await;
        save(&store, &settings).await; // the call may be repeated
        refused(
            &WorkspaceSettings { daily_budget_cents: Some(1), ..settings },
            "others at the same revision",
        )
        .await;
        refused(&numbered(revision + 2, 1), "a revision that leaves a gap").await;
    }
    refused(&numbered(1, 1), "an old revision").await;
    let answers = at_once((0..8).map(|cents| {
        let (store, edit) = (Arc::clone(&store), numbered(4, 2));
        let edit = WorkspaceSettings { daily_budget_cents: Some(cents), ..edit };
        async move { store.save_settings(&home(), &edit).await.is_ok() }
    }))
    .await;
    let won: Vec<_> = (0..8).filter(|cents| answers[*cents as usize]).collect();
    assert_eq!(won.len(), 1, "of many who edit at once one does: {answers:?}");
    let stored = store.settings(&home()).await.expect("settings are read");
    assert_eq!(stored.daily_budget_cents, Some(won[0]), "and it is the one who was told so");
}

/// Records that a run waits for the budget since a moment, and parks it.
async fn wait(bench: &Bench, lease: &Lease, second: i64) -> RunId {
    let waiting = RunStep {
        error: Some(Failure::new(DAILY_BUDGET, "spent")),
        started_at: Some(at(second)),
        resume_at: Some(at(86_400)),
        ..step("draft.m1", 1, StepStatus::Waiting, 0)
    };
    let record = RunRecord { steps: vec![waiting], ..lease.record(1, park(Some(at(86_400)), 0)) };
    bench.apply(&record, at(second)).await;
    lease.run.run_id
}

/// Runs whose wait for the budget began before the edit, or less than ten seconds after it, are found, and no others.
pub async fn an_edit_of_settings_finds_who_waits_for_the_budget(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "an_edit_of_settings_finds_who_waits_for_the_budget");
    let mut waits = Vec::new();
    for second in [10, 20, 29, 30] {
        let lease = bench.started().await;
        waits.push(wait(&bench, &lease, second).await);
    }
    let gone = bench.started().await;
    wait(&bench, &gone, 10).await;
    store.cancel(&home(), gone.run.run_id, false, &Actor::new("x"), at(11)).await.expect("a run is ended");
    let delayed = bench.started().await;
    let waiting = RunStep { started_at: Some(at(10)), ..step("nap", 1, StepStatus::Waiting, 0) };
    bench.apply(&RunRecord { steps: vec![waiting], ..delayed.record(1, park(None, 0)) }, at(10)).await;

    let found = async |limit| sorted(store.budget_waits(limit).await.expect("waits are named"));
    let named = |runs: &[RunId]| sorted(runs.iter().map(|run| (home(), *run)));
    assert_eq!(found(9).await, [], "the settings were never edited");
    store.save_settings(&workspace("other"), &numbered(1, 99)).await.expect("settings are saved");
    assert_eq!(found(9).await, [], "nor were they, whatever others do");
    save(&store, &WorkspaceSettings { updated_at: Some(at(20)), ..numbered(1, 0) }).await;
    for _ in 0..2 {
        assert_eq!(found(9).await, named(&waits[..3]), "who waited before, or may not have known of it");
    }
    assert_eq!(found(2).await.len(), 2, "no more than asked for");
    let lease = {
        let (ws, id) = (home(), waits[0]);
        store.signal(&ws, id, &bench.wake(at(21))).await.expect("a signal is kept");
        bench.take(bench.worker(), at(21)).await
    };
    assert_eq!(found(9).await, named(&waits[..3]), "who was woken waits until its row says something else");
    let goes_on = RunStep { started_at: Some(at(21)), ..step("draft.m1", 1, StepStatus::Running, 0) };
    bench.apply(&lease.writes(2, &[goes_on]), at(21)).await;
    assert_eq!(found(9).await, named(&waits[1..3]), "who goes on waits no longer");
    save(&store, &WorkspaceSettings { updated_at: Some(at(40)), ..numbered(2, 0) }).await;
    assert_eq!(found(9).await, named(&waits[1..]), "another edit finds who has waited since");
}

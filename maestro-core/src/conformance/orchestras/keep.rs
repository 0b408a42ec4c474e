//! Clauses of keeping orchestras: whole, once, counted, listed.

use std::sync::Arc;

use super::{quiet, read, scheduled};
use crate::{
    conformance::kit::{
        Bench, Lease, TEXTS, assert_conflict, assert_not_found, at, at_once, orchestra_id, park, read_pages,
        succeeded, tick, workspace,
    },
    domain::{Actor, LiveCount, Misfire, NewRun, OnFinish, Orchestra, Overlap, Score, ScoreId},
    ports::{
        Store,
        store::{ConflictReason, OrchestraState},
    },
};

async fn create(store: &Arc<dyn Store>, orchestra: &Orchestra) {
    store.create_orchestra(orchestra).await.expect("an orchestra is created");
}

fn idle(orchestra: Orchestra) -> OrchestraState {
    OrchestraState { orchestra, live: LiveCount::default() }
}

/// Every field of an orchestra reads back equal.
pub async fn an_orchestra_reads_back_equal(store: Arc<dyn Store>) {
    let home = workspace(Bench::WORKSPACE);
    let crons = ["0 9 * * *", "*/5 0-6,22 1,15 jan-mar mon-fri", "@hourly"];
    let zones = ["UTC", "America/New_York", "Asia/Kathmandu"];
    let mut orchestras = vec![quiet(Bench::WORKSPACE, &"x".repeat(64))];
    for (index, text) in TEXTS.iter().enumerate() {
        let other = TEXTS[(index + 3) % TEXTS.len()];
        let cron = read(crons[index % 3]);
        orchestras.push(Orchestra {
            name: (*text).to_owned(),
            tag: other.to_owned(),
            description: format!("{text} {other}"),
            cron: (index % 4 != 3).then_some(cron),
            timezone: read(zones[index % 3]),
            score_id: ScoreId::new("y".repeat(64)).expect("a good score id"),
            enabled: index % 2 == 0,
            secret_bindings: [("slot".to_owned(), (*text).to_owned()), (other.to_owned(), String::new())]
                .into(),
            overlap: Overlap::ALL[index % 4],
            misfire: Misfire::ALL[index % 3],
            catchup_window_s: [0, 1, i32::MAX as u32][index % 3],
            max_concurrent_runs: [None, Some(1), Some(i32::MAX as u32)][index % 3],
            budget_cents: [Some(0), None, Some(Score::MAX_BUDGET_CENTS)][index % 3],
            on_finish: (index % 2 == 1).then(|| OnFinish { orchestra_id: orchestra_id("finale") }),
            revision: 1 + index as u32,
            schedule_rev: 7 + index as u32,
            next_fire_at: (index % 3 != 1).then(|| at(99_999) + tick()),
            created_at: at(-1) + tick(),
            updated_at: at(-1) + tick() * 2,
            ..quiet(Bench::WORKSPACE, &format!("orchestra_{index}"))
        });
    }
    for orchestra in &orchestras {
        create(&store, orchestra).await;
        let found = store.orchestra(&home, &orchestra.id).await.expect("an orchestra is found");
        assert_eq!(found, idle(orchestra.clone()), "an orchestra that was created");
    }
    orchestras.sort_by(|one, two| one.id.cmp(&two.id));
    let listed = store.orchestras(&home, None, 99).await.expect("orchestras are listed");
    assert_eq!(listed, orchestras.into_iter().map(idle).collect::<Vec<_>>(), "and in the list");
}

/// A taken or deleted id is a conflict, the very same call included.
pub async fn an_orchestra_id_is_never_given_again(store: Arc<dyn Store>) {
    let orchestra = quiet(Bench::WORKSPACE, "overture");
    let other = Orchestra { name: "other".to_owned(), ..orchestra.clone() };
    create(&store, &orchestra).await;
    let refused = async |orchestra: &Orchestra, what: &str| {
        let answer = store.create_orchestra(orchestra).await;
        assert_conflict(answer, &[ConflictReason::Taken], what);
    };
    refused(&orchestra, "the same orchestra again").await;
    refused(&other, "another one under a taken id").await;
    let found = store.orchestra(&orchestra.workspace, &orchestra.id).await.expect("an orchestra is found");
    assert_eq!(found.orchestra, orchestra, "a refused creation changes nothing");
    store.delete_orchestra(&orchestra.workspace, &orchestra.id).await.expect("an orchestra is deleted");
    refused(&orchestra, "the same orchestra after its deletion").await;
    refused(&other, "another one under a deleted id").await;
    assert_not_found(store.orchestra(&orchestra.workspace, &orchestra.id).await, "a deleted orchestra");
    create(&store, &Orchestra { workspace: workspace("other"), ..orchestra }).await;

    let answers = at_once((0..8).map(|number| {
        let store = Arc::clone(&store);
        let rival = Orchestra { name: number.to_string(), ..quiet(Bench::WORKSPACE, "rush") };
        async move { store.create_orchestra(&rival).await.is_ok() }
    }))
    .await;
    let won: Vec<_> = (0..8).filter(|number| answers[*number]).collect();
    assert_eq!(won.len(), 1, "of many who create at once one does: {answers:?}");
    let id = orchestra_id("rush");
    let found = store.orchestra(&workspace(Bench::WORKSPACE), &id).await.expect("an orchestra is found");
    assert_eq!(found.orchestra.name, won[0].to_string(), "and it is the one who was told so");
}

/// An orchestra of another workspace is not found.
pub async fn an_orchestra_is_found_in_its_workspace_only(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "an_orchestra_is_found_in_its_workspace_only");
    let ours = quiet(Bench::WORKSPACE, Bench::ORCHESTRA);
    create(&store, &ours).await;
    bench.enter(&[bench.run()]).await;
    for of in ["other", "main_1:a.b@c-d", "default"] {
        let other = workspace(of);
        assert_not_found(store.orchestra(&other, &ours.id).await, "an orchestra of another workspace");
        assert_not_found(store.firings(&other, &ours.id, None, 9).await, "its ledger");
        assert_not_found(store.delete_orchestra(&other, &ours.id).await, "a deletion in another workspace");
        assert_eq!(
            store.orchestras(&other, None, 9).await.expect("orchestras are listed"),
            [],
            "another list"
        );
        let theirs = Orchestra { name: of.to_owned(), ..quiet(of, Bench::ORCHESTRA) };
        create(&store, &theirs).await;
        let found = store.orchestra(&other, &ours.id).await.expect("an orchestra is found");
        assert_eq!(found, idle(theirs), "each workspace has its own, and counts its own runs");
        store.delete_orchestra(&other, &ours.id).await.expect("an orchestra is deleted");
    }
    let found = store.orchestra(&ours.workspace, &ours.id).await.expect("an orchestra is found");
    let live = LiveCount { active: 1, held: 0 };
    assert_eq!(found, OrchestraState { orchestra: ours, live }, "what others do changes nothing");
    let never = store.orchestra(&workspace(Bench::WORKSPACE), &orchestra_id("never")).await;
    assert_not_found(never, "an orchestra that never was");
}

/// An orchestra without its runs is the same in every field, also while runs are live, and is found where it is.
pub async fn a_bare_orchestra_is_the_whole_orchestra(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "a_bare_orchestra_is_the_whole_orchestra");
    let ours = Orchestra {
        cron: Some(read("*/5 0-6,22 1,15 jan-mar mon-fri")),
        timezone: read("Asia/Kathmandu"),
        secret_bindings: [("slot".to_owned(), "key".to_owned())].into(),
        max_concurrent_runs: Some(3),
        budget_cents: Some(7),
        on_finish: Some(OnFinish { orchestra_id: orchestra_id("finale") }),
        next_fire_at: Some(at(99_999) + tick()),
        ..quiet(Bench::WORKSPACE, Bench::ORCHESTRA)
    };
    let elsewhere = workspace("other");
    assert_not_found(store.bare_orchestra(&ours.workspace, &ours.id).await, "before it is created");
    create(&store, &ours).await;
    bench.enter(&[bench.run()]).await;
    let found = store.bare_orchestra(&ours.workspace, &ours.id).await.expect("an orchestra is found");
    assert_eq!(found, ours);
    assert_not_found(store.bare_orchestra(&elsewhere, &ours.id).await, "an orchestra of another workspace");
    let gone = quiet(Bench::WORKSPACE, "gone");
    create(&store, &gone).await;
    store.delete_orchestra(&gone.workspace, &gone.id).await.expect("an orchestra is deleted");
    assert_not_found(store.bare_orchestra(&gone.workspace, &gone.id).await, "a deleted orchestra");
}

/// Live runs are counted, active and held apart, exactly up to 1,000 of both together.
pub async fn live_runs_are_counted(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "live_runs_are_counted");
    let home = workspace(Bench::WORKSPACE);
    for id in [Bench::ORCHESTRA, "another"] {
        create(&store, &quiet(Bench::WORKSPACE, id)).await;
    }
    let counts = async |active, held, what: &str| {
        let one =
            store.orchestra(&home, &orchestra_id(Bench::ORCHESTRA)).await.expect("an orchestra is found");
        assert_eq!(one.live, LiveCount { active, held }, "{what}");
        let listed = store.orchestras(&home, None, 9).await.expect("orchestras are listed");
        assert_eq!(listed[1], one, "{what}: in the list");
    };
    counts(0, 0, "no run").await;
    bench.enter(&[NewRun { due_at: at(500), ..bench.run() }, bench.run()]).await;
    counts(2, 0, "runs that are due, now or later").await;
    let held: Vec<_> = (0..2).map(|_| NewRun { max_concurrent_runs: Some(0), ..bench.run() }).collect();
    bench.enqueue(&held, at(0)).await;
    bench.enqueue(&held, at(0)).await;
    bench.enter(&[bench.run_in(Bench::WORKSPACE, "another"), bench.run_in("other", Bench::ORCHESTRA)]).await;
    counts(2, 2, "held runs, and those of others").await;
    let worker = bench.worker();
    let claimed = bench.claim(worker, at(0), 9).await;
    let own = claimed
        .iter()
        .find(|one| one.run.orchestra_id == orchestra_id(Bench::ORCHESTRA))
        .expect("one is due");
    counts(2, 2, "a run that is played").await;
    let lease = Lease { run: own.run.clone(), claim_no: 1, worker };
    bench.apply(&lease.record(1, park(Some(at(5)), 0)), at(1)).await;
    counts(2, 2, "a parked run").await;
    bench.store.promote(&home, &orchestra_id(Bench::ORCHESTRA), Some(3)).await.expect("held runs are let go");
    counts(3, 1, "a run that was let go").await;
    let cancelled = held.iter().map(|new| new.run.run_id).max().expect("two are held");
    store.cancel(&home, cancelled, false, &Actor::new("x"), at(2)).await.expect("a run is cancelled");
    counts(3, 0, "a held run that was cancelled").await;
    let lease = Lease { claim_no: 2, ..lease };
    let claimed = bench.claim(worker, at(5), 9).await;
    assert!(claimed.iter().any(|one| one.run == lease.run), "the parked run is due");
    bench.apply(&lease.record(2, succeeded()), at(6)).await;
    counts(2, 0, "a run that has ended").await;
    let many: Vec<_> = (2..1_000).map(|_| bench.run()).collect();
    bench.enter(&many).await;
    counts(1_000, 0, "as many as are counted for certain").await;
}

/// Each orchestra once, none that was deleted.
pub async fn orchestras_are_listed_in_pages(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "orchestras_are_listed_in_pages");
    let home = workspace(Bench::WORKSPACE);
    let mut expected = Vec::new();
    // created in another order than that of the bytes of their ids
    for id in ["b", "a_b", "a", &"z".repeat(64), "ab", "a-b", "0", "a-c"] {
        let orchestra = scheduled(Bench::WORKSPACE, id, at(100));
        create(&store, &orchestra).await;
        create(&store, &quiet("other", id)).await;
        bench.enter(&[bench.run_in(Bench::WORKSPACE, id)]).await;
        expected.push(OrchestraState { orchestra, live: LiveCount { active: 1, held: 0 } });
    }
    expected.sort_by(|one, two| one.orchestra.id.cmp(&two.orchestra.id));
    let gone = quiet(Bench::WORKSPACE, "a-bb");
    create(&store, &gone).await;
    store.delete_orchestra(&home, &gone.id).await.expect("an orchestra is deleted");
    for limit in [1, 3, 8, 99] {
        let found = read_pages(limit, |last: Option<OrchestraState>| {
            let (store, home) = (Arc::clone(&store), home.clone());
            let last = last.map(|state| state.orchestra.id);
            async move { store.orchestras(&home, last.as_ref(), limit).await }
        })
        .await;
        assert_eq!(found, expected, "pages of {limit}");
    }
    let found = store.orchestras(&home, Some(&gone.id), 1).await.expect("orchestras are listed");
    assert_eq!(found, expected[3..4], "after an id that is not listed");
}

//! Firing many orchestras at once, by many schedulers, while people ask for runs.

#![allow(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::{collections::BTreeSet, sync::Arc};

use chrono::{DateTime, TimeDelta, Utc};
use maestro_core::{
    domain::{
        Class, LiveCount, Misfire, NewRun, Orchestra, OrchestraId, Overlap, Payload, RunId, RunRef, Trigger,
        WorkspaceId, Zone,
    },
    ports::{
        Entropy, SystemEntropy,
        store::{
            ConflictReason, Fire, FireAnswer, FireEntry, OrchestraStore, RunStore, SlotPlan, StoreError,
            WorkerStore,
        },
    },
};
use maestro_store_postgres::PostgresStore;
use maestro_store_postgres_harness::Database;
use tokio::task::JoinSet;

fn slot(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_953_200 + minute * 60, 0).unwrap()
}

/// Returns an orchestra that is due at the slot of minute 0.
fn orchestra(number: usize, overlap: Overlap, max_concurrent_runs: Option<u32>) -> Orchestra {
    Orchestra {
        workspace: WorkspaceId::new(format!("workspace-{}", number % 7)).unwrap(),
        id: format!("orchestra-{number}").parse().unwrap(),
        name: number.to_string(),
        tag: String::new(),
        description: String::new(),
        cron: Some("* * * * *".parse().unwrap()),
        timezone: Zone::default(),
        score_id: "score".parse().unwrap(),
        enabled: true,
        secret_bindings: Default::default(),
        overlap,
        misfire: Misfire::FireOnce,
        catchup_window_s: 60,
        max_concurrent_runs,
        budget_cents: None,
        on_finish: None,
        revision: 1,
        schedule_rev: 1,
        next_fire_at: Some(slot(0)),
        created_at: slot(-1),
        updated_at: slot(-1),
    }
}

fn new_run(workspace: &WorkspaceId, orchestra_id: &OrchestraId, at: DateTime<Utc>) -> NewRun {
    let run_id = RunId::at(at, SystemEntropy.next_u128());
    NewRun {
        run: RunRef { workspace: workspace.clone(), orchestra_id: orchestra_id.clone(), run_id },
        score_id: "score".parse().unwrap(),
        score_version: 1,
        agents: Vec::new(),
        trigger: Trigger::Cron { slot: at },
        class: Class::Normal,
        due_at: at,
        input: Payload::empty_object(),
        key: None,
        max_concurrent_runs: None,
        exclusive: false,
        promotes: false,
    }
}

/// Plays the slot of a minute.
fn fire(orchestra: &Orchestra, minute: i64) -> Fire {
    let (workspace, orchestra_id) = (orchestra.workspace.clone(), orchestra.id.clone());
    let new = new_run(&workspace, &orchestra_id, slot(minute));
    let plan = SlotPlan::Play(Box::new(new));
    Fire {
        schedule_rev: orchestra.schedule_rev,
        expected: slot(minute),
        next_fire_at: Some(slot(minute + 1)),
        entries: vec![FireEntry { slot: slot(minute), until_slot: slot(minute), count: 1, late_ms: 0, plan }],
        workspace,
        orchestra_id,
    }
}

async fn create(store: &PostgresStore, orchestras: &[Orchestra]) {
    for orchestra in orchestras {
        store.create_orchestra(orchestra).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_schedulers_fire_every_slot_once_in_few_round_trips() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let orchestras: Arc<[Orchestra]> =
        (0..1_000).map(|number| orchestra(number, Overlap::Allow, None)).collect();
    create(&store, &orchestras).await;
    for minute in 0..3 {
        let mut firing = JoinSet::new();
        for scheduler in 0..3 {
            let (store, orchestras) = (database.store().await, Arc::clone(&orchestras));
            firing.spawn(async move {
                let mut fires: Vec<_> = orchestras.iter().map(|orchestra| fire(orchestra, minute)).collect();
                fires.rotate_left(scheduler * 300); // in no order in particular
                let answers = store.fire(&fires, slot(minute)).await.unwrap();
                store.close().await;
                let fired = fires.into_iter().zip(answers).filter(|(_, answer)| *answer != FireAnswer::Stale);
                fired.map(|(fire, _)| (fire.workspace, fire.orchestra_id)).collect::<Vec<_>>()
            });
        }
        let fired: Vec<_> = firing.join_all().await.into_iter().flatten().collect();
        assert_eq!(fired.len(), 1_000, "each slot is fired by one scheduler");
        assert_eq!(fired.into_iter().collect::<BTreeSet<_>>().len(), 1_000);
    }
    for orchestra in orchestras.iter().step_by(97) {
        let found = store.orchestra(&orchestra.workspace, &orchestra.id).await.unwrap();
        assert_eq!(found.orchestra.next_fire_at, Some(slot(3)));
        assert_eq!(found.live, LiveCount { active: 3, held: 0 });
        let ledger = store.firings(&orchestra.workspace, &orchestra.id, None, 9).await.unwrap();
        assert_eq!(ledger.iter().map(|row| row.slot).collect::<Vec<_>>(), [slot(2), slot(1), slot(0)]);
    }
    store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_holds_however_slots_and_people_meet() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let limit = 3;
    let orchestras: Arc<[Orchestra]> =
        (0..20).map(|number| orchestra(number, Overlap::Allow, Some(limit))).collect();
    create(&store, &orchestras).await;
    let mut asking = JoinSet::new();
    for _ in 0..3 {
        let (scheduler, due) = (database.store().await, Arc::clone(&orchestras));
        asking.spawn(async move {
            for minute in 0..2 {
                let fires: Vec<_> = due.iter().map(|orchestra| fire(orchestra, minute)).collect();
                scheduler.fire(&fires, slot(minute)).await.unwrap();
            }
            scheduler.close().await;
        });
        let (people, wanted) = (database.store().await, Arc::clone(&orchestras));
        asking.spawn(async move {
            for orchestra in wanted.iter() {
                let asked = new_run(&orchestra.workspace, &orchestra.id, slot(0));
                let asked = NewRun { max_concurrent_runs: Some(limit), trigger: Trigger::Manual, ..asked };
                people.enqueue(&[asked], slot(0)).await.unwrap();
                people.promote(&orchestra.workspace, &orchestra.id, Some(limit)).await.unwrap();
            }
            people.close().await;
        });
    }
    asking.join_all().await;
    for orchestra in orchestras.iter() {
        let found = store.orchestra(&orchestra.workspace, &orchestra.id).await.unwrap();
        assert_eq!(found.live, LiveCount { active: limit.into(), held: 2 }, "{:?}", orchestra.id);
    }
    store.close().await;
}

#[tokio::test]
async fn an_orchestra_that_is_named_twice_in_a_call_fires_in_order() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let one = orchestra(0, Overlap::Skip, None);
    create(&store, std::slice::from_ref(&one)).await;
    let fires = [fire(&one, 0), fire(&one, 1), fire(&one, 1)];
    let answers = store.fire(&fires, slot(1) + TimeDelta::seconds(1)).await.unwrap();
    let outcomes: Vec<_> = answers
        .iter()
        .map(|answer| match answer {
            FireAnswer::Fired(rows) => rows[0].outcome.name(),
            FireAnswer::Stale => "stale",
        })
        .collect();
    assert_eq!(outcomes, ["fired", "skipped_overlap", "stale"]);
    store.close().await;
}

#[tokio::test]
async fn an_orchestra_that_makes_no_sense_keeps_no_other_from_firing() {
    let deeds = [
        "update maestro.orchestras set cron = 'whenever' where id = 'orchestra-1'",
        "update maestro.orchestras set timezone = 'Nowhere' where id = 'orchestra-1'",
        "update maestro.orchestras set secret_bindings = '[7]' where id = 'orchestra-1'",
        "update maestro.orchestras set score_id = 'NO ID' where id = 'orchestra-1'",
        "update maestro.schedules set next_fire_at = '-infinity' where orchestra_id = 'orchestra-1'",
        "update maestro.schedules set next_fire_at = 'infinity' where orchestra_id = 'orchestra-1'",
        "delete from maestro.orchestras where id = 'orchestra-1'",
    ];
    for deed in deeds {
        let database = Database::migrated().await;
        let store = database.store().await;
        let orchestras = [0, 1, 2].map(|number| orchestra(number, Overlap::Allow, None));
        create(&store, &orchestras).await;
        sqlx::raw_sql(deed).execute(&mut database.connection().await).await.unwrap();

        let (due, next) = store.due_schedules(slot(0), 9).await.unwrap();
        let due: Vec<_> = due.into_iter().map(|due| due.orchestra).collect();
        assert_eq!(due, [orchestras[0].clone(), orchestras[2].clone()], "{deed}");
        assert_eq!(next, None, "{deed}");
        let fires = [fire(&due[0], 0), fire(&due[1], 0)];
        let answers = store.fire(&fires, slot(0)).await.unwrap();
        assert!(!answers.contains(&FireAnswer::Stale), "{deed}");
        let odd = store.orchestra(&orchestras[1].workspace, &orchestras[1].id).await;
        match odd {
            Err(StoreError::Corrupt { id, .. }) => assert_eq!(id, "orchestra-1"),
            Err(StoreError::NotFound { .. }) if deed.starts_with("delete") => {}
            other => panic!("{deed}: {other:?}"),
        }
        store.close().await;
    }
}

#[tokio::test]
async fn an_orchestra_that_gets_a_run_while_its_deletion_waits_is_not_deleted() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let one = orchestra(0, Overlap::Allow, None);
    create(&store, std::slice::from_ref(&one)).await;
    // Whoever has the schedule plays a slot of it, and switches it off before it lets go.
    let mut other = database.connection().await;
    let switch_off = "begin; update maestro.schedules set enabled = false";
    sqlx::raw_sql(switch_off).execute(&mut other).await.unwrap();
    let runs = [new_run(&one.workspace, &one.id, slot(0))];
    let hint = store.enqueue_in(&mut other, &runs, slot(0)).await.unwrap();
    let waits = async {
        let mut admin = database.connection().await;
        let waiting =
            "select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'";
        while sqlx::raw_sql(waiting).execute(&mut admin).await.unwrap().rows_affected() == 0 {
            tokio::task::yield_now().await;
        }
        sqlx::raw_sql("commit").execute(&mut other).await.unwrap();
    };
    let (deleted, ()) = tokio::join!(store.delete_orchestra(&one.workspace, &one.id), waits);
    assert!(
        matches!(deleted, Err(StoreError::Conflict { reason: ConflictReason::LiveRuns, .. })),
        "{deleted:?}"
    );
    drop(hint.hint());
    store.close().await;
}

#[tokio::test]
async fn a_time_that_is_none_keeps_no_other_orchestra_from_firing() {
    let database = Database::migrated().await;
    let store = database.store().await;
    let orchestras = [0, 1, 2].map(|number| orchestra(number, Overlap::Skip, None));
    create(&store, &orchestras).await;
    let mut person = database.connection().await;
    for (id, time) in [("orchestra-0", "infinity"), ("orchestra-1", "-infinity")] {
        let sql = "update maestro.schedules set next_fire_at = $2::timestamptz where orchestra_id = $1";
        sqlx::query(sql).bind(id).bind(time).execute(&mut person).await.unwrap();
    }
    let (due, next) = store.due_schedules(slot(0), 10).await.unwrap();
    assert_eq!(due.iter().map(|due| due.orchestra.id.as_str()).collect::<Vec<_>>(), ["orchestra-2"]);
    assert_eq!(next, None);
    let paused = "insert into maestro.workspaces values ('workspace-0', 'infinity', 'ann')";
    sqlx::raw_sql(paused).execute(&mut person).await.unwrap();
    let state = store.workspace(&orchestras[0].workspace).await;
    assert!(matches!(state, Err(StoreError::Corrupt { .. })), "{state:?}");
    store.close().await;
}

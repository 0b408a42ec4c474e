//! Three schedulers on one database, killed in turns, over a crash of the server: every slot is played once and accounted for.

use std::{collections::BTreeSet, sync::Arc, thread, time::Duration};

use maestro::{
    Maestro, NewOrchestra, Options, PgOptions, PostgresStore, Roles, RunStatus, Score, Skill, StepError,
    WorkspaceId,
    domain::{FiringOutcome, Misfire, OrchestraId, Overlap, Trigger},
    ports::{
        Clock,
        store::{OrchestraStore, RunFilter, RunStore},
    },
};
use maestro_store_postgres_harness::{Cluster, Database};
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::fast_clock::FastClock;

/// In the minutes of the fast clock.
const ROUNDS: i32 = 9;

/// An engine on a runtime of its own: when that is dropped, all of it stops wherever it stands, and its connections break.
struct Process {
    end: Option<oneshot::Sender<()>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Process {
    fn start(url: &str, clock: FastClock) -> Self {
        let (end, ended) = oneshot::channel();
        let url = url.to_owned();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let engine = engine(&url, clock).await;
                let _ = ended.await;
                std::mem::forget(engine); // nothing is said to anybody
            });
            runtime.shutdown_background();
        });
        Self { end: Some(end), thread: Some(thread) }
    }

    fn kill(mut self) {
        drop(self.end.take());
        self.thread.take().unwrap().join().unwrap();
    }
}

async fn engine(url: &str, clock: FastClock) -> Maestro {
    // The server may be down just now.
    let store = loop {
        if let Ok(store) = PostgresStore::connect(PgOptions::from_url(url).unwrap()).await {
            break store;
        }
        tokio::task::yield_now().await;
    };
    let options = Options::default()
        .with_worker_ttl(Duration::from_secs(600))
        .with_renew_interval(Duration::from_secs(100))
        .with_sweep_interval(Duration::from_secs(100))
        .with_poll_interval(Duration::from_secs(30));
    let skill =
        Skill::new("test").operation("note", |_, input: Value| async move { Ok::<_, StepError>(input) });
    let builder = Maestro::builder(store).skill(skill).options(options).roles(Roles::all());
    builder.clock(Arc::new(clock)).build().await.unwrap()
}

#[tokio::test]
async fn every_slot_is_played_once_through_kills_and_a_crash_of_the_server() {
    let cluster = Cluster::start();
    let database = Database::empty_on(&cluster).await;
    let (store, clock) = (database.store().await, FastClock::starting_now());
    store.migrate().await.unwrap();
    let asker = engine(database.url(), clock).await;
    let orchestras = deploy(&asker).await;
    asker.shutdown(Duration::ZERO).await;

    let mut fleet: Vec<_> = (0..3).map(|_| Process::start(database.url(), clock)).collect();
    for round in 0..ROUNDS {
        clock.sleep(Duration::from_secs(150)).await;
        if round == ROUNDS / 2 {
            cluster.crash_and_restart();
            continue;
        }
        fleet.remove(0).kill();
        fleet.push(Process::start(database.url(), clock));
    }
    let asker = engine(database.url(), clock).await;
    for id in &orchestras {
        asker.default_workspace().disable_orchestra(id).await.unwrap();
    }
    for id in &orchestras {
        while store.orchestra(&WorkspaceId::default(), id).await.unwrap().live.total() > 0 {
            clock.sleep(Duration::from_secs(20)).await;
        }
        check(&store, id).await;
    }
    asker.shutdown(Duration::ZERO).await;
    fleet.into_iter().for_each(Process::kill);
    store.close().await;
}

async fn deploy(maestro: &Maestro) -> Vec<OrchestraId> {
    let workspace = maestro.default_workspace();
    let node = json!({"id": "note", "kind": "deterministic", "skill": "test", "operation": "note"});
    let score = Score::from_json(&json!({"name": "Note", "nodes": [node]})).unwrap();
    let score = workspace.save_score(score).await.unwrap();
    let mut ids = Vec::new();
    for (name, overlap, misfire) in [
        ("Skip", Overlap::Skip, Misfire::FireOnce),
        ("Queue", Overlap::QueueAll, Misfire::FireAll),
        ("Allow", Overlap::Allow, Misfire::FireAll),
    ] {
        let new = NewOrchestra::new(name, &score.id).cron("* * * * *").overlap(overlap).misfire(misfire);
        let id = workspace.create_orchestra(new).await.unwrap().id;
        workspace.enable_orchestra(&id).await.unwrap();
        ids.push(id);
    }
    ids
}

async fn check(store: &PostgresStore, id: &OrchestraId) {
    let workspace = WorkspaceId::default();
    let orchestra = store.orchestra(&workspace, id).await.unwrap().orchestra;
    let cron = orchestra.cron.unwrap();
    let mut rows = store.firings(&workspace, id, None, u32::MAX).await.unwrap();
    rows.reverse();
    let mut slot = cron.next_after(orchestra.created_at, &orchestra.timezone);
    let mut played = BTreeSet::new();
    for row in &rows {
        assert_eq!(Some(row.slot), slot, "{id} has a gap or an overlap before {row:?}");
        let is_played = matches!(row.outcome, FiringOutcome::Fired | FiringOutcome::Buffered);
        assert_eq!(is_played, row.run_id.is_some(), "{row:?}");
        played.extend(row.run_id.map(|run| (row.slot, run)));
        slot = cron.next_after(row.until_slot, &orchestra.timezone);
    }
    assert_eq!(orchestra.next_fire_at, slot, "the watermark of {id} is not behind its ledger");
    let runs = store.runs(&workspace, &of(id), None, u32::MAX).await.unwrap();
    assert!(runs.iter().all(|run| run.status == RunStatus::Succeeded), "{runs:#?}");
    let of_slots: BTreeSet<_> = runs
        .iter()
        .map(|run| match run.trigger {
            Trigger::Cron { slot } => (slot, run.id),
            _ => panic!("{run:?} was not asked for"),
        })
        .collect();
    assert_eq!(played, of_slots, "the ledger of {id} and its runs disagree");
    assert!(played.len() >= 15, "{id} played {} slots only", played.len());
}

fn of(id: &OrchestraId) -> RunFilter {
    let mut filter = RunFilter::default();
    filter.orchestra_id = Some(id.clone());
    filter
}

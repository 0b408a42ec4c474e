//! The tier of changes.

use std::{sync::Arc, time::Duration};

use super::{
    agents::small_agent,
    kit::{Bench, Lease, at, orchestra_id, park, succeeded, workspace},
    orchestras::{fire_of, plays, quiet, scheduled},
    scores::small_score,
};
use crate::{
    domain::{Actor, Disposition, NewRun, Orchestra, RunRef, RunStatus},
    ports::{
        Store,
        store::{ChangeStream, Changed, OrchestraEdit},
    },
};

/// How long a store may take to tell a change before it counts as never told.
const PATIENCE: Duration = Duration::from_secs(20);

/// Who listens.
struct Ear {
    stream: Box<dyn ChangeStream>,
}

impl Ear {
    async fn open(store: &Arc<dyn Store>) -> Self {
        Self { stream: store.changes().await.expect("a stream of changes begins") }
    }

    /// Waits until the change is told, or that some were missed, which says as much.
    #[allow(
        clippy::disallowed_methods,
        reason = "the end of waiting for what may never come; no promise rests on it"
    )]
    async fn hear(&mut self, of: &str, changed: &Changed, what: &str) {
        let waiting = async {
            loop {
                match self.stream.next().await {
                    None => return,
                    Some(change) if change.workspace == workspace(of) && change.changed == *changed => return,
                    Some(_) => {}
                }
            }
        };
        let heard = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(heard.is_ok(), "{what} was not told within {PATIENCE:?}: {changed:?} of {of}");
    }
}

fn changed(run: &RunRef) -> Changed {
    Changed::Run { orchestra_id: run.orchestra_id.clone(), run_id: run.run_id }
}

/// Who hears of a change and reads, reads the new state.
pub async fn a_change_is_told_after_it_is_readable(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "a_change_is_told_after_it_is_readable");
    let home = workspace(Bench::WORKSPACE);
    let mut ear = Ear::open(&store).await;
    for round in 0..8 {
        let new = bench.run_in(Bench::WORKSPACE, "overture");
        let enqueue = async { bench.enter(std::slice::from_ref(&new)).await };
        let read = async {
            ear.hear(Bench::WORKSPACE, &changed(&new.run), "a new run").await;
            let found = store.run(&home, new.run.run_id).await;
            assert!(found.is_ok(), "a run that was told of is not readable yet: {found:?}");
        };
        tokio::join!(read, enqueue);

        let worker = bench.worker();
        let lease = bench.take(worker, at(0)).await;
        ear.hear(Bench::WORKSPACE, &changed(&lease.run), "a claim").await;
        let finish = lease.record(1, succeeded());
        let end = async { bench.apply(&finish, at(1)).await };
        let read = async {
            ear.hear(Bench::WORKSPACE, &changed(&lease.run), "the end of a run").await;
            let status = bench.seen(&lease.run).await.status;
            assert_eq!(status, RunStatus::Succeeded, "an end that was told of is not readable yet");
        };
        tokio::join!(read, end);

        let orchestra = quiet(Bench::WORKSPACE, &format!("orchestra-{round}"));
        let create = async { store.create_orchestra(&orchestra).await.expect("an orchestra is created") };
        let read = async {
            ear.hear(Bench::WORKSPACE, &Changed::Orchestra(orchestra.id.clone()), "a new orchestra").await;
            let found = store.orchestra(&home, &orchestra.id).await;
            assert!(found.is_ok(), "an orchestra that was told of is not readable yet: {found:?}");
        };
        tokio::join!(read, create);
    }
}

/// Every kind of change is told, to everybody who listens.
pub async fn every_kind_of_change_is_told(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "every_kind_of_change_is_told");
    let mut ears = [Ear::open(&store).await, Ear::open(&store).await];
    let mut told = async |of: &str, change: &Changed, what: &str| {
        for ear in &mut ears {
            ear.hear(of, change, what).await;
        }
    };
    let home = Bench::WORKSPACE;
    let ws = workspace(home);
    let new = NewRun { max_concurrent_runs: Some(0), ..bench.run() };
    let run = changed(&new.run);
    let actor = Actor::new("x");
    bench.enqueue(std::slice::from_ref(&new), at(0)).await;
    told(home, &run, "a run that was enqueued").await;
    store.promote(&ws, &new.run.orchestra_id, None).await.expect("held runs are let go");
    told(home, &run, "a run that was let go").await;
    let worker = bench.worker();
    let lease = bench.take(worker, at(0)).await;
    told(home, &run, "a run that was claimed").await;
    bench.apply(&lease.record(1, Disposition::Continue), at(1)).await;
    told(home, &run, "a run that went on").await;
    bench.apply(&lease.record(2, park(None, 0)), at(2)).await;
    told(home, &run, "a run that was parked").await;
    store.signal(&ws, new.run.run_id, &bench.wake(at(3))).await.expect("a signal is kept");
    told(home, &run, "a run that was signalled").await;
    let lease: Lease = bench.take(worker, at(3)).await;
    told(home, &run, "a run that was claimed again").await;
    store.cancel(&ws, new.run.run_id, false, &actor, at(4)).await.expect("a run is asked to end");
    told(home, &run, "a run that was asked to end").await;
    store.reclaim(&[worker], at(5), 9).await.expect("runs are reclaimed");
    told(home, &run, "a run whose worker died").await;
    let lease = Lease { claim_no: bench.take(worker, at(5)).await.claim_no, ..lease };
    told(home, &run, "a run that was claimed again").await;
    bench.apply(&lease.record(3, succeeded()), at(6)).await;
    told(home, &run, "a run that ended").await;
    let second = bench.run_in("other", Bench::ORCHESTRA);
    bench.enter(std::slice::from_ref(&second)).await;
    told("other", &changed(&second.run), "a run of another workspace").await;
    store
        .cancel(&workspace("other"), second.run.run_id, false, &actor, at(7))
        .await
        .expect("a run is cancelled");
    told("other", &changed(&second.run), "a run that was cancelled").await;

    let orchestra = scheduled(home, "matinee", at(0));
    let of_orchestra = Changed::Orchestra(orchestra_id("matinee"));
    store.create_orchestra(&orchestra).await.expect("an orchestra is created");
    told(home, &of_orchestra, "an orchestra that was created").await;
    let slot = plays(&bench, &orchestra, at(0));
    store.fire(&[fire_of(&orchestra, None, vec![slot.clone()])], at(1)).await.expect("a slot fires");
    let fired = super::orchestras::run_of(&slot).run.clone();
    fired_is_told(&mut ears, &of_orchestra, &changed(&fired)).await;
    let mut told = async |of: &str, change: &Changed, what: &str| {
        for ear in &mut ears {
            ear.hear(of, change, what).await;
        }
    };
    store.cancel(&ws, fired.run_id, false, &actor, at(2)).await.expect("a run is cancelled");
    told(home, &changed(&fired), "the run of a slot that was cancelled").await;
    let off = Orchestra { enabled: false, revision: 2, next_fire_at: None, ..orchestra };
    let edit = OrchestraEdit {
        orchestra: off,
        expected_revision: 1,
        expected_next_fire_at: None,
        ledger: Vec::new(),
    };
    store.edit_orchestra(&edit).await.expect("an orchestra is edited");
    told(home, &of_orchestra, "an orchestra that was edited").await;
    store.delete_orchestra(&ws, &orchestra_id("matinee")).await.expect("an orchestra is deleted");
    told(home, &of_orchestra, "an orchestra that was deleted").await;

    let score = small_score("song", 1);
    let of_score = Changed::Score(score.id.clone());
    store.save_score(&ws, &score, at(0)).await.expect("a score is saved");
    told(home, &of_score, "a score that got a version").await;
    store.delete_score(&ws, &score.id).await.expect("a score is deleted");
    told(home, &of_score, "a score that was deleted").await;
    let agent = small_agent("scout", 1);
    let of_agent = Changed::Agent(agent.id.clone());
    store.save_agent(&ws, &agent).await.expect("an agent is saved");
    told(home, &of_agent, "an agent that got a version").await;
    store.delete_agent(&ws, &agent.id).await.expect("an agent is deleted");
    told(home, &of_agent, "an agent that was deleted").await;
    store.pause_workspace(&ws, Some((&actor, at(0)))).await.expect("a workspace is paused");
    told(home, &Changed::Workspace, "a workspace that was paused").await;
    store.pause_workspace(&ws, None).await.expect("a workspace is resumed");
    told(home, &Changed::Workspace, "a workspace that was resumed").await;
}

/// A slot that fires changes its orchestra and makes a run: both are told, in any order.
async fn fired_is_told(ears: &mut [Ear; 2], orchestra: &Changed, run: &Changed) {
    let [one, two] = ears;
    one.hear(Bench::WORKSPACE, orchestra, "an orchestra that fired").await;
    two.hear(Bench::WORKSPACE, run, "the run of a slot").await;
}

//! The tier of changes.

use std::{sync::Arc, time::Duration};

use super::{
    agents::small_agent,
    kit::{Bench, at, park, succeeded, workspace},
    orchestras::{fire_of, plays, quiet, run_of, scheduled},
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

    /// Waits until each of these changes is told, in any order, or that some were missed, which says as much.
    #[allow(
        clippy::disallowed_methods,
        reason = "the end of waiting for what may never come; no promise rests on it"
    )]
    async fn hear(&mut self, of: &str, changes: &[Changed], what: &str) {
        let mut left = changes.to_vec();
        let waiting = async {
            while !left.is_empty() {
                match self.stream.next().await {
                    None => return,
                    Some(change) if change.workspace == workspace(of) => {
                        left.retain(|one| *one != change.changed)
                    }
                    Some(_) => {}
                }
            }
        };
        let heard = tokio::time::timeout(PATIENCE, waiting).await;
        assert!(heard.is_ok(), "{what} was not told within {PATIENCE:?}: {left:?} of {of}");
    }
}

/// Two who listen to the same store.
struct Ears([Ear; 2]);

impl Ears {
    async fn hear(&mut self, changes: &[Changed], what: &str) {
        self.hear_of(Bench::WORKSPACE, changes, what).await;
    }

    async fn hear_of(&mut self, of: &str, changes: &[Changed], what: &str) {
        for ear in &mut self.0 {
            ear.hear(of, changes, what).await;
        }
    }
}

fn changed(run: &RunRef) -> Changed {
    Changed::Run { orchestra_id: run.orchestra_id.clone(), run_id: run.run_id }
}

fn signalled(run: &RunRef) -> Changed {
    Changed::Signal { orchestra_id: run.orchestra_id.clone(), run_id: run.run_id }
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
            ear.hear(Bench::WORKSPACE, &[changed(&new.run)], "a new run").await;
            let found = store.run(&home, new.run.run_id).await;
            assert!(found.is_ok(), "a run that was told of is not readable yet: {found:?}");
        };
        tokio::join!(read, enqueue);

        let worker = bench.worker();
        let lease = bench.take(worker, at(0)).await;
        ear.hear(Bench::WORKSPACE, &[changed(&lease.run)], "a claim").await;
        let finish = lease.record(1, succeeded());
        let end = async { bench.apply(&finish, at(1)).await };
        let read = async {
            ear.hear(Bench::WORKSPACE, &[changed(&lease.run)], "the end of a run").await;
            let status = bench.seen(&lease.run).await.status;
            assert_eq!(status, RunStatus::Succeeded, "an end that was told of is not readable yet");
        };
        tokio::join!(read, end);

        let orchestra = quiet(Bench::WORKSPACE, &format!("orchestra-{round}"));
        let create = async { store.create_orchestra(&orchestra).await.expect("an orchestra is created") };
        let read = async {
            ear.hear(Bench::WORKSPACE, &[Changed::Orchestra(orchestra.id.clone())], "a new orchestra").await;
            let found = store.orchestra(&home, &orchestra.id).await;
            assert!(found.is_ok(), "an orchestra that was told of is not readable yet: {found:?}");
        };
        tokio::join!(read, create);
    }
}

/// Every kind of change is told, to everybody who listens.
pub async fn every_kind_of_change_is_told(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "every_kind_of_change_is_told");
    let mut ears = Ears([Ear::open(&store).await, Ear::open(&store).await]);
    runs_are_told(&store, &bench, &mut ears).await;
    ends_are_told(&store, &bench, &mut ears).await;
    orchestras_are_told(&store, &bench, &mut ears).await;
    documents_are_told(&store, &mut ears).await;
}

async fn runs_are_told(store: &Arc<dyn Store>, bench: &Bench, ears: &mut Ears) {
    let (ws, worker) = (workspace(Bench::WORKSPACE), bench.worker());
    let new = NewRun { max_concurrent_runs: Some(0), ..bench.run() };
    let (run, signal) = (changed(&new.run), signalled(&new.run));
    let run_and_due = [run.clone(), Changed::Due];
    bench.enqueue(std::slice::from_ref(&new), at(0)).await;
    ears.hear(std::slice::from_ref(&run), "a run that was enqueued").await;
    store.promote(&ws, &new.run.orchestra_id, None).await.expect("held runs are let go");
    ears.hear(&run_and_due, "a run that was let go").await;
    let lease = bench.take(worker, at(0)).await;
    ears.hear(std::slice::from_ref(&run), "a run that was claimed").await;
    bench.apply(&lease.record(1, Disposition::Continue), at(1)).await;
    ears.hear(std::slice::from_ref(&run), "a run that went on").await;
    bench.apply(&lease.record(2, park(None, 0)), at(2)).await;
    ears.hear(std::slice::from_ref(&run), "a run that was parked").await;
    store.signal(&ws, new.run.run_id, &bench.wake(at(3))).await.expect("a signal is kept");
    ears.hear(&[run.clone(), signal.clone(), Changed::Due], "a run that was signalled and woke").await;
    let lease = bench.take(worker, at(3)).await;
    ears.hear(std::slice::from_ref(&run), "a run that was claimed again").await;
    bench.apply(&lease.record(3, park(Some(at(3)), 1)), at(3)).await;
    ears.hear(&run_and_due, "a run that was given back").await;
    bench.take(worker, at(3)).await;
    ears.hear(std::slice::from_ref(&run), "a run that was claimed again").await;
    store.signal(&ws, new.run.run_id, &bench.wake(at(4))).await.expect("a signal is kept");
    ears.hear(&[run.clone(), signal.clone()], "a run that was signalled while it was played").await;
    store.reclaim(&[worker], at(5), 9).await.expect("runs are reclaimed");
    ears.hear(&run_and_due, "a run whose worker died").await;
    let lease = bench.take(worker, at(5)).await;
    ears.hear(std::slice::from_ref(&run), "a run that was claimed again").await;
    let actor = Actor::new("x");
    store.cancel(&ws, new.run.run_id, false, &actor, at(6)).await.expect("a run is asked to end");
    ears.hear(&[run.clone(), signal], "a run that was asked to end").await;
    bench.apply(&lease.record(4, succeeded()), at(7)).await;
    ears.hear(&[run], "a run that ended").await;
}

async fn ends_are_told(store: &Arc<dyn Store>, bench: &Bench, ears: &mut Ears) {
    let actor = Actor::new("x");
    let lease = bench.started().await;
    ears.hear(&[changed(&lease.run), Changed::Due], "a run that was enqueued and claimed").await;
    store.cancel(&lease.run.workspace, lease.run.run_id, true, &actor, at(1)).await.expect("a run is ended");
    ears.hear(&[changed(&lease.run), signalled(&lease.run)], "a run that was ended over its worker's head")
        .await;

    let other = bench.run_in("other", Bench::ORCHESTRA);
    bench.enter(std::slice::from_ref(&other)).await;
    ears.hear_of("other", &[changed(&other.run), Changed::Due], "a run of another workspace").await;
    store
        .cancel(&other.run.workspace, other.run.run_id, false, &actor, at(2))
        .await
        .expect("a run is cancelled");
    ears.hear_of("other", &[changed(&other.run)], "a run that was cancelled").await;
}

async fn orchestras_are_told(store: &Arc<dyn Store>, bench: &Bench, ears: &mut Ears) {
    let orchestra = scheduled(Bench::WORKSPACE, "matinee", at(0));
    let told = [Changed::Orchestra(orchestra.id.clone())];
    store.create_orchestra(&orchestra).await.expect("an orchestra is created");
    ears.hear(&told, "an orchestra that was created").await;
    let slot = plays(bench, &orchestra, at(0));
    store.fire(&[fire_of(&orchestra, None, vec![slot.clone()])], at(1)).await.expect("a slot fires");
    let run = &run_of(&slot).run;
    ears.hear(&[told[0].clone(), changed(run), Changed::Due], "an orchestra that fired, and its run").await;
    store
        .cancel(&run.workspace, run.run_id, false, &Actor::new("x"), at(2))
        .await
        .expect("a run is cancelled");
    ears.hear(&[changed(run)], "the run of a slot that was cancelled").await;
    let off = Orchestra { enabled: false, revision: 2, next_fire_at: None, ..orchestra.clone() };
    let edit = OrchestraEdit {
        orchestra: off,
        expected_revision: 1,
        expected_next_fire_at: None,
        ledger: Vec::new(),
    };
    store.edit_orchestra(&edit).await.expect("an orchestra is edited");
    ears.hear(&told, "an orchestra that was edited").await;
    store.delete_orchestra(&orchestra.workspace, &orchestra.id).await.expect("an orchestra is deleted");
    ears.hear(&told, "an orchestra that was deleted").await;
}

async fn documents_are_told(store: &Arc<dyn Store>, ears: &mut Ears) {
    let ws = workspace(Bench::WORKSPACE);
    let score = small_score("song", 1);
    let told = [Changed::Score(score.id.clone())];
    store.save_score(&ws, &score, at(0)).await.expect("a score is saved");
    ears.hear(&told, "a score that got a version").await;
    store.delete_score(&ws, &score.id).await.expect("a score is deleted");
    ears.hear(&told, "a score that was deleted").await;
    let agent = small_agent("scout", 1);
    let told = [Changed::Agent(agent.id.clone())];
    store.save_agent(&ws, &agent).await.expect("an agent is saved");
    ears.hear(&told, "an agent that got a version").await;
    store.delete_agent(&ws, &agent.id).await.expect("an agent is deleted");
    ears.hear(&told, "an agent that was deleted").await;
    let actor = Actor::new("x");
    for paused in [Some((&actor, at(0))), None] {
        store.pause_workspace(&ws, paused).await.expect("a workspace is paused or resumed");
        ears.hear(&[Changed::Workspace], "a workspace that was paused or resumed").await;
    }
}

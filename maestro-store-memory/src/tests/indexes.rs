//! Whatever happens, every index says the same as the rows that it follows.

use maestro_core::{
    domain::{
        Actor, ClaimId, Class, Disposition, EnqueueKey, LiveState, NewRun, RunId, RunRecord, Signal,
        SignalId, SignalKind, WorkspaceId,
    },
    ports::store::{DueClass, RunStore, WorkerStore},
};
use proptest::prelude::*;

use super::fixtures::{at, finish, new_run, quota, run_ref, worker};
use crate::{MemoryStore, state::State};

#[derive(Clone, Debug)]
enum Call {
    Enqueue { number: u8, due: i64, limit: Option<u32>, exclusive: bool, key: Option<u8> },
    Claim { worker: u8, limit: u32 },
    Record { number: u8, claim_no: u32, seq: u32, what: u8 },
    Signal { number: u8, id: u8 },
    Cancel { number: u8, force: bool },
    Promote { number: u8, limit: Option<u32> },
    Reclaim { worker: u8 },
    Pause { number: u8, paused: bool },
    Prune { before: i64, limit: u32 },
}

fn call() -> impl Strategy<Value = Call> {
    let number = || 0..24_u8;
    let limit = || prop::option::of(1..3_u32);
    prop_oneof![
        6 => (number(), -5..40_i64, limit(), any::<bool>(), prop::option::of(0..4_u8)).prop_map(
            |(number, due, limit, exclusive, key)| Call::Enqueue { number, due, limit, exclusive, key }),
        5 => (1..4_u8, 1..5_u32).prop_map(|(worker, limit)| Call::Claim { worker, limit }),
        8 => (number(), 1..4_u32, 1..5_u32, 0..5_u8).prop_map(
            |(number, claim_no, seq, what)| Call::Record { number, claim_no, seq, what }),
        2 => (number(), 0..3_u8).prop_map(|(number, id)| Call::Signal { number, id }),
        2 => (number(), any::<bool>()).prop_map(|(number, force)| Call::Cancel { number, force }),
        2 => (number(), limit()).prop_map(|(number, limit)| Call::Promote { number, limit }),
        2 => (1..4_u8).prop_map(|worker| Call::Reclaim { worker }),
        1 => (number(), any::<bool>()).prop_map(|(number, paused)| Call::Pause { number, paused }),
        1 => (0..60_i64, 0..4_u32).prop_map(|(before, limit)| Call::Prune { before, limit }),
    ]
}

/// Spreads runs over two workspaces, three orchestras each and all classes.
fn run(number: u8, due: i64) -> NewRun {
    let (workspace, orchestra) = (["a", "b"][number as usize % 2], ["x", "y", "z"][number as usize % 3]);
    let class = Class::ALL[number as usize / 2 % 3];
    NewRun { class, ..new_run(run_ref(workspace, orchestra, number.into()), at(due)) }
}

async fn perform(store: &MemoryStore, call: &Call, second: i64) {
    let now = at(second);
    match *call {
        Call::Enqueue { number, due, limit, exclusive, key } => {
            let key = key.map(|key| EnqueueKey {
                key: key.to_string(),
                request_hash: number.into(),
                expires_at: at(second + 10),
            });
            let new = NewRun { max_concurrent_runs: limit, exclusive, key, ..run(number, due) };
            store.enqueue(&[new], now).await.unwrap();
        }
        Call::Claim { worker: by, limit } => {
            let quotas = [("a", Class::High), ("a", Class::Normal), ("b", Class::Normal), ("b", Class::Low)]
                .map(|(workspace, class)| quota(workspace, class, limit));
            store.claim(worker(by.into()), ClaimId::from_u128(second as u128), now, &quotas).await.unwrap();
        }
        Call::Record { number, claim_no, seq, what } => {
            let run = run(number, 0).run;
            let disposition = match what {
                0 => Disposition::Continue,
                1 => Disposition::Park { wake_at: Some(at(second + 3)), signals_seen: 0 },
                2 => Disposition::Park { wake_at: None, signals_seen: 0 },
                3 => Disposition::Falter { wake_at: at(second + 3) },
                _ => finish(),
            };
            let records = [1, 2, 3].map(|by| RunRecord {
                run: run.clone(),
                claim_no,
                worker: worker(by),
                seq,
                steps: Vec::new(),
                disposition: disposition.clone(),
            });
            store.record(&records, now).await.unwrap();
        }
        Call::Signal { number, id } => {
            let id = SignalId::from_u128(id.into());
            let signal = Signal { id, kind: SignalKind::Wake, actor: Actor::host(), at: now };
            let run = run(number, 0).run;
            let _ = store.signal(&run.workspace, run.run_id, &signal).await;
        }
        Call::Cancel { number, force } => {
            let run = run(number, 0).run;
            let _ = store.cancel(&run.workspace, run.run_id, force, &Actor::host(), now).await;
        }
        Call::Promote { number, limit } => {
            let run = run(number, 0).run;
            store.promote(&run.workspace, &run.orchestra_id, limit).await.unwrap();
        }
        Call::Reclaim { worker: by } => {
            store.reclaim(&[worker(by.into())], now, 2).await.unwrap();
        }
        Call::Pause { number, paused } => {
            let actor = Actor::host();
            let paused = paused.then_some((&actor, now));
            store.pause_workspace(&run(number, 0).run.workspace, paused).await.unwrap();
        }
        Call::Prune { before, limit } => {
            store.prune_runs(at(before), now, limit).await.unwrap();
        }
    }
}

fn check(state: &State) {
    let rows = state.runs.iter().map(|(.., row)| row.as_ref());
    assert_eq!(state.index, state.index.rebuilt(rows));
    state.keys.check();
}

/// What `due` shall answer, found by looking at every run.
fn due_by_looking(state: &State, second: i64) -> (Vec<DueClass>, Option<i64>) {
    let is_paused = |workspace: &WorkspaceId| state.paused.contains_key(workspace);
    let waiting: Vec<_> = state
        .runs
        .iter()
        .filter(|(workspace, _, row)| row.is_live() && !is_paused(workspace))
        .filter_map(|(workspace, _, row)| match row.live.state {
            LiveState::Due { at: Some(at) } => Some((workspace, row.live.class, at)),
            _ => None,
        })
        .collect();
    let due = waiting.iter().filter(|(.., due)| *due <= at(second));
    let mut due: Vec<_> = due
        .map(|(workspace, class, _)| DueClass { workspace: (*workspace).clone(), class: *class })
        .collect();
    due.sort();
    due.dedup();
    let next = waiting.iter().map(|(.., due)| *due).filter(|due| *due > at(second)).min();
    (due, next.map(|next| (next - at(0)).num_seconds()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn indexes_follow_the_rows_under_any_history(calls in prop::collection::vec(call(), 1..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let store = MemoryStore::new();
            for (second, call) in (0..).zip(&calls) {
                perform(&store, call, second).await;
                store.read(check);
                // Clocks may differ: some ask about a moment that others have left behind.
                let asked = if second % 3 == 0 { second / 2 } else { second };
                let (due, next) = store.due(at(asked), None, 9).await.unwrap();
                let next = next.map(|next| (next - at(0)).num_seconds());
                assert_eq!((due.clone(), next), store.read(|state| due_by_looking(state, asked)));
                if let Some(first) = due.first() {
                    let (mut round, _) = store.due(at(asked), Some(first), 9).await.unwrap();
                    round.rotate_right(1);
                    assert_eq!(round, due);
                }
                store.read(check);
            }
            store.prune_runs(at(1_000), at(1_000), u32::MAX).await.unwrap();
            let pruned = store.read(|state| { check(state); state.runs.iter().all(|(.., row)| row.is_live()) });
            assert!(pruned);
        });
    }
}

#[test]
fn a_run_id_may_live_in_two_workspaces() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let store = MemoryStore::new();
        let runs = ["a", "b"].map(|workspace| new_run(run_ref(workspace, "x", 1), at(0)));
        store.enqueue(&runs, at(0)).await.unwrap();
        store
            .cancel(&runs[0].run.workspace, RunId::from_u128(1), false, &Actor::host(), at(0))
            .await
            .unwrap();
        let other = store.run(&runs[1].run.workspace, RunId::from_u128(1)).await.unwrap();
        assert!(!other.status.is_final());
        store.read(check);
    });
}

//! Clauses of `enqueue`: once, whole, and as it was given.

use std::sync::Arc;

use crate::conformance::kit::{
    Bench, TEXTS, assert_not_found, at, drop_after_polls, ids, park, payloads, succeeded, tick,
};
use crate::{
    domain::{AgentId, AgentPin, Class, EnqueueKey, NewRun, Run, RunStatus, ScoreId, Totals, Trigger},
    ports::store::{Enqueued, RunStore, StoreError},
};

const ACCEPTED: Enqueued = Enqueued::Accepted { held: false };

/// The same run enqueued again changes nothing, even after it has ended.
pub async fn enqueue_is_repeatable(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "enqueue_is_repeatable");
    let new = bench.run();
    assert_eq!(
        bench.enqueue(&[new.clone(), new.clone()], at(0)).await,
        [ACCEPTED, ACCEPTED],
        "twice in a batch"
    );
    let again = async |what: &str| {
        let before = bench.seen(&new.run).await;
        assert_eq!(bench.enqueue(std::slice::from_ref(&new), at(50)).await, [ACCEPTED], "{what}");
        assert_eq!(bench.seen(&new.run).await, before, "{what}: enqueued again, the run changed");
    };
    again("due").await;
    let worker = bench.worker();
    let lease = bench.take(worker, at(0)).await;
    again("owned").await;
    bench.assert_nothing_to_claim(at(60), "a run that is owned was enqueued again").await;
    bench.apply(&lease.record(1, park(Some(at(100)), 0)), at(1)).await;
    again("parked").await;
    bench.assert_nothing_to_claim(at(60), "a run that is parked was enqueued again").await;
    let lease = bench.take(worker, at(100)).await;
    assert_eq!(lease.claim_no, 2, "enqueued again, a run keeps its claim number");
    bench.apply(&lease.record(2, succeeded()), at(101)).await;
    again("ended").await;
    bench.assert_nothing_to_claim(at(200), "a run that has ended was enqueued again").await;

    let held = NewRun { max_concurrent_runs: Some(0), ..bench.run() };
    let other = bench.run();
    let batch = [held.clone(), new, other];
    assert_eq!(bench.enqueue(&batch, at(0)).await, [Enqueued::Accepted { held: true }, ACCEPTED, ACCEPTED]);
    assert_eq!(bench.enqueue(&batch, at(0)).await, [ACCEPTED; 3], "held is not told again");
    let took = bench.claim(worker, at(200), 9).await;
    assert_eq!(took.len(), 1, "a held run that is enqueued again stays held, others are made once: {took:?}");
}

/// What was given reads back equal, in `run` and on claim.
pub async fn enqueue_keeps_every_field(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "enqueue_keeps_every_field");
    let longest = "x".repeat(64);
    let pin = |id: &str, version| AgentPin { agent_id: AgentId::new(id).expect("a good id"), version };
    let other = bench.run().run.run_id;
    let triggers = [
        Trigger::Manual,
        Trigger::Api,
        Trigger::Cron { slot: at(-5) + tick() },
        Trigger::Rerun { of: other },
        Trigger::Finish { of: other },
    ];
    let agents = [vec![], vec![pin("b", 2), pin("a", i32::MAX as u32)], vec![pin(&longest, 1)]];
    let mut runs: Vec<NewRun> = Vec::new();
    for (number, input) in payloads().into_iter().enumerate() {
        let key = TEXTS[number % TEXTS.len()].to_owned();
        let key = if key.is_empty() { "é".repeat(255) } else { key };
        runs.push(NewRun {
            score_id: ScoreId::new(if number == 0 { &longest } else { "score-1" }).expect("a good id"),
            score_version: [1, 7, i32::MAX as u32][number % 3],
            agents: agents[number % 3].clone(),
            trigger: triggers[number % 5].clone(),
            class: Class::ALL[number % 3],
            due_at: at(0) + tick() * i32::try_from(number).expect("few"),
            input,
            key: (number < TEXTS.len()).then_some(EnqueueKey {
                key,
                request_hash: u64::MAX,
                expires_at: at(900),
            }),
            max_concurrent_runs: (number % 2 == 0).then_some(1_000),
            promotes: number % 2 == 0,
            ..bench.run_in(Bench::WORKSPACE, if number == 1 { &longest } else { Bench::ORCHESTRA })
        });
    }
    let queued_at = at(1) + tick();
    assert_eq!(bench.enqueue(&runs, queued_at).await, vec![ACCEPTED; runs.len()]);
    for new in &runs {
        crate::conformance::kit::assert_same_run(
            &bench.seen(&new.run).await,
            &as_queued(new, queued_at),
            "a run that was enqueued",
        );
    }
    let mut claimed = bench.claim(bench.worker(), at(10), 99).await;
    claimed.sort_by_key(|claimed| claimed.run.run_id);
    runs.sort_by_key(|run| run.run.run_id);
    assert_eq!(claimed.len(), runs.len(), "every run is claimed");
    for (claimed, new) in claimed.iter().zip(&runs) {
        assert_eq!(claimed.run, new.run, "the run");
        assert_eq!(
            (&claimed.score_id, claimed.score_version),
            (&new.score_id, new.score_version),
            "the score"
        );
        assert_eq!((&claimed.agents, &claimed.trigger), (&new.agents, &new.trigger), "agents and trigger");
        assert_eq!((claimed.class, claimed.promotes), (new.class, new.promotes), "class and promotes");
        assert_eq!(claimed.input.as_str(), new.input.as_str(), "the text of the input");
        assert_eq!((claimed.queued_at, claimed.started_at), (queued_at, at(10)), "queued_at and started_at");
        assert_eq!((claimed.claim_no, claimed.recoveries), (1, 0), "claim_no and recoveries");
        assert_eq!((claimed.signals, claimed.cancel), (0, false), "signals and cancel");
    }
}

/// An error leaves no run of the batch, and neither does a caller that goes away half-way.
pub async fn a_batch_is_enqueued_whole_or_not_at_all(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_batch_is_enqueued_whole_or_not_at_all");
    for (number, polls) in [0, 1, 2, 3, 5, 8, 13].into_iter().enumerate() {
        let of = format!("dropped-{number}");
        let batch: Vec<_> = (0..20).map(|_| bench.run_in(&of, Bench::ORCHESTRA)).collect();
        let was_ready = drop_after_polls(polls, bench.store.enqueue(&batch, at(0))).await;
        let listed = bench.store.runs(&batch[0].run.workspace, &Default::default(), None, 100).await;
        let count = listed.expect("runs are listed").len();
        assert!(count == 0 || count == 20, "a call dropped after {polls} polls left {count} of 20 runs");
        assert!(count == 20 || !was_ready, "a call that has answered left no run");
        assert_eq!(bench.enqueue(&batch, at(0)).await, vec![ACCEPTED; 20], "the call can be repeated");
        let claimed = bench.claim_in(&of, bench.worker(), at(0), 99).await;
        assert_eq!(claimed.len(), 20, "after the repeated call each run can be claimed once");
    }
    let long = EnqueueKey { key: "k".repeat(256), request_hash: 1, expires_at: at(900) };
    let nul = EnqueueKey { key: "nul \0".to_owned(), ..long.clone() };
    for (number, key) in [long, nul].into_iter().enumerate() {
        let of = format!("odd-{number}");
        let [good, odd, last] = [0, 1, 2].map(|_| bench.run_in(&of, Bench::ORCHESTRA));
        let odd = NewRun { key: Some(key), ..odd };
        let batch = [good.clone(), odd.clone(), last.clone()];
        let answer = bench.store.enqueue(&batch, at(0)).await;
        let there = bench.store.runs(&good.run.workspace, &Default::default(), None, 9).await;
        let there = ids(&there.expect("runs are listed"));
        match answer {
            Ok(answers) => {
                assert_eq!(answers, [ACCEPTED; 3], "a key that is storable");
                assert_eq!(there.len(), 3, "a batch that was accepted is there");
                let stored = bench.seen(&odd.run).await.idempotency_key;
                assert_eq!(stored, odd.key.map(|key| key.key), "a key that is accepted reads back");
            }
            Err(error) => {
                assert!(matches!(error, StoreError::NotStorable { .. }), "a refused value: {error:?}");
                assert_eq!(there, [], "a refused batch leaves no run");
                for new in &batch {
                    let found = bench.store.run(&new.run.workspace, new.run.run_id).await;
                    assert_not_found(found, "a run of a refused batch");
                }
                assert_eq!(
                    bench.enqueue(&[good, last], at(0)).await,
                    [ACCEPTED; 2],
                    "the others, sent without it"
                );
            }
        }
    }
}

/// Returns the run that is seen right after enqueue.
fn as_queued(new: &NewRun, queued_at: chrono::DateTime<chrono::Utc>) -> Run {
    let new = new.clone();
    Run {
        workspace: new.run.workspace,
        id: new.run.run_id,
        orchestra_id: new.run.orchestra_id,
        score_id: new.score_id,
        score_version: new.score_version,
        agents: new.agents,
        trigger: new.trigger,
        status: RunStatus::Queued,
        input: new.input,
        output: None,
        result: None,
        error: None,
        class: new.class,
        idempotency_key: new.key.map(|key| key.key),
        queued_at,
        started_at: None,
        finished_at: None,
        totals: Totals::default(),
        revision: 0,
    }
}

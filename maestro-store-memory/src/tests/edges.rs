//! Edges of the contract that are decided here.

use maestro_core::{
    domain::{
        Actor, Disposition, EnqueueKey, Finish, FiringOutcome, Money, NewRun, RunId, RunStatus, RunStep,
        StepStatus, Totals, Usage,
    },
    ports::store::{
        CancelAnswer, Enqueued, Fire, FireAnswer, FireEntry, OrchestraStore, RecordAnswer, RunStore,
        SlotPlan, StepQuery, StoreError, WorkerStore,
    },
};

use super::fixtures::{at, claim, finish, new_run, orchestra, record, run_ref, step, worker, workspace};
use crate::MemoryStore;

fn is_applied(answers: &[RecordAnswer]) -> bool {
    matches!(answers, [RecordAnswer::Applied { .. }])
}

#[tokio::test]
async fn a_record_is_known_again_under_every_later_claim_and_a_late_one_never() {
    let store = MemoryStore::new();
    store.enqueue(&[new_run(run_ref("a", "one", 1), at(0))], at(0)).await.unwrap();
    let again = Disposition::Park { wake_at: Some(at(0)), signals_seen: 0 };
    let (one, two) = (worker(1), worker(2));

    let first = claim(&store, one, at(1)).await;
    let sent = [1, 2].map(|seq| record(&first, one, seq, Disposition::Continue));
    store.record(&sent, at(1)).await.unwrap();
    store.reclaim(&[one], at(1), 9).await.unwrap();
    let silent = claim(&store, two, at(2)).await; // records nothing
    store.reclaim(&[two], at(2), 9).await.unwrap();
    let third = claim(&store, two, at(3)).await;
    let parked = record(&third, two, 3, again);
    store.record(std::slice::from_ref(&parked), at(3)).await.unwrap();
    let fourth = claim(&store, two, at(4)).await;

    let check = async |live: bool| {
        for applied in [&sent[0], &sent[1], &parked] {
            assert!(is_applied(&store.record(std::slice::from_ref(applied), at(5)).await.unwrap()), "{live}");
        }
        let late = [
            record(&first, one, 3, Disposition::Continue),
            record(&silent, two, 2, Disposition::Continue),
            record(&third, two, 2, Disposition::Continue),
            record(&third, two, 4, finish()),
            record(&first, two, 1, Disposition::Continue),
        ];
        assert_eq!(store.record(&late, at(5)).await.unwrap(), [RecordAnswer::LeaseLost; 5], "{live}");
    };
    check(true).await;
    let cancelled = store.cancel(&workspace("a"), RunId::from_u128(1), true, &Actor::host(), at(6)).await;
    assert_eq!(cancelled.unwrap(), CancelAnswer::Cancelled);
    check(false).await;
    let late = store.record(&[record(&fourth, two, 4, finish())], at(6)).await.unwrap();
    assert_eq!(late, [RecordAnswer::LeaseLost]);
}

#[tokio::test]
async fn a_finish_that_is_no_end_is_refused_with_its_batch() {
    let store = MemoryStore::new();
    store.enqueue(&[new_run(run_ref("a", "one", 1), at(0))], at(0)).await.unwrap();
    let claimed = claim(&store, worker(1), at(0)).await;
    let running = Disposition::Finish(Finish {
        status: RunStatus::Running,
        output: None,
        result: None,
        error: None,
        totals: Totals::default(),
    });
    let batch = [Disposition::Continue, running].map(|what| record(&claimed, worker(1), 1, what));
    let refused = store.record(&batch, at(1)).await;
    assert!(matches!(refused, Err(StoreError::NotStorable { .. })));
    assert_eq!(store.history(&[claimed.run]).await.unwrap()[0].seq, 0);
}

#[tokio::test]
async fn a_key_too_long_leaves_no_run_of_its_batch() {
    let store = MemoryStore::new();
    let keyed = |number, key: &str, expires: i64| {
        let key = EnqueueKey { key: key.to_owned(), request_hash: 1, expires_at: at(expires) };
        NewRun { key: Some(key), ..new_run(run_ref("a", "one", number), at(0)) }
    };
    for bad in ["", &"k".repeat(256)] {
        let refused = store.enqueue(&[keyed(1, "fine", 9), keyed(2, bad, 9)], at(0)).await;
        assert!(matches!(refused, Err(StoreError::NotStorable { .. })));
    }
    let longest = "k".repeat(255);
    let answers = store.enqueue(&[keyed(1, &longest, 9), keyed(2, &longest, 9)], at(0)).await.unwrap();
    let duplicate = |number| Enqueued::Duplicate { run_id: RunId::from_u128(number), same_request: true };
    assert_eq!(answers, [Enqueued::Accepted { held: false }, duplicate(1)]);

    // Expired, it makes another run; that the first one is pruned then leaves it to the second.
    let again = store.enqueue(&[keyed(3, &longest, 99)], at(9)).await.unwrap();
    assert_eq!(again, [Enqueued::Accepted { held: false }]);
    store.cancel(&workspace("a"), RunId::from_u128(1), false, &Actor::host(), at(9)).await.unwrap();
    assert_eq!(store.prune_runs(at(10), at(10), 9).await.unwrap(), 1);
    let later = store.enqueue(&[keyed(4, &longest, 99)], at(10)).await.unwrap();
    assert_eq!(later, [duplicate(3)]);
}

#[tokio::test]
async fn steps_are_found_by_any_prefix_and_summed_when_rewritten() {
    let store = MemoryStore::new();
    store.enqueue(&[new_run(run_ref("a", "one", 1), at(0))], at(0)).await.unwrap();
    let claimed = claim(&store, worker(1), at(0)).await;
    let billed = |key: &str, status, nanos| RunStep {
        usage: Some(Usage { input: Some(1), ..Usage::default() }),
        cost: Some(Money::from_nanos(nanos)),
        ..step(key, status)
    };
    let mut first = record(&claimed, worker(1), 1, Disposition::Continue);
    first.steps = ["each", "each-not", "each.1.a", "each.10.a", "each.2.a", "eacha", "other"]
        .map(|key| billed(key, StepStatus::Unknown, 1))
        .to_vec();
    let mut second = record(&claimed, worker(1), 2, Disposition::Continue);
    second.steps = vec![billed("each.1.a", StepStatus::Succeeded, 5)];
    let mut third = record(&claimed, worker(1), 3, Disposition::Continue);
    third.steps = vec![billed("each.1.a", StepStatus::Failed, 9)]; // final once
    store.record(&[first, second, third], at(1)).await.unwrap();

    let keys = async |prefix: &str, after: Option<&str>, after_seq: Option<u32>| {
        let mut query = StepQuery::default();
        query.prefix = Some(prefix.to_owned());
        query.after = after.map(|after| (after.parse().unwrap(), 1));
        query.after_seq = after_seq;
        let steps = store.steps(&workspace("a"), RunId::from_u128(1), &query, 9).await.unwrap();
        steps.iter().map(|step| step.key.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(keys("", None, None).await.len(), 7);
    assert_eq!(keys("each.", None, None).await, ["each.1.a", "each.10.a", "each.2.a"]);
    assert_eq!(keys("each.1", None, None).await, ["each.1.a", "each.10.a"]);
    assert_eq!(keys("each.", Some("each.1.a"), None).await, ["each.10.a", "each.2.a"]);
    assert_eq!(keys("each.", Some("a"), None).await, ["each.1.a", "each.10.a", "each.2.a"]);
    assert_eq!(keys("each.", Some("other"), None).await, [""; 0]);
    assert_eq!(keys("", None, Some(1)).await, ["each.1.a"]);
    for none in ["each..", ".", "Each", "each.1.a.x"] {
        assert_eq!(keys(none, None, None).await, [""; 0], "{none}");
    }
    let run = store.run(&workspace("a"), RunId::from_u128(1)).await.unwrap();
    assert_eq!((run.totals.known, run.totals.input_tokens, run.revision), (Money::from_nanos(11), 7, 3));
}

fn play(number: u128, second: i64) -> FireEntry {
    let run = new_run(run_ref("a", "one", number), at(0));
    let (slot, plan) = (at(second), SlotPlan::Play(Box::new(run)));
    FireEntry { slot, until_slot: slot, count: 1, late_ms: 0, plan }
}

fn fire(expected: i64, entries: Vec<FireEntry>) -> Fire {
    Fire {
        workspace: workspace("a"),
        orchestra_id: "one".parse().unwrap(),
        schedule_rev: 1,
        expected: at(expected),
        next_fire_at: Some(at(expected + 10)),
        entries,
    }
}

#[tokio::test]
async fn a_slot_whose_run_cannot_be_made_is_written_down() {
    let store = MemoryStore::new();
    store.create_orchestra(&orchestra("one")).await.unwrap();
    store.enqueue(&[new_run(run_ref("a", "other", 7), at(0))], at(0)).await.unwrap();
    let answers = store.fire(&[fire(0, vec![play(7, 0), play(8, 5)])], at(0)).await.unwrap();
    let FireAnswer::Fired(rows) = &answers[0] else { panic!("{answers:?}") };
    let outcomes: Vec<_> = rows.iter().map(|row| (row.outcome, row.run_id)).collect();
    let eight = Some(RunId::from_u128(8));
    assert_eq!(outcomes, [(FiringOutcome::Error, None), (FiringOutcome::Fired, eight)]);
    // What the ledger says of a slot stays, and the slot is not played again.
    let answers = store.fire(&[fire(10, vec![play(9, 5)])], at(10)).await.unwrap();
    assert_eq!(answers, [FireAnswer::Fired(vec![rows[1].clone()])]);
    assert!(store.run(&workspace("a"), RunId::from_u128(9)).await.is_err());
}

#[tokio::test]
async fn no_slot_plays_in_a_paused_workspace_but_it_can_be_written_down() {
    let store = MemoryStore::new();
    store.create_orchestra(&orchestra("one")).await.unwrap();
    store.pause_workspace(&workspace("a"), Some((&Actor::host(), at(0)))).await.unwrap();
    let answers = store.fire(&[fire(0, vec![play(1, 0)])], at(0)).await.unwrap();
    assert_eq!(answers, [FireAnswer::Stale]);
    let plan = SlotPlan::Note { outcome: FiringOutcome::Disabled, reason: None };
    let note = FireEntry { plan, ..play(1, 0) };
    let answers = store.fire(&[fire(0, vec![note])], at(0)).await.unwrap();
    assert!(matches!(&answers[..], [FireAnswer::Fired(rows)] if rows.len() == 1));
}

//! Clauses of steps: final once, whole, in order, filtered.

use std::sync::Arc;

use crate::conformance::kit::{Bench, TEXTS, assert_same_steps, at, billed, payloads, read_pages, step};
use crate::{
    domain::{RunRef, RunStep, StepStatus, Totals},
    ports::store::{RunHistory, RunStore, StepQuery},
};

const OPEN: [StepStatus; 3] = [StepStatus::Running, StepStatus::Waiting, StepStatus::Unknown];

fn finals() -> impl Iterator<Item = StepStatus> {
    StepStatus::ALL.iter().copied().filter(|status| status.is_final())
}

/// A row of the same key and try replaces one that is not final, never one that is; of a row that ended, every field
/// reads back equal.
pub async fn a_step_row_is_final_once(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "a_step_row_is_final_once");
    let lease = bench.started().await;
    let mut expected = Vec::new();
    let mut first = Vec::new();
    for status in OPEN.into_iter().chain(finals()) {
        first.push(RunStep { started_at: Some(at(1)), ..step(&format!("from-{status}"), 1, status, 1) });
        first.push(step(&format!("from-{status}"), 2, status, 1));
    }
    bench.apply(&lease.writes(1, &first), at(1)).await;
    // try 1 of every row is written again; try 2 stays as it is
    let second: Vec<_> =
        first.iter().step_by(2).map(|row| billed(row.key.as_str(), 1, StepStatus::Waiting, 2)).collect();
    bench.apply(&lease.writes(2, &second), at(2)).await;
    let mut third = Vec::new();
    for row in first.iter().step_by(2) {
        third.push(billed(row.key.as_str(), 1, StepStatus::Succeeded, 3));
    }
    bench.apply(&lease.writes(3, &third), at(3)).await;
    for (index, row) in first.iter().enumerate() {
        let is_rewritten = index % 2 == 0 && !row.status.is_final();
        expected.push(if is_rewritten { third[index / 2].clone() } else { row.clone() });
    }
    let in_order = |mut steps: Vec<RunStep>| {
        steps.sort_by(|one, two| (&one.key, one.attempt).cmp(&(&two.key, two.attempt)));
        steps
    };
    let expected = in_order(expected);
    assert_same_steps(
        &bench.steps(&lease.run).await,
        &expected,
        "rows that are open are replaced, others never",
    );

    let mut rows = Vec::new();
    for (index, payload) in payloads().into_iter().enumerate() {
        for (number, status) in finals().enumerate() {
            let mut row = billed(&format!("p{index}.{number}"), 1 + number as u32, status, 4);
            (row.input, row.output) = (Some(payload.clone()), Some(payload.clone()));
            row.tool_name = Some(TEXTS[index % TEXTS.len()].to_owned());
            rows.push(row);
        }
    }
    rows.push(step(
        &["x".repeat(64), "0".to_owned(), "y".repeat(64)].join("."),
        30_000,
        StepStatus::Skipped,
        4,
    ));
    bench.apply(&lease.writes(4, &rows), at(4)).await;
    let expected = in_order(expected.into_iter().chain(rows.clone()).collect());
    assert_same_steps(&bench.steps(&lease.run).await, &expected, "every field of a row that ended");
    let again: Vec<_> = rows
        .iter()
        .map(|row| RunStep { seq: 5, ..step(row.key.as_str(), row.attempt, StepStatus::Failed, 5) })
        .collect();
    bench.apply(&lease.writes(5, &again), at(5)).await;
    assert_same_steps(&bench.steps(&lease.run).await, &expected, "a row that ended is never written again");
    let mut totals = Totals::default();
    for row in &expected {
        if let Some(usage) = &row.usage {
            totals.add(usage, row.cost);
        }
    }
    assert_eq!(bench.seen(&lease.run).await.totals, totals, "the totals count each row once, as it is now");
}

/// Every row and signal, and the number of the last record, in the order of the runs asked for.
pub async fn history_returns_what_was_recorded(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "history_returns_what_was_recorded");
    let lease = bench.started().await;
    let mut rows: Vec<_> = ["each.2.a", "each.10.a", "each", "b-c", "b.c", "b"]
        .iter()
        .flat_map(|key| [10, 9, 1].map(|attempt| billed(key, attempt, StepStatus::Failed, 1)))
        .collect();
    bench.apply(&lease.writes(1, &rows), at(1)).await;
    let late =
        RunStep { started_at: Some(at(2)), resume_at: Some(at(9)), ..step("a", 1, StepStatus::Waiting, 2) };
    bench.apply(&lease.writes(2, std::slice::from_ref(&late)), at(2)).await;
    rows.push(late);
    rows.sort_by(|one, two| (&one.key, one.attempt).cmp(&(&two.key, two.attempt)));
    // the order in which they came is not that of their times
    let signals = super::signal::one_of_each(&bench, [30, 10, 20, 40, 15, 5, 25, 35].map(at));
    for signal in &signals {
        bench.store.signal(&lease.run.workspace, lease.run.run_id, signal).await.expect("a signal is kept");
    }
    let (queued, elsewhere) = (bench.run(), bench.run_in("other", Bench::ORCHESTRA));
    bench.enter(&[queued.clone(), elsewhere]).await;
    let foreign = RunRef { workspace: crate::conformance::kit::workspace("other"), ..lease.run.clone() };
    let asked = [queued.run, lease.run.clone(), bench.run().run, foreign];
    let found = bench.store.history(&asked).await.expect("histories are read");
    let empty = RunHistory::default();
    assert_eq!(found.len(), 4, "each run is answered");
    assert_eq!((&found[0], &found[2], &found[3]), (&empty, &empty, &empty), "runs without records");
    assert_same_steps(&found[1].steps, &rows, "every row, in the order of keys and tries");
    assert_eq!(found[1].signals, signals, "every signal, in the order in which they came");
    assert_eq!(found[1].seq, 2, "the number of the last record");
    assert_eq!(bench.store.history(&[]).await.expect("no history is read"), []);
}

async fn three_loops(bench: &Bench) -> (RunRef, Vec<RunStep>) {
    let lease = bench.started().await;
    let keys = ["each", "each.0.a", "each.1.a", "each.10.a", "each.2.a", "each_1", "eachx1"];
    let mut rows = Vec::new();
    for (index, key) in keys.iter().enumerate() {
        for attempt in [1, 2, 10] {
            let seq = 1 + (index as u32 + attempt) % 3;
            rows.push(step(key, attempt, StepStatus::Failed, seq));
        }
    }
    for seq in 1..=3 {
        let written: Vec<_> = rows.iter().filter(|row| row.seq == seq).rev().cloned().collect();
        bench.apply(&lease.writes(seq, &written), at(1)).await;
    }
    let other = bench.started().await; // a run beside it, with the same keys
    bench.apply(&other.writes(1, &[step("each", 1, StepStatus::Succeeded, 1)]), at(1)).await;
    rows.sort_by(|one, two| (&one.key, one.attempt).cmp(&(&two.key, two.attempt)));
    (lease.run, rows)
}

/// Each step once, in the order of keys and tries.
pub async fn steps_are_listed_in_pages(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "steps_are_listed_in_pages");
    let (run, rows) = three_loops(&bench).await;
    for limit in [1, 4, 7, 21, 99] {
        let found = read_pages(limit, |last: Option<RunStep>| {
            let (store, run) = (Arc::clone(&bench.store), run.clone());
            let query = StepQuery { after: last.map(|row| (row.key, row.attempt)), ..StepQuery::default() };
            async move { store.steps(&run.workspace, run.run_id, &query, limit).await }
        })
        .await;
        assert_same_steps(&found, &rows, &format!("pages of {limit}"));
    }
    let between = StepQuery { after: Some((rows[0].key.clone(), 7)), ..StepQuery::default() };
    let found = bench.store.steps(&run.workspace, run.run_id, &between, 99).await.expect("steps are listed");
    assert_same_steps(&found, &rows[2..], "after a row that is not there");
    let queued = bench.run();
    bench.enter(std::slice::from_ref(&queued)).await;
    assert_eq!(bench.steps(&queued.run).await, [], "a run without records has no steps");
    let never = bench.run().run;
    let found = bench.store.steps(&never.workspace, never.run_id, &StepQuery::default(), 9).await;
    crate::conformance::kit::assert_not_found(found, "steps of a run that never was");
}

/// Steps are filtered by prefix and by record.
pub async fn steps_are_filtered(store: Arc<dyn RunStore>) {
    let bench = Bench::new(store, "steps_are_filtered");
    let (run, rows) = three_loops(&bench).await;
    let list = async |query: &StepQuery, limit| {
        bench.store.steps(&run.workspace, run.run_id, query, limit).await.expect("steps are listed")
    };
    for prefix in
        ["", "each", "each.", "each.1", "each.1.", "each_", "each.10.a", "each.10.a.", "%", "e%h", "E", "zzz"]
    {
        for after_seq in [None, Some(0), Some(1), Some(2), Some(3)] {
            for after in [None, Some((rows[4].key.clone(), rows[4].attempt))] {
                let place = |row: &RunStep| (row.key.clone(), row.attempt);
                let fits = |row: &&RunStep| {
                    row.key.as_str().starts_with(prefix)
                        && after_seq.is_none_or(|seq| row.seq > seq)
                        && after.as_ref().is_none_or(|after| place(row) > *after)
                };
                let expected: Vec<_> = rows.iter().filter(fits).cloned().collect();
                let query = StepQuery { prefix: Some(prefix.to_owned()), after_seq, after: after.clone() };
                let what = format!("{query:?}");
                assert_same_steps(&list(&query, 99).await, &expected, &what);
                let two = &expected[..expected.len().min(2)];
                assert_same_steps(&list(&query, 2).await, two, &format!("the first two of {what}"));
            }
        }
    }
    // a row that was replaced counts by the record that wrote it last
    let lease = bench.started().await;
    bench
        .apply(
            &lease.writes(1, &[step("a", 1, StepStatus::Running, 1), step("b", 1, StepStatus::Running, 1)]),
            at(1),
        )
        .await;
    bench.apply(&lease.writes(2, &[step("a", 1, StepStatus::Succeeded, 2)]), at(2)).await;
    let query = StepQuery { after_seq: Some(1), ..StepQuery::default() };
    let found = bench.store.steps(&lease.run.workspace, lease.run.run_id, &query, 9).await;
    assert_same_steps(
        &found.expect("steps are listed"),
        &[step("a", 1, StepStatus::Succeeded, 2)],
        "written after 1",
    );
}

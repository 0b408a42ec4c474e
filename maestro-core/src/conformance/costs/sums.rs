//! The clauses of sums: since a moment, and by what was billed.

use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::{bill, home, known, spent, write};
use crate::{
    conformance::kit::{Bench, Lease, at, orchestra_id, step, tick, workspace},
    domain::{
        CostGroup, CostSplit, Costs, Money, NodeId, RunStep, ScoreId, StepKind, StepStatus, Totals, Usage,
    },
    ports::Store,
};

/// What was billed since a moment is summed up to the nano-dollar, of the workspace alone.
pub async fn spent_is_the_sum_since_a_moment(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "spent_is_the_sum_since_a_moment");
    assert_eq!(spent(&*store, at(0)).await, known(0), "nothing was ever billed");
    let lease = bench.started().await;
    write(&bench, &lease, 1, &[bill("a", StepStatus::Succeeded, 1, None)], at(1)).await;
    let large = 3_000_000_000_000_000_001; // no float could hold it
    let rows = [bill("b", StepStatus::Succeeded, 1, Some(large)), bill("c", StepStatus::Failed, 1, Some(1))];
    write(&bench, &lease, 2, &rows, at(2)).await;
    write(&bench, &lease, 3, &[bill("d", StepStatus::Cancelled, 0, Some(0))], at(3)).await;
    let other = started_in(&bench, "other", Bench::ORCHESTRA).await;
    write(&bench, &other, 1, &[bill("a", StepStatus::Succeeded, 1, Some(77))], at(3)).await;

    let total = spent(&*store, at(1)).await;
    assert_eq!((total.known, total.has_unknown), (Money::from_nanos(large + 1), true), "all of it");
    assert_eq!(spent(&*store, at(1) + tick()).await, known(large + 1), "without what came before");
    assert_eq!(spent(&*store, at(2)).await, known(large + 1), "with what came at that very moment");
    assert_eq!(spent(&*store, at(2) + tick()).await, known(0), "and not a moment later");
    for moment in [DateTime::<Utc>::MIN_UTC, at(-1_000_000)] {
        assert!(spent(&*store, moment).await.has_unknown, "since ever");
    }
    let theirs = store.spent(&workspace("other"), at(0)).await.expect("what was spent is told");
    assert_eq!(theirs, known(77), "another workspace has its own");
}

async fn started_in(bench: &Bench, of: &str, orchestra: &str) -> Lease {
    bench.enter(&[bench.run_in(of, orchestra)]).await;
    let worker = bench.worker();
    let claimed = bench.claim_in(of, worker, at(0), 1).await.remove(0);
    Lease { run: claimed.run, claim_no: claimed.claim_no, worker }
}

/// Returns a turn of a model that used a token of each kind, twice of the next.
fn turn(key: &str, model: Option<&str>, tokens: u64, nanos: Option<i64>) -> RunStep {
    let usage = Usage {
        input: Some(tokens),
        output: Some(tokens * 2),
        cache_read: Some(tokens * 4),
        cache_write: Some(tokens * 8),
        reasoning: Some(1),
        raw: None,
    };
    RunStep {
        kind: StepKind::ModelTurn,
        usage: Some(usage),
        model: model.map(str::to_owned),
        cost: nanos.map(Money::from_nanos),
        ..step(key, 1, StepStatus::Succeeded, 0)
    }
}

fn sum(group: CostGroup, calls: u64, unpriced_calls: u64, tokens: u64, nanos: i64) -> Costs {
    let totals = Totals {
        input_tokens: tokens,
        output_tokens: tokens * 2,
        cache_read_tokens: tokens * 4,
        cache_write_tokens: tokens * 8,
        known: Money::from_nanos(nanos),
        has_unknown: unpriced_calls > 0,
    };
    Costs { group, calls, unpriced_calls, totals }
}

async fn sums(store: &dyn Store, by: CostSplit, since: DateTime<Utc>, until: DateTime<Utc>) -> Vec<Costs> {
    store.costs(&home(), &by, since, until).await.expect("costs are summed up")
}

/// Tokens of each kind, money and calls are summed up by what is asked, in the order of groups.
pub async fn costs_are_summed_by_what_is_asked(store: Arc<dyn Store>) {
    let bench = Bench::new(store.clone(), "costs_are_summed_by_what_is_asked");
    let first = bench.started().await;
    let second = started_in(&bench, Bench::WORKSPACE, "coda").await;
    let rows = [
        turn("draft.m1", Some("model-1"), 1, Some(10)),
        turn("each.3.draft.m1", Some("Model-2"), 10, Some(100)),
        RunStep { kind: StepKind::ToolCall, ..turn("draft.t1", None, 100, None) },
    ];
    write(&bench, &first, 1, &rows, at(1)).await;
    let odd = [
        RunStep {
            kind: StepKind::Deterministic,
            ..turn("each.0.again.1.fetch", Some("model-1"), 1_000, None)
        },
        RunStep { usage: None, ..turn("draft.m2", Some("model-1"), 0, Some(1_000)) },
    ];
    write(&bench, &second, 1, &odd, at(10)).await;
    let elsewhere = started_in(&bench, "other", Bench::ORCHESTRA).await;
    write(&bench, &elsewhere, 1, &rows, at(1)).await;

    let all = async |by| sums(&*store, by, at(0), at(99)).await;
    let model = |name: Option<&str>| CostGroup::Model(name.map(str::to_owned));
    let by_model = [
        sum(model(None), 1, 1, 100, 0),
        sum(model(Some("Model-2")), 1, 0, 10, 100),
        sum(model(Some("model-1")), 3, 1, 1_001, 1_010),
    ];
    assert_eq!(all(CostSplit::Models).await, by_model, "by model, in the order of bytes");
    let orchestra = |id: &str| -> CostGroup { CostGroup::Orchestra(orchestra_id(id)) };
    let by_orchestra =
        [sum(orchestra("coda"), 2, 1, 1_000, 1_000), sum(orchestra(Bench::ORCHESTRA), 3, 1, 111, 110)];
    assert_eq!(all(CostSplit::Orchestras).await, by_orchestra, "by orchestra");
    let node = |id: &str| CostGroup::Node { score_id: score_id("score"), node: node_id(id) };
    let by_node = [sum(node("draft"), 4, 1, 111, 1_110), sum(node("fetch"), 1, 1, 1_000, 0)];
    assert_eq!(all(CostSplit::Nodes).await, by_node, "by node: turns, tool calls and iterations together");
    days(&*store).await;
    let never = workspace("never");
    let none = store.costs(&never, &CostSplit::Models, at(0), at(99)).await.expect("costs are summed up");
    assert_eq!(none, [], "a workspace that was billed nothing");
}

async fn days(store: &dyn Store) {
    let day = |second: i64, calls, unpriced, tokens, nanos| {
        sum(CostGroup::Day(at(second)), calls, unpriced, tokens, nanos)
    };
    let by = |starts: &[i64]| CostSplit::Days(starts.iter().map(|second| at(*second)).collect());
    let both = [day(1, 3, 1, 111, 110), day(10, 2, 1, 1_000, 1_000)];
    assert_eq!(
        sums(store, by(&[1, 5, 10]), at(0), at(99)).await,
        both,
        "by day: each from its first instant on"
    );
    assert_eq!(
        sums(store, by(&[1, 5]), at(0), at(99)).await[1].group,
        CostGroup::Day(at(5)),
        "the last day goes on"
    );
    assert_eq!(
        sums(store, by(&[2, 10]), at(0), at(99)).await,
        both[1..],
        "what came before the first day is left out"
    );
    assert_eq!(sums(store, by(&[]), at(0), at(99)).await, [], "no days");
    assert_eq!(sums(store, by(&[1, 10]), at(1) + tick(), at(10)).await, [], "at or after, and before");
    assert_eq!(sums(store, by(&[1, 10]), at(1), at(10) + tick()).await, both, "to the microsecond");
}

fn score_id(id: &str) -> ScoreId {
    ScoreId::new(id).expect("a good score id")
}

fn node_id(id: &str) -> NodeId {
    NodeId::new(id).expect("a good node id")
}

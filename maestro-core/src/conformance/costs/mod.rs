//! The tier of settings and costs.

mod bills;
mod settings;
mod sums;

use chrono::{DateTime, Utc};

pub use self::bills::*;
pub use self::settings::*;
pub use self::sums::*;
use super::kit::{Bench, Lease, step, workspace};
use crate::{
    domain::{Money, RunStep, Spent, StepStatus, Usage, WorkspaceId},
    ports::store::CostStore,
};

/// Returns the workspace of runs that name no other.
fn home() -> WorkspaceId {
    workspace(Bench::WORKSPACE)
}

/// Returns a row that was billed so many tokens of input; `None` for the cost means that the price is unknown.
fn bill(key: &str, status: StepStatus, tokens: u64, nanos: Option<i64>) -> RunStep {
    RunStep {
        usage: Some(Usage { input: Some(tokens), output: Some(tokens * 2), ..Usage::default() }),
        model: Some("model-1".to_owned()),
        cost: nanos.map(Money::from_nanos),
        ..step(key, 1, status, 0)
    }
}

/// Records rows of a run.
async fn write(bench: &Bench, lease: &Lease, seq: u32, steps: &[RunStep], now: DateTime<Utc>) {
    bench.apply(&lease.writes(seq, steps), now).await;
}

async fn spent<S: CostStore + ?Sized>(store: &S, since: DateTime<Utc>) -> Spent {
    store.spent(&home(), since).await.expect("what was spent is told")
}

fn known(nanos: i64) -> Spent {
    Spent { known: Money::from_nanos(nanos), has_unknown: false }
}

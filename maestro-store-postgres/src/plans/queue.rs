//! Hot statements: one plan each, in every state of the queue that a database goes through.
//!
//! A plan that is right for an empty queue must not be wrong for a full one: it lasts until something invalidates it.

use std::collections::BTreeSet;

use maestro_store_postgres_harness::Database;
use sqlx::PgConnection;

use super::{
    explain::{plan, reads, run, set_up_hot},
    rows::{empty, fill_history, fill_others, fill_queue, leave_alone},
};

/// Rows of the queue and of the history while they are full.
const MANY: u32 = 1_000_000;
/// Rows of the other tables then.
const SOME: u32 = 20_000;

macro_rules! hot {
    ($($file:literal: [$($read:literal),* $(,)?]),* $(,)?) => {
        /// Every hot statement with what it reads.
        pub(super) const HOT: &[(&str, &str, &[&str])] =
            &[$(($file, include_str!(concat!("../../queries/", $file)), &[$($read),*])),*];
    };
}
hot! {
    "enqueue.sql": [],
    "enqueue_with_rules.sql": ["live_runs by live_runs_pkey", "runs by runs_pkey"],
    "known_runs.sql": ["run_keys by run_keys_pkey", "runs by runs_pkey"],
    "claim.sql": [
        "live_runs by Tid Scan",
        "live_runs by live_runs_due",
        "runs by runs_pkey",
        "workspaces by workspaces_pkey",
    ],
    "claimed.sql": ["live_runs by live_runs_owned", "runs by runs_pkey"],
    "due.sql": ["live_runs by live_runs_due", "workspaces by workspaces_pkey"],
    "record.sql": ["live_runs by live_runs_pkey", "runs by runs_pkey"],
    "recorded.sql": ["live_runs by live_runs_pkey", "run_claims by run_claims_pkey", "runs by runs_pkey"],
    "histories.sql": ["live_runs by live_runs_pkey", "runs by runs_pkey"],
    "history_steps.sql": ["run_steps by run_steps_pkey"],
    "history_signals.sql": ["signals by signals_pkey"],
    "signal.sql": ["live_runs by live_runs_pkey", "runs by runs_pkey"],
    "signalled.sql": ["runs by runs_pkey", "signals by signals_pkey"],
    "lock_live_run.sql": ["live_runs by live_runs_pkey", "runs by runs_pkey"],
    "ask_to_cancel.sql": ["live_runs by live_runs_pkey"],
    "cancel.sql": ["live_runs by live_runs_pkey", "run_steps by run_steps_pkey", "runs by runs_pkey"],
    "final_status.sql": ["runs by runs_pkey"],
    "promote.sql": ["live_runs by live_runs_held", "live_runs by live_runs_pkey"],
    "settings.sql": ["workspaces by workspaces_pkey"],
    "spent.sql": ["costs by costs_by_moment"],
    "renew_worker.sql": ["live_runs by live_runs_owned", "workers by workers_pkey"],
    "fire.sql": [
        "firings by firings_pkey",
        "live_runs by live_runs_held",
        "live_runs by live_runs_pkey",
        "runs by runs_pkey",
        "schedules by schedules_pkey",
        "workspaces by workspaces_pkey",
    ],
    "bare_orchestra.sql": ["orchestras by orchestras_pkey", "schedules by schedules_pkey"],
    "lock_schedules.sql": ["schedules by schedules_pkey"],
    "due_schedules.sql": [
        "orchestras by orchestras_pkey",
        "schedules by schedules_by_watermark",
        "workspaces by workspaces_pkey",
    ],
}

/// Demands the plan of every hot statement.
async fn demand_plans(connection: &mut PgConnection, state: &str) {
    for (file, statement, expected) in HOT {
        let plan = plan(connection, statement).await;
        let expected: BTreeSet<String> = expected.iter().map(|read| (*read).to_owned()).collect();
        assert_eq!(reads(&plan), expected, "{file}, {state}:\n{}", plan.join("\n"));
    }
}

#[tokio::test]
async fn a_hot_statement_has_one_plan_in_every_state_of_the_queue() {
    let database = Database::migrated().await;
    let mut connection = database.connection().await;
    set_up_hot(&mut connection).await;
    leave_alone(&mut connection).await;
    demand_plans(&mut connection, "fresh").await;
    run(&mut connection, "vacuum analyze").await;
    demand_plans(&mut connection, "empty and vacuumed").await;
    fill_history(&mut connection, 1).await;
    fill_queue(&mut connection, 1).await;
    demand_plans(&mut connection, "a lone run").await;
    empty(&mut connection).await;
    fill_history(&mut connection, MANY).await;
    fill_queue(&mut connection, MANY).await;
    fill_others(&mut connection, SOME).await;
    demand_plans(&mut connection, "full, with stale statistics").await;
    run(&mut connection, "analyze").await;
    demand_plans(&mut connection, "full and analyzed").await;
    run(&mut connection, "delete from maestro.live_runs").await;
    demand_plans(&mut connection, "emptied again").await;
    run(&mut connection, "vacuum").await;
    demand_plans(&mut connection, "emptied and vacuumed").await;
    empty(&mut connection).await;
    fill_queue(&mut connection, 2_000).await;
    run(&mut connection, "delete from maestro.live_runs").await;
    run(&mut connection, "vacuum").await;
    fill_queue(&mut connection, 1).await;
    demand_plans(&mut connection, "a lone run where there were some").await;
}

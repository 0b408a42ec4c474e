//! Reading and sweeping beside a long history: nothing walks over all of a large table.

use std::{collections::BTreeSet, fs, path::Path};

use maestro_core::{
    domain::{OrchestraId, RunId, RunStatus, WorkspaceId},
    ports::store::{RunFilter, StepQuery},
};
use maestro_store_postgres_harness::Database;
use sqlx::PgConnection;

use super::{
    explain::{plan, reads, run},
    queue::HOT,
    rows::{fill_history, fill_others, fill_queue, leave_alone},
};
use crate::runs::{RunPage, StepPage};

const ENDED: u32 = 1_000_000;
const LIVE: u32 = 100_000;
const OTHERS: u32 = 20_000;

/// Tables that grow with what is played.
const LARGE: [&str; 7] = ["runs", "run_steps", "live_runs", "run_alerts", "firings", "signals", "costs"];
/// Statements that hop over an index, from its first row on.
const HOPS: [&str; 5] = ["backlog.sql", "dead_workers.sql", "held.sql", "prune_costs.sql", "prune_runs.sql"];

/// Demands that a statement reads no large table as a whole.
async fn demand_short_ways(connection: &mut PgConnection, name: &str, statement: &str) {
    let plan = plan(connection, statement).await;
    let is_long = |read: &&String| {
        let (table, way) = read.split_once(" by ").expect("a table and how it is read");
        let is_hop = HOPS.contains(&name);
        LARGE.contains(&table) && (way.ends_with("Seq Scan") || way.starts_with("all of ") && !is_hop)
    };
    let reads = reads(&plan);
    let long: Vec<_> = reads.iter().filter(is_long).collect();
    assert!(long.is_empty(), "{name} reads {long:?}:\n{}", plan.join("\n"));
}

/// Returns the statements that are no hot ones.
fn others() -> Vec<(String, String)> {
    let hot: BTreeSet<_> = HOT.iter().map(|(name, ..)| *name).collect();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("queries");
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let named = files.map(|path| (path.file_name().unwrap().to_str().unwrap().to_owned(), path));
    let statements = named.filter(|(name, _)| name.ends_with(".sql") && !hot.contains(name.as_str()));
    statements.map(|(name, path)| (name, fs::read_to_string(path).unwrap())).collect()
}

fn run_filters() -> Vec<RunFilter> {
    let statuses = [
        vec![],
        vec![RunStatus::Succeeded],
        vec![RunStatus::Failed],
        vec![RunStatus::Queued],
        vec![RunStatus::Running],
        vec![RunStatus::Waiting, RunStatus::Failed],
    ];
    let mut filters = Vec::new();
    for statuses in statuses {
        for orchestra_id in [None, OrchestraId::new("o1").ok()] {
            for trigger in [None, Some("cron".to_owned())] {
                for since in [None, Some(chrono::DateTime::UNIX_EPOCH)] {
                    let mut filter = RunFilter::default();
                    filter.statuses.clone_from(&statuses);
                    (filter.orchestra_id, filter.trigger) = (orchestra_id.clone(), trigger.clone());
                    (filter.since, filter.until) = (since, since);
                    filters.push(filter);
                }
            }
        }
    }
    filters
}

fn step_queries() -> Vec<StepQuery> {
    let mut all = StepQuery::default();
    all.prefix = Some("each.".to_owned());
    all.after_seq = Some(1);
    all.after = Some(("a".parse().unwrap(), 1));
    vec![StepQuery::default(), all]
}

#[tokio::test]
async fn no_statement_reads_all_of_a_large_table() {
    let database = Database::migrated().await;
    let mut connection = database.connection().await;
    leave_alone(&mut connection).await;
    fill_history(&mut connection, ENDED).await;
    fill_queue(&mut connection, LIVE).await;
    fill_others(&mut connection, OTHERS).await;
    run(&mut connection, "analyze").await;
    for (name, statement) in others() {
        demand_short_ways(&mut connection, &name, &statement).await;
    }
    let workspace = WorkspaceId::default();
    let page = RunPage {
        schema: "maestro",
        workspace: &workspace,
        filter: &RunFilter::default(),
        before: Some(RunId::from_u128(1)),
        limit: 50,
    };
    for filter in &run_filters() {
        let (statement, _) = RunPage { filter, ..page }.statement().unwrap();
        demand_short_ways(&mut connection, &format!("{filter:?}"), &statement).await;
    }
    for query in &step_queries() {
        let run_id = RunId::from_u128(1);
        let page = StepPage { schema: "maestro", workspace: &workspace, run_id, query, limit: 50 };
        let (statement, _) = page.statement().unwrap();
        demand_short_ways(&mut connection, &format!("{query:?}"), &statement).await;
    }
}

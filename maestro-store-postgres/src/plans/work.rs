//! The work of a statement that is executed often: it follows from what there is to do, not from what waits.

use maestro_store_postgres_harness::Database;
use sqlx::{PgConnection, Row};

use super::{
    explain::{run, set_up_hot},
    rows::{fill_history, leave_alone},
};

const HELD: u32 = 20_000;
const BILLED: u32 = 1_000_000;
const OWNED: u64 = 20_000;
const CLAIMS: u64 = 200;
const WORKER: &str = "'00000000-0000-0000-0000-000000000007'::uuid";

/// Executes a statement with these values; returns how many rows it found by indexes whose names begin so, and how many it
/// looked at in vain.
async fn work(connection: &mut PgConnection, statement: &str, values: &str, indexes: &str) -> (u64, u64) {
    run(connection, &format!("prepare worked as {statement}")).await;
    let sql = format!("explain (analyze, costs off, timing off, summary off) execute worked({values})");
    let rows = sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).fetch_all(&mut *connection).await.expect(statement);
    run(connection, "deallocate worked").await;
    let lines: Vec<String> = rows.iter().map(|row| row.get(0)).collect();
    let using = format!(" using {indexes}");
    let found = lines.iter().filter(|line| line.contains(&using));
    let vain = lines.iter().filter_map(|line| line.trim().strip_prefix("Rows Removed by Filter: "));
    let vain = vain.map(|rows| rows.parse::<u64>().expect("a number of rows"));
    (found.filter_map(|line| rows_of(line)).sum(), vain.sum())
}

/// Reads `(actual rows=2 loops=3)` as 6.
fn rows_of(line: &str) -> Option<u64> {
    let number = |name: &str| {
        let rest = line.split_once(name)?.1;
        rest.split([' ', ')']).next()?.parse::<u64>().ok()
    };
    Some(number("actual rows=")? * number(" loops=")?)
}

#[tokio::test]
async fn promoting_looks_at_no_more_than_it_lets_go() {
    let database = Database::migrated().await;
    let mut connection = database.connection().await;
    set_up_hot(&mut connection).await;
    let fill = format!(
        "insert into maestro.live_runs (workspace_id, orchestra_id, run_id, state, class, due_at, exclusive, promotes)
         select 'w', 'o', gen_random_uuid(), 3, 1, now(), false, true from generate_series(1, {HELD})"
    );
    run(&mut connection, &fill).await;
    let promote = include_str!("../../queries/promote.sql");
    for state in ["nobody plays", "three play"] {
        let (found, _) = work(&mut connection, promote, "'w', 'o', 3", "live_runs_").await;
        assert!(found < 20, "{state}: {found} of {HELD} held runs were looked at");
    }
    let left = sqlx::query("select count(*) from maestro.live_runs where state = 3");
    let left: i64 = left.fetch_one(&mut connection).await.unwrap().get(0);
    assert_eq!(left, i64::from(HELD) - 3);
}

#[tokio::test]
async fn what_a_day_cost_is_read_from_that_day_alone() {
    let database = Database::migrated().await;
    let mut connection = database.connection().await;
    set_up_hot(&mut connection).await;
    leave_alone(&mut connection).await;
    fill_history(&mut connection, BILLED).await;
    run(&mut connection, "vacuum analyze maestro.costs").await;
    // A row a second in all, every other one in this workspace.
    let last_minute = format!("'big', '2026-01-01'::timestamptz + ({BILLED} - 59) * interval '1 s'");
    let spent = include_str!("../../queries/spent.sql");
    assert_eq!(work(&mut connection, spent, &last_minute, "costs_by_moment").await.0, 30);
    let costs = include_str!("../../queries/costs.sql");
    let last_minute = last_minute.replacen(", ", ", 'model', ", 1);
    assert_eq!(
        work(&mut connection, costs, &format!("{last_minute}, 'infinity', '{{}}'"), "costs_by_moment")
            .await
            .0,
        30
    );
}

#[tokio::test]
async fn a_renewal_looks_at_the_claims_that_it_names() {
    let database = Database::migrated().await;
    let mut connection = database.connection().await;
    set_up_hot(&mut connection).await;
    let fill = format!(
        "insert into maestro.workers (id, renewed_at, state) values ({WORKER}, now(), 'alive');
         insert into maestro.live_runs (
             workspace_id, orchestra_id, run_id, state, class, due_at, exclusive, promotes, worker_id, claim_id
         )
         select
             'w', 'o', gen_random_uuid(), 1, 1, now(), false, false, {WORKER},
             lpad((n % {CLAIMS})::text, 32, '0')::uuid
         from generate_series(1, {OWNED}) as n"
    );
    run(&mut connection, &fill).await;
    let renew = include_str!("../../queries/renew_worker.sql");
    for state in ["fresh", "analyzed", "the rest is gone"] {
        let one = format!("{WORKER}, now(), array['00000000-0000-0000-0000-000000000001'::uuid]");
        assert_eq!(work(&mut connection, renew, &one, "live_runs_").await, (OWNED / CLAIMS, 0), "{state}");
        let next = match state {
            "fresh" => "analyze",
            _ => {
                "delete from maestro.live_runs where claim_id <> '00000000-0000-0000-0000-000000000001'; analyze"
            }
        };
        run(&mut connection, next).await;
    }
}

//! The plan of a statement, as far as it matters: which table is read by what.

use std::collections::BTreeSet;

use sqlx::{AssertSqlSafe, PgConnection, Row};

use crate::connect::HOT;

/// Runs SQL that asks for no rows.
pub(super) async fn run(connection: &mut PgConnection, sql: &str) {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await.expect(sql);
}

/// Sets a connection up as the store does for its hot statements.
pub(super) async fn set_up_hot(connection: &mut PgConnection) {
    for (name, value) in HOT {
        run(connection, &format!("set {name} = {value}")).await;
    }
}

/// Returns the lines of the plan that a statement is executed by, whatever its values are.
pub(super) async fn plan(connection: &mut PgConnection, statement: &str) -> Vec<String> {
    run(connection, "set plan_cache_mode = force_generic_plan").await;
    run(connection, &format!("prepare planned as {statement}")).await;
    let nulls = vec!["null"; parameters(statement)].join(", ");
    let arguments = if nulls.is_empty() { nulls } else { format!("({nulls})") };
    let explain = format!("explain (costs off) execute planned{arguments}");
    let rows = sqlx::raw_sql(AssertSqlSafe(explain)).fetch_all(&mut *connection).await.expect(statement);
    run(connection, "deallocate planned").await;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Returns what a plan reads and by what: `live_runs by live_runs_due`, `runs by Seq Scan`. Tables that are written by a
/// statement, and rows that it has made itself, are not read.
pub(super) fn reads(plan: &[String]) -> BTreeSet<String> {
    let next = plan.iter().skip(1).map(String::as_str).chain([""]);
    plan.iter().zip(next).filter_map(|(line, next)| read(line, next)).collect()
}

/// Reads a line with the one after it, which tells the condition of an index.
fn read(line: &str, next: &str) -> Option<String> {
    let node = line.trim_start().trim_start_matches("->").trim_start();
    let (scan, rest) = node.split_once(" on ")?;
    let table = rest.split_whitespace().next()?;
    if let Some((_, index)) = scan.split_once(" using ") {
        // Of a run whose orchestra is known, either index finds the one row.
        let is_whole =
            index == "runs_by_orchestra" && next.contains("(orchestra_id = ") && next.contains("(id = ");
        let index = if is_whole { "runs_pkey" } else { index };
        let all = if next.trim_start().starts_with("Index Cond: ") { "" } else { "all of " };
        return Some(format!("{table} by {all}{index}"));
    }
    let reads_all =
        ["Seq Scan", "Parallel Seq Scan", "Tid Scan", "Bitmap Heap Scan", "Parallel Bitmap Heap Scan"];
    reads_all.contains(&scan).then(|| format!("{table} by {scan}"))
}

/// Returns the number of parameters of a statement.
fn parameters(statement: &str) -> usize {
    let numbers = statement.split('$').skip(1).filter_map(|rest| {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    });
    numbers.max().unwrap_or(0)
}

#[test]
fn what_a_plan_reads_is_read_from_its_lines() {
    let plan = [
        "Update on live_runs live",
        "  ->  Nested Loop",
        "        ->  CTE Scan on due",
        "        ->  Tid Scan on live_runs live",
        "              ->  Index Scan Backward using runs_pkey on runs run",
        "                    Index Cond: (workspace_id = due.workspace_id)",
        "  ->  Index Scan using runs_by_orchestra on runs",
        "        Index Cond: ((workspace_id = due.workspace_id) AND (id = due.run_id))",
        "  ->  Seq Scan on workspaces paused",
    ];
    let lines: Vec<_> = plan.iter().map(|line| (*line).to_owned()).collect();
    let expected =
        ["live_runs by Tid Scan", "runs by runs_by_orchestra", "runs by runs_pkey", "workspaces by Seq Scan"];
    assert_eq!(reads(&lines), expected.map(str::to_owned).into());
}

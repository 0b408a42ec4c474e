//! Rows by the million, made by the server.

use sqlx::PgConnection;

use super::explain::run;

/// What may not happen while a test says how old the statistics are.
const LEAVE_ALONE: &str = "
    alter table maestro.runs set unlogged, set (autovacuum_enabled = false);
    alter table maestro.live_runs set unlogged, set (autovacuum_enabled = false);
    alter table maestro.run_steps set unlogged, set (autovacuum_enabled = false);
    alter table maestro.costs set unlogged, set (autovacuum_enabled = false);
    alter table maestro.run_alerts set unlogged, set (autovacuum_enabled = false);
    alter table maestro.firings set unlogged, set (autovacuum_enabled = false)";

/// Keeps the server from vacuuming and analyzing by itself, and spares the disk.
pub(super) async fn leave_alone(connection: &mut PgConnection) {
    run(connection, LEAVE_ALONE).await;
}

/// Fills the queue: half of it due in one workspace, the rest in a hundred others, parked, owned or held.
pub(super) async fn fill_queue(connection: &mut PgConnection, count: u32) {
    let sql = format!(
        "insert into maestro.live_runs (
             workspace_id, orchestra_id, run_id, state, class, due_at, exclusive, promotes, started_at, worker_id, claim_id
         )
         select
             case when n % 2 = 0 then 'big' else 'w' || n % 100 end, 'o' || n % 7, {ID},
             case n % 20 when 1 then 1 when 3 then 3 else 0 end, n % 3,
             case when n % 10 = 5 then 'infinity' else now() + n * interval '1 ms' end, false, false, now(),
             case n % 20 when 1 then lpad((n % 64)::text, 32, '0')::uuid end,
             case n % 20 when 1 then lpad((n % 999)::text, 32, '0')::uuid end
         from generate_series(1, {count}) as n"
    );
    run(connection, &sql).await;
}

/// Fills the history with runs that have ended, a step, what it was billed and a slot of each, one in fifty failed.
pub(super) async fn fill_history(connection: &mut PgConnection, count: u32) {
    let runs = format!(
        "insert into maestro.runs (
             workspace_id, id, orchestra_id, score_id, score_version, trigger, class, due_at, exclusive, promotes, input,
             queued_at, status, finished_at, claim_no, seq
         )
         select
             case when n % 2 = 0 then 'big' else 'w' || n % 100 end, {ID}, 'o' || n % 7, 'score', 1, 'cron', 1, now(),
             false, false, '{{}}', now(), case n % 50 when 0 then 'failed' else 'succeeded' end, now(), 1, 1
         from generate_series(1, {count}) as n"
    );
    let steps = format!(
        "insert into maestro.run_steps (workspace_id, run_id, key, try, seq, kind, status, output)
         select case when n % 2 = 0 then 'big' else 'w' || n % 100 end, {ID}, 'a', 1, 1, 'delay', 'succeeded', '{{}}'
         from generate_series(1, {count}) as n"
    );
    let costs = format!(
        "insert into maestro.costs (
             workspace_id, run_id, key, try, at, orchestra_id, score_id, node, model, input_tokens, output_tokens, cost_nano
         )
         select
             case when n % 2 = 0 then 'big' else 'w' || n % 100 end, {ID}, 'a', 1,
             '2026-01-01'::timestamptz + n * interval '1 s', 'o' || n % 7, 'score', 'a', 'model', 1000, 100, n
         from generate_series(1, {count}) as n"
    );
    let alerts = "insert into maestro.run_alerts (workspace_id, run_id, orchestra_id, status)
         select workspace_id, id, orchestra_id, status from maestro.runs where status = 'failed'";
    let firings = format!(
        "insert into maestro.firings (workspace_id, orchestra_id, slot, until_slot, count, outcome, late_ms)
         select
             case when n % 2 = 0 then 'big' else 'w' || n % 100 end, 'o' || n % 7, moment.at, moment.at, 1, 'fired', 0
         from generate_series(1, {count}) as n
         cross join lateral (select '2020-01-01'::timestamptz + n * interval '1 minute' as at) as moment"
    );
    for sql in [runs.as_str(), &steps, &costs, alerts, &firings] {
        run(connection, sql).await;
    }
}

/// Empties what the other functions fill by the million.
pub(super) async fn empty(connection: &mut PgConnection) {
    let tables = "maestro.live_runs, maestro.runs, maestro.run_steps, maestro.costs, maestro.run_alerts, maestro.firings";
    run(connection, &format!("truncate {tables}")).await;
}

/// Fills the small tables: what is told, keyed, claimed and scheduled.
pub(super) async fn fill_others(connection: &mut PgConnection, count: u32) {
    let all = format!(
        "insert into maestro.workspaces (workspace_id) select 'w' || n from generate_series(1, {count}) as n;
         insert into maestro.workers (id, renewed_at, state)
         select lpad(n::text, 32, '0')::uuid, now(), 'alive' from generate_series(1, {count}) as n;
         insert into maestro.signals (workspace_id, run_id, id, number, signal)
         select 'w' || n % 100, {ID}, {ID}, 1, '{{}}' from generate_series(1, {count}) as n;
         insert into maestro.run_claims (workspace_id, run_id, claim_no, worker_id, seq)
         select 'w' || n % 100, {ID}, 1, {ID}, 1 from generate_series(1, {count}) as n;
         insert into maestro.run_keys (workspace_id, orchestra_id, key, run_id, request_hash, expires_at)
         select 'w' || n % 100, 'o', n::text, {ID}, 1, now() from generate_series(1, {count}) as n;
         insert into maestro.orchestras (
             workspace_id, id, name, tag, description, timezone, score_id, secret_bindings, misfire, catchup_window_s,
             revision, created_at, updated_at
         )
         select 'w' || n % 100, 'o' || n, '', '', '', 'UTC', 's', '{{}}', 'skip', 0, 1, now(), now()
         from generate_series(1, {count}) as n;
         insert into maestro.schedules (workspace_id, orchestra_id, enabled, schedule_rev, next_fire_at, overlap)
         select 'w' || n % 100, 'o' || n, true, 1, now() + n / 100 * interval '1 s', 'skip'
         from generate_series(1, {count}) as n"
    );
    run(connection, &all).await;
}

/// An id of the run with the number `n`; ids sort by number.
const ID: &str = "(lpad(to_hex(n), 8, '0') || '-0000-7000-8000-000000000000')::uuid";

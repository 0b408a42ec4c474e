-- create_orchestra.sql   keeps an_orchestra_id_is_never_given_again
-- $1 workspace  $2 id  $3 name  $4 tag  $5 description  $6 cron  $7 timezone  $8 score  $9 secret bindings  $10 misfire
-- $11 catch-up window  $12 budget  $13 on finish  $14 revision  $15 created at  $16 updated at
-- $17 enabled  $18 schedule_rev  $19 next_fire_at  $20 overlap  $21 max_concurrent_runs
-- No row: the id is taken, or was once.
with score as materialized ( -- whoever deletes it waits for us, or we for them
    select id from maestro.scores where workspace_id = $1 and id = $8 for share
),
new as (
    insert into maestro.orchestras (
        workspace_id, id, name, tag, description, cron, timezone, score_id, secret_bindings, misfire,
        catchup_window_s, budget_cents, on_finish, revision, created_at, updated_at
    )
    select $1, $2, $3, $4, $5, $6, $7, $8, $9::json, $10, $11, $12, $13, $14, $15, $16
    where (select count(*) from score) >= 0
    on conflict do nothing
    returning workspace_id, id
)
insert into maestro.schedules (
    workspace_id, orchestra_id, enabled, schedule_rev, next_fire_at, overlap, max_concurrent_runs
)
select workspace_id, id, $17, $18, $19, $20, $21 from new

-- create_orchestra.sql   keeps an_orchestra_id_is_never_given_again
-- $1 workspace  $2 id  $3 name  $4 tag  $5 description  $6 cron  $7 timezone  $8 secret bindings  $9 misfire
-- $10 catch-up window  $11 budget  $12 on finish  $13 revision  $14 updated at
-- $15 enabled  $16 schedule_rev  $17 next_fire_at  $18 overlap  $19 max_concurrent_runs
-- $20 score  $21 created at
-- No row: the id is taken, or was once.
with score as materialized ( -- whoever deletes it waits for us, or we for them
    select id from maestro.scores where workspace_id = $1 and id = $20 for share
),
new as (
    insert into maestro.orchestras (
        workspace_id, id, name, tag, description, cron, timezone, secret_bindings, misfire,
        catchup_window_s, budget_cents, on_finish, revision, updated_at, score_id, created_at
    )
    select $1, $2, $3, $4, $5, $6, $7, $8::json, $9, $10, $11, $12, $13, $14, $20, $21
    where (select count(*) from score) >= 0
    on conflict do nothing
    returning workspace_id, id
)
insert into maestro.schedules (
    workspace_id, orchestra_id, enabled, schedule_rev, next_fire_at, overlap, max_concurrent_runs
)
select workspace_id, id, $15, $16, $17, $18, $19 from new

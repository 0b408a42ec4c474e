-- bare_orchestra.sql   keeps a_bare_orchestra_is_the_whole_orchestra   $1 workspace  $2 id
select
    o.workspace_id, o.id, o.name, o.tag, o.description, o.cron, o.timezone, o.score_id,
    o.secret_bindings::text as secret_bindings, o.misfire, o.catchup_window_s, o.budget_cents, o.on_finish,
    o.revision, o.created_at, o.updated_at,
    s.enabled, s.schedule_rev, s.next_fire_at, s.overlap, s.max_concurrent_runs
from (select * from maestro.orchestras where workspace_id = $1 and id = $2 limit 1) as o
cross join lateral (
    select * from maestro.schedules where workspace_id = o.workspace_id and orchestra_id = o.id limit 1
) as s
where not o.deleted

-- orchestra.sql   keeps an_orchestra_is_found_in_its_workspace_only, live_runs_are_counted
-- $1 workspace  $2 id  $3 count no more live runs than this
select
    o.workspace_id, o.id, o.name, o.tag, o.description, o.cron, o.timezone, o.score_id,
    o.secret_bindings::text as secret_bindings, o.misfire, o.catchup_window_s, o.budget_cents, o.on_finish,
    o.revision, o.created_at, o.updated_at,
    s.enabled, s.schedule_rev, s.next_fire_at, s.overlap, s.max_concurrent_runs,
    live.active, live.held
from maestro.orchestras as o
join maestro.schedules as s on s.workspace_id = o.workspace_id and s.orchestra_id = o.id
cross join lateral (
    select count(*) filter (where state <> 3) as active, count(*) filter (where state = 3) as held
    from (
        select l.state from maestro.live_runs as l
        where l.workspace_id = o.workspace_id and l.orchestra_id = o.id
        limit $3
    ) as some_live
) as live
where o.workspace_id = $1 and o.id = $2 and not o.deleted

-- orchestras.sql   keeps orchestras_are_listed_in_pages, live_runs_are_counted
-- $1 workspace  $2 after this id; null is from the first  $3 limit  $4 count no more live runs of each than this
select
    o.workspace_id, o.id, o.name, o.tag, o.description, o.cron, o.timezone, o.score_id,
    o.secret_bindings::text as secret_bindings, o.misfire, o.catchup_window_s, o.budget_cents, o.on_finish,
    o.revision, o.created_at, o.updated_at,
    s.enabled, s.schedule_rev, s.next_fire_at, s.overlap, s.max_concurrent_runs,
    live.active, live.held
from (
    select * from maestro.orchestras
    where workspace_id = $1 and not deleted and id > coalesce($2, '')
    order by id limit $3
) as o
join maestro.schedules as s on s.workspace_id = o.workspace_id and s.orchestra_id = o.id
cross join lateral (
    select count(*) filter (where state <> 3) as active, count(*) filter (where state = 3) as held
    from (
        select l.state from maestro.live_runs as l
        where l.workspace_id = o.workspace_id and l.orchestra_id = o.id
        limit $4
    ) as some_live
) as live
order by o.id

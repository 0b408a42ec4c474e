-- due_schedules.sql   keeps due_schedules_are_enabled_and_due, due_schedules_tell_the_next_moment   $1 now  $2 limit
-- At least one row, for the next moment; without an id when nothing is due.
select
    o.workspace_id, o.id, o.name, o.tag, o.description, o.cron, o.timezone, o.score_id,
    o.secret_bindings::text as secret_bindings, o.misfire, o.catchup_window_s, o.budget_cents, o.on_finish,
    o.revision, o.created_at, o.updated_at,
    s.enabled, s.schedule_rev, s.next_fire_at, s.overlap, s.max_concurrent_runs,
    w.paused_at is not null as paused, next.at as next_at
from (
    select (
        select next_fire_at from maestro.schedules
        where enabled and next_fire_at > $1 and next_fire_at < 'infinity'
        order by next_fire_at limit 1
    ) as at
) as next
left join (
    select * from maestro.schedules
    where enabled and next_fire_at <= $1
    order by next_fire_at, workspace_id, orchestra_id limit $2
) as s on true
left join lateral ( -- not a plain join: its plan, made while the tables are empty, reads all of them
    select * from maestro.orchestras where workspace_id = s.workspace_id and id = s.orchestra_id limit 1
) as o on true
left join lateral (
    select paused_at from maestro.workspaces where workspace_id = s.workspace_id limit 1
) as w on true
order by s.next_fire_at, s.workspace_id, s.orchestra_id

-- delete_orchestra.sql   keeps only_a_quiet_orchestra_is_deleted; after lock_orchestra.sql   $1 workspace  $2 id
-- No row: there is no such orchestra. It is gone when neither stands in the way. In a statement of its own: what whoever held
-- the lock has enqueued is seen only by a statement that begins after it.
with way as materialized (
    select
        o.workspace_id, o.id, s.enabled,
        exists (
            select from maestro.live_runs as l where l.workspace_id = o.workspace_id and l.orchestra_id = o.id
        ) as has_live_runs
    from maestro.orchestras as o
    join maestro.schedules as s on s.workspace_id = o.workspace_id and s.orchestra_id = o.id
    where o.workspace_id = $1 and o.id = $2 and not o.deleted
),
orchestra as (
    update maestro.orchestras as o set deleted = true
    from way
    where not way.enabled and not way.has_live_runs and o.workspace_id = way.workspace_id and o.id = way.id
),
schedule as (
    delete from maestro.schedules as s using way
    where not way.enabled and not way.has_live_runs
      and s.workspace_id = way.workspace_id and s.orchestra_id = way.id
)
select enabled, has_live_runs from way

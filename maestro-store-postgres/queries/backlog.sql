-- backlog.sql   keeps backlog_tells_how_much_is_due_and_since_when
-- $1 now
-- Hops over the index from queue to queue like due.sql, and counts at most 1,000 runs of each.
with recursive queues as (
    (
        select workspace_id, class, due_at from maestro.live_runs
        where state = 0 order by workspace_id, class, due_at limit 1
    )
    union all
    select next.workspace_id, next.class, next.due_at
    from queues
    cross join lateral (
        select workspace_id, class, due_at from maestro.live_runs
        where state = 0 and (workspace_id, class) > (queues.workspace_id, queues.class)
        order by workspace_id, class, due_at limit 1
    ) as next
)
select coalesce(sum(counted.due), 0)::bigint, min(queues.due_at)
from queues
cross join lateral (
    select count(*) as due
    from (
        select from maestro.live_runs
        where workspace_id = queues.workspace_id and class = queues.class and state = 0 and due_at <= $1
        order by due_at limit 1000
    ) as first
) as counted
where queues.due_at <= $1
    and (select paused_at from maestro.workspaces where workspace_id = queues.workspace_id) is null

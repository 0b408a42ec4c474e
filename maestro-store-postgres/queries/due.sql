-- due.sql   keeps due_names_every_workspace_with_work, due_tells_the_next_moment
-- $1 now  $2 after this workspace  $3 and class, or null  $4 limit
-- Hops over the index from queue to queue: its cost is the number of queues, not of runs. The row without a workspace
-- tells the next moment.
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
),
open as materialized (
    select * from queues
    where (select paused_at from maestro.workspaces where workspace_id = queues.workspace_id) is null
)
(
    select workspace_id, class, null::timestamptz as next_at from open
    where due_at <= $1
    order by (workspace_id, class) <= ($2, $3), workspace_id, class
    limit $4
)
union all
select null, null, nullif(min(later.due_at), 'infinity')
from open
cross join lateral (
    select due_at from maestro.live_runs
    where workspace_id = open.workspace_id and class = open.class and state = 0 and due_at > $1
    order by due_at limit 1
) as later

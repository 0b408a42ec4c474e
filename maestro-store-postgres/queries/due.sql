-- due.sql   keeps due_names_every_workspace_with_work, due_tells_the_next_moment
-- $1 now  $2 after this workspace  $3 and class, or null  $4 limit
-- every class of workspaces with queues whose front is known: $5 workspace  $6 class  $7 floor, null where there is none
--   $8 and its run  $9 whether nothing below the floor needs to be looked for now
-- Hops over the index from queue to queue: its cost is the number of queues, not of runs. Workspaces with a floor are left
-- out of that, because dead rows may lie at the front of their queues, which are asked from their floors on. The row
-- without a workspace tells the next moment.
with recursive known as materialized (
    select * from unnest($5::text[], $6::int2[], $7::timestamptz[], $8::uuid[], $9::bool[])
        as known (ws, class, floor_at, floor_run, is_sure)
),
gaps as materialized ( -- chr(1114111) comes after every name
    select ws as after_ws, lead(ws, 1, chr(1114111)) over (order by ws collate "C") as until_ws
    from (select '' as ws union select ws from known) as borders
),
queues as ( -- bounded by its first column alone: an index scan does not stop at a bound of two
    select first.*, gaps.until_ws
    from gaps
    cross join lateral (
        select workspace_id, class, due_at from maestro.live_runs
        where state = 0 and workspace_id > gaps.after_ws and workspace_id < gaps.until_ws
        order by workspace_id, class, due_at limit 1
    ) as first
    union all
    select next.*, queues.until_ws
    from queues
    cross join lateral (
        select workspace_id, class, due_at from maestro.live_runs
        where
            state = 0 and (workspace_id, class) > (queues.workspace_id, queues.class)
            and workspace_id < queues.until_ws
        order by workspace_id, class, due_at limit 1
    ) as next
),
fronts as (
    select workspace_id, class, due_at from queues
    union all
    select known.ws, known.class, front.due_at
    from known
    cross join lateral (
        (
            select due_at from maestro.live_runs
            where
                workspace_id = known.ws and class = known.class and state = 0
                and (due_at, run_id) >= (coalesce(known.floor_at, '-infinity'), known.floor_run) and due_at <= $1
            order by due_at, run_id limit 1
        )
        union all
        (
            select due_at from maestro.live_runs
            where
                workspace_id = known.ws and class = known.class and state = 0
                and due_at >= case when known.is_sure then $1 else '-infinity' end
            order by due_at limit 1
        )
        limit 1
    ) as front
),
open as materialized (
    select * from fronts
    where (select paused_at from maestro.workspaces where workspace_id = fronts.workspace_id) is null
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

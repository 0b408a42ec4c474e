-- held.sql   keeps held_names_orchestras_that_hold_runs   $1 limit
-- Hops over the index from orchestra to orchestra.
with recursive orchestras as (
    (
        select workspace_id, orchestra_id from maestro.live_runs
        where state = 3 order by workspace_id, orchestra_id limit 1
    )
    union all
    select next.workspace_id, next.orchestra_id
    from orchestras
    cross join lateral (
        select workspace_id, orchestra_id from maestro.live_runs
        where state = 3 and (workspace_id, orchestra_id) > (orchestras.workspace_id, orchestras.orchestra_id)
        order by workspace_id, orchestra_id limit 1
    ) as next
)
select workspace_id, orchestra_id from orchestras limit $1

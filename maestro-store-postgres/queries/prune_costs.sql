-- prune_costs.sql   keeps prune_costs_deletes_only_old_ones   $1 before  $2 limit
-- Of each workspace only the oldest are looked at.
with recursive workspaces as (
    (select workspace_id from maestro.costs order by workspace_id, at limit 1)
    union all
    select (
        select workspace_id from maestro.costs
        where workspace_id > workspaces.workspace_id order by workspace_id, at limit 1
    )
    from workspaces
    where workspaces.workspace_id is not null
),
old as materialized (
    select each.*
    from workspaces
    cross join lateral (
        select workspace_id, run_id, key, try
        from maestro.costs
        where workspace_id = workspaces.workspace_id and at < $1
        order by at
        limit $2
        for update skip locked -- those that another process prunes now are its own
    ) as each
    limit $2
)
delete from maestro.costs as cost using old
where
    cost.workspace_id = any(array[old.workspace_id]) and cost.run_id = any(array[old.run_id])
    and cost.key = any(array[old.key]) and cost.try = any(array[old.try])

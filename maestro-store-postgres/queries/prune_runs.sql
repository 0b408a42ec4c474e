-- prune_runs.sql   keeps prune_runs_deletes_only_old_ended_runs
-- $1 before  $2 an id above those of runs that old  $3 limit
-- Ids sort by time: of each workspace only the oldest are looked at. Nothing is indexed that a finish writes.
-- `= any(array[…])` cannot be hashed: each row is looked up, and no table is read as a whole.
with recursive workspaces as (
    (select workspace_id from maestro.runs order by workspace_id limit 1)
    union all
    select (
        select workspace_id from maestro.runs
        where workspace_id > workspaces.workspace_id order by workspace_id limit 1
    )
    from workspaces
    where workspaces.workspace_id is not null
),
doomed as materialized (
    select old.*
    from workspaces
    cross join lateral (
        select workspace_id, id, orchestra_id, idempotency_key
        from maestro.runs
        where workspace_id = workspaces.workspace_id and id < $2 and finished_at < $1
        order by id
        limit $3
        for update skip locked -- those that another process prunes now are its own
    ) as old
    limit $3
),
steps as (
    delete from maestro.run_steps as step using doomed
    where step.workspace_id = any(array[doomed.workspace_id]) and step.run_id = any(array[doomed.id])
),
signals as (
    delete from maestro.signals as signal using doomed
    where signal.workspace_id = any(array[doomed.workspace_id]) and signal.run_id = any(array[doomed.id])
),
claims as (
    delete from maestro.run_claims as claim using doomed
    where claim.workspace_id = any(array[doomed.workspace_id]) and claim.run_id = any(array[doomed.id])
),
alerts as (
    delete from maestro.run_alerts as alert using doomed
    where alert.workspace_id = any(array[doomed.workspace_id]) and alert.run_id = any(array[doomed.id])
),
keys as (
    delete from maestro.run_keys as key using doomed
    where
        doomed.idempotency_key is not null
        and key.workspace_id = any(array[doomed.workspace_id]) and key.orchestra_id = any(array[doomed.orchestra_id])
        and key.key = any(array[doomed.idempotency_key]) and key.run_id = any(array[doomed.id])
)
delete from maestro.runs as run using doomed
where run.workspace_id = any(array[doomed.workspace_id]) and run.id = any(array[doomed.id])

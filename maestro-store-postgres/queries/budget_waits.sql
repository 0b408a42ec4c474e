-- budget_waits.sql   keeps an_edit_of_settings_finds_who_waits_for_the_budget   $1 limit
-- From each workspace those whose wait began before its settings were edited, or so shortly after that it may not know.
select distinct waits.workspace_id, waits.run_id
from maestro.workspaces as workspace
cross join lateral (
    select step.workspace_id, step.run_id
    from maestro.run_steps as step
    cross join lateral (
        select from maestro.runs
        where workspace_id = step.workspace_id and id = step.run_id and status is null
        limit 1
    ) as live
    where
        step.workspace_id = workspace.workspace_id and step.status = 'waiting' and step.error_code = 'daily_budget'
        and step.started_at < workspace.settings_at + interval '10 s'
    order by step.started_at
    limit $1
) as waits
where workspace.settings_at is not null
limit $1

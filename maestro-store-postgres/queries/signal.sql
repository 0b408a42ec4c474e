-- signal.sql   keeps a_signal_wakes_a_parked_run, a_signal_is_kept_once
-- $1 workspace  $2 run  $3 signal id  $4 signal  $5 its time
-- The lock first: whoever ends the run meanwhile has ended it when it is ours, and then there is no row.
with run as materialized (
    select workspace_id, orchestra_id, id from maestro.runs where workspace_id = $1 and id = $2
),
live as materialized (
    select live.workspace_id, live.orchestra_id, live.run_id, live.signals
    from run
    join maestro.live_runs as live
        on live.workspace_id = any(array[run.workspace_id]) and live.orchestra_id = run.orchestra_id
        and live.run_id = run.id
    for no key update of live
),
kept as (
    insert into maestro.signals (workspace_id, run_id, id, number, signal)
    select workspace_id, run_id, $3, signals + 1, $4::json from live
    on conflict do nothing
    returning workspace_id, run_id
)
update maestro.live_runs as told
set
    signals = told.signals + 1,
    due_at = case
        -- a run that never started waits for its own time, not for signals
        when told.state = 0 and told.started_at is not null and told.due_at > $5 then $5
        else told.due_at
    end
from kept
join live using (workspace_id, run_id)
where
    told.workspace_id = any(array[live.workspace_id]) and told.orchestra_id = live.orchestra_id
    and told.run_id = live.run_id
returning told.orchestra_id

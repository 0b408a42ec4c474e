-- lock_live_run.sql   whatever else happens to the run waits for the end of the transaction   $1 workspace  $2 run
with run as materialized (
    select workspace_id, orchestra_id, id from maestro.runs where workspace_id = $1 and id = $2
)
select live.orchestra_id, live.state = 1 as is_owned
from run
join maestro.live_runs as live
    on live.workspace_id = any(array[run.workspace_id]) and live.orchestra_id = run.orchestra_id
    and live.run_id = run.id
for update of live

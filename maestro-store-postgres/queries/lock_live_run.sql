-- lock_live_run.sql   whatever else happens to the run waits for the end of the transaction   $1 workspace  $2 run
select live.orchestra_id, live.state = 1 as is_owned
from maestro.runs as run
join maestro.live_runs as live
    on live.workspace_id = run.workspace_id and live.orchestra_id = run.orchestra_id and live.run_id = run.id
where run.workspace_id = $1 and run.id = $2
for update of live

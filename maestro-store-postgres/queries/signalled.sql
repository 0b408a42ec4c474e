-- signalled.sql   why a signal was not kept   $1 workspace  $2 run  $3 signal id
select
    exists (select from maestro.signals where workspace_id = $1 and run_id = $2 and id = $3) as is_known,
    run.status is not null as has_ended
from maestro.runs as run
where run.workspace_id = $1 and run.id = $2

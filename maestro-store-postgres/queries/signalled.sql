-- signalled.sql   why a signal was not kept: whether it had been; no row when the run is not there
-- $1 workspace  $2 run  $3 signal id
select exists (select from maestro.signals where workspace_id = $1 and run_id = $2 and id = $3)
from maestro.runs
where workspace_id = $1 and id = $2

-- not_reopened.sql   why a run was not reopened; no row when it is not there
-- $1 workspace  $2 run  $3 signal id
select exists (select from maestro.signals where workspace_id = $1 and run_id = $2 and id = $3), status
from maestro.runs
where workspace_id = $1 and id = $2

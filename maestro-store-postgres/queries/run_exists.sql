-- run_exists.sql   $1 workspace  $2 run
select exists (select from maestro.runs where workspace_id = $1 and id = $2)

-- final_status.sql   how a run ended; null while it is live   $1 workspace  $2 run
select status from maestro.runs where workspace_id = $1 and id = $2

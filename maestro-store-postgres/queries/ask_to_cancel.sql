-- ask_to_cancel.sql   keeps an_owner_is_asked_to_cancel; the run is locked
-- $1 workspace  $2 orchestra  $3 run  $4 who asks
update maestro.live_runs
set cancelled_by = coalesce(cancelled_by, $4), signals = signals + 1
where workspace_id = $1 and orchestra_id = $2 and run_id = $3

-- ask_to_cancel.sql   keeps an_owner_is_asked_to_cancel; the run is locked   $1 workspace  $2 orchestra  $3 run
update maestro.live_runs
set cancel = true, signals = signals + 1
where workspace_id = $1 and orchestra_id = $2 and run_id = $3

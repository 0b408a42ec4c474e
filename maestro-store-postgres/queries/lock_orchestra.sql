-- lock_orchestra.sql   so that no slot of it fires and nobody edits it while it is deleted   $1 workspace  $2 id
select from maestro.schedules where workspace_id = $1 and orchestra_id = $2 for update

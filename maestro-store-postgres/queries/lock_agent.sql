-- lock_agent.sql   so that nobody begins to name it while it is deleted   $1 workspace  $2 id
select id from maestro.agents where workspace_id = $1 and id = $2 for update

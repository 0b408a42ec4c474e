-- workspace.sql   $1 workspace
select paused_by, paused_at from maestro.workspaces where workspace_id = $1

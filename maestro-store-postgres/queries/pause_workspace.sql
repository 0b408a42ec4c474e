-- pause_workspace.sql   keeps a_pause_lasts_until_resumed   $1 workspace  $2 who  $3 when; both null to resume
insert into maestro.workspaces (workspace_id, paused_by, paused_at)
values ($1, $2, $3)
on conflict (workspace_id) do update
set paused_by = excluded.paused_by, paused_at = excluded.paused_at

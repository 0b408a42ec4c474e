-- save_settings.sql   keeps settings_are_compared
-- $1 workspace  $2 daily budget  $3 default model  $4 time zone  $5 revision  $6 when
-- No row: another revision is stored, or none where this is not the first.
insert into maestro.workspaces as before (
    workspace_id, daily_budget_cents, default_model, timezone, settings_revision, settings_at
)
select $1, $2, $3, $4, $5, $6
where $5 = 1 or exists (select from maestro.workspaces where workspace_id = $1)
on conflict (workspace_id) do update
set
    daily_budget_cents = excluded.daily_budget_cents, default_model = excluded.default_model,
    timezone = excluded.timezone, settings_revision = excluded.settings_revision, settings_at = excluded.settings_at
where coalesce(before.settings_revision, 0) = excluded.settings_revision - 1

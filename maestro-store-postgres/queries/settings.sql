-- settings.sql   $1 workspace
select daily_budget_cents, default_model, timezone, settings_revision, settings_at
from maestro.workspaces
where workspace_id = $1 and settings_revision is not null

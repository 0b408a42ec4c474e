-- What a workspace may spend, and what it has spent.

alter table maestro.orchestras alter column budget_cents type bigint; -- as large as that of a score

-- Settings that nobody has touched are null.
alter table maestro.workspaces
    add column daily_budget_cents bigint,
    add column default_model text,
    add column timezone text,
    add column settings_revision integer,
    add column settings_at timestamptz,
    add check ((settings_revision is null) = (timezone is null));

-- One row for each try that was billed, which outlives its run. Nothing is summed up ahead: a row of sums would be locked
-- by every run of its workspace.
create table maestro.costs (
    workspace_id text collate "C" not null,
    run_id uuid not null,
    key text collate "C" not null,
    try integer not null,
    at timestamptz not null, -- of the record that wrote it last
    orchestra_id text collate "C" not null,
    score_id text collate "C" not null,
    node text collate "C" not null,
    model text collate "C",
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    cost_nano bigint, -- null where the price is unknown
    primary key (workspace_id, run_id, key, try)
);
create index costs_by_moment on maestro.costs (workspace_id, at) include (cost_nano);

-- Who waits for the budget of the day.
create index run_steps_in_need on maestro.run_steps (workspace_id, started_at, run_id)
where status = 'waiting' and error_code = 'daily_budget';

-- Runs, their steps and the live queue.
--
-- A run is inserted once and finished once; what changes between stands in live_runs, which is narrow and short.
-- None of these tables has a foreign key: a popular parent row would be a hot spot. The statements keep them whole.

create table maestro.runs (
    workspace_id text collate "C" not null,
    id uuid not null,
    orchestra_id text collate "C" not null,
    score_id text collate "C" not null,
    score_version integer not null,
    agents json, -- pinned versions; null stands for none
    trigger text collate "C" not null check (trigger in ('cron', 'manual', 'api', 'rerun', 'finish')),
    trigger_slot timestamptz,
    trigger_run uuid,
    class smallint not null check (class between 0 and 2), -- high, normal, low
    due_at timestamptz not null, -- as it was enqueued, as the next two
    exclusive boolean not null,
    promotes boolean not null,
    idempotency_key text collate "C",
    input json not null,
    queued_at timestamptz not null,
    -- All that follows is written by the finish.
    status text collate "C" check (status in ('succeeded', 'completed', 'failed', 'cancelled')), -- null while live
    started_at timestamptz,
    finished_at timestamptz,
    output text,
    result json,
    error_code text,
    error_message text,
    input_tokens bigint, -- null stands for 0, as in the next four
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    cost_nano bigint,
    cost_unknown boolean, -- null stands for false
    claim_no integer, -- the last fence
    seq integer, -- the last record
    check ((status is null) = (finished_at is null))
) with (fillfactor = 45); -- room for the finish on the same page, which then writes no index
create index runs_by_orchestra on maestro.runs (workspace_id, orchestra_id, id);
-- The last, because the planner prefers it then while both indexes are empty. A plan by the other one, which walks over
-- a whole workspace to find an id, would outlive that.
alter table maestro.runs add primary key (workspace_id, id);

-- The queue: one row for each run that has not ended.
create table maestro.live_runs (
    workspace_id text collate "C" not null,
    orchestra_id text collate "C" not null,
    run_id uuid not null,
    state smallint not null check (state in (0, 1, 3)), -- due, owned, held
    class smallint not null,
    exclusive boolean not null, -- whether, once held, it plays alone
    promotes boolean not null, -- whether its end may let others go
    due_at timestamptz not null, -- infinity when only a signal can wake it
    claim_no integer not null default 0, -- the fence
    seq integer not null default 0, -- the last record
    signals integer not null default 0,
    recoveries integer not null default 0, -- since the last record that went on
    started_at timestamptz,
    worker_id uuid,
    claim_id uuid,
    cancelled_by text, -- who asked first for its end
    primary key (workspace_id, orchestra_id, run_id),
    check ((state = 1) = (worker_id is not null))
) with (
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0,
    vacuum_truncate = off
);
create index live_runs_due on maestro.live_runs (workspace_id, class, due_at, run_id) where state = 0;
create index live_runs_held on maestro.live_runs (workspace_id, orchestra_id, run_id) where state = 3;
create index live_runs_owned on maestro.live_runs (worker_id) where worker_id is not null;

-- One row for each try of each step.
create table maestro.run_steps (
    workspace_id text collate "C" not null,
    run_id uuid not null,
    key text collate "C" not null,
    try integer not null,
    seq integer not null, -- the record that wrote it last
    kind text collate "C" not null,
    tool_name text,
    status text collate "C" not null check (
        status in ('running', 'waiting', 'succeeded', 'failed', 'skipped', 'cancelled', 'unknown')
    ),
    input json,
    output json,
    error_code text,
    error_message text,
    started_at timestamptz,
    finished_at timestamptz,
    resume_at timestamptz,
    generation integer, -- null stands for 0
    billed boolean, -- true where usage was told; null where none was
    input_tokens bigint,
    output_tokens bigint,
    cache_read_tokens bigint,
    cache_write_tokens bigint,
    reasoning_tokens bigint,
    raw_usage json,
    model text,
    price json,
    cost_nano bigint,
    primary key (workspace_id, run_id, key, try)
);

-- What people and programs told a run, by a door without a lease.
create table maestro.signals (
    workspace_id text collate "C" not null,
    run_id uuid not null,
    id uuid not null,
    number integer not null, -- the order in which they came
    signal json not null,
    primary key (workspace_id, run_id, id)
);

-- Claims that recorded something and are over, so that a record whose answer was lost is known again.
create table maestro.run_claims (
    workspace_id text collate "C" not null,
    run_id uuid not null,
    claim_no integer not null,
    worker_id uuid not null,
    seq integer not null, -- its last record
    primary key (workspace_id, run_id, claim_no)
);

-- Which run an idempotency key made.
create table maestro.run_keys (
    workspace_id text collate "C" not null,
    orchestra_id text collate "C" not null,
    key text collate "C" not null check (char_length(key) between 1 and 255),
    run_id uuid not null,
    request_hash bigint not null,
    expires_at timestamptz not null,
    primary key (workspace_id, orchestra_id, key)
);
create index run_keys_by_expiry on maestro.run_keys (expires_at);

-- Runs that ended in another way than most do: those that people look for.
create table maestro.run_alerts (
    workspace_id text collate "C" not null,
    run_id uuid not null,
    orchestra_id text collate "C" not null,
    status text collate "C" not null check (status in ('completed', 'failed', 'cancelled')),
    primary key (workspace_id, run_id)
);
create index run_alerts_by_orchestra on maestro.run_alerts (workspace_id, orchestra_id, run_id);

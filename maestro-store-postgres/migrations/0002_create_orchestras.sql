-- What is deployed, when it plays, and what became of every slot.

-- Wide, edited by people, never written by a run.
create table maestro.orchestras (
    workspace_id text collate "C" not null,
    id text collate "C" not null,
    name text not null,
    tag text not null,
    description text not null,
    cron text,
    timezone text not null,
    score_id text collate "C" not null,
    secret_bindings json not null,
    misfire text not null check (misfire in ('fire_once', 'skip', 'fire_all')),
    catchup_window_s integer not null,
    budget_cents integer,
    on_finish text collate "C", -- the orchestra that plays next
    revision integer not null,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    deleted boolean not null default false, -- its id is never given again
    primary key (workspace_id, id)
);
create index orchestras_by_score on maestro.orchestras (workspace_id, score_id) where not deleted;

-- What firing compares and moves: small rows with room beside them. An orchestra that was deleted has none.
create table maestro.schedules (
    workspace_id text collate "C" not null,
    orchestra_id text collate "C" not null,
    enabled boolean not null,
    schedule_rev integer not null,
    next_fire_at timestamptz, -- the watermark: the first slot that the ledger does not cover
    overlap text not null check (overlap in ('skip', 'queue_one', 'queue_all', 'allow')),
    max_concurrent_runs integer,
    primary key (workspace_id, orchestra_id)
) with (fillfactor = 70);
-- The time alone: with names beside it, the planner would look for one schedule here while the table is empty.
create index schedules_by_watermark on maestro.schedules (next_fire_at) where enabled;

-- The ledger. A row covers one slot, or a range of slots that share their fate.
create table maestro.firings (
    workspace_id text collate "C" not null,
    orchestra_id text collate "C" not null,
    slot timestamptz not null,
    until_slot timestamptz not null,
    count bigint not null,
    outcome text not null check (
        outcome in ('fired', 'buffered', 'skipped_overlap', 'missed', 'coalesced', 'disabled', 'error')
    ),
    late_ms bigint not null,
    run_id uuid,
    reason text,
    primary key (workspace_id, orchestra_id, slot)
);
create index firings_by_age on maestro.firings (until_slot);

-- Who is alive, and which workspaces are paused.

-- Workers serve every workspace. Who was taken for dead stays dead.
create table maestro.workers (
    id uuid primary key,
    renewed_at timestamptz not null,
    state text not null check (state in ('alive', 'dead'))
) with (fillfactor = 50);

-- A workspace that was never touched has no row.
create table maestro.workspaces (
    workspace_id text collate "C" primary key,
    paused_at timestamptz,
    paused_by text,
    check ((paused_at is null) = (paused_by is null))
);

-- Secrets, sealed: nothing here can be read without a key that the database never sees.

create table maestro.secret_versions (
    workspace_id text collate "C" not null,
    name text collate "C" not null,
    version integer not null check (version > 0),
    key_id text collate "C" not null, -- the key that it is sealed under
    sealed bytea not null,
    created_at timestamptz not null,
    primary key (workspace_id, name, version)
);

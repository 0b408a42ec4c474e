-- Documents whose versions never change, and the prices of models.

create table maestro.scores (
    workspace_id text collate "C" not null,
    id text collate "C" not null,
    latest integer not null check (latest > 0),
    deleted boolean not null default false, -- its versions stay, for the runs that played them
    primary key (workspace_id, id)
);

create table maestro.score_versions (
    workspace_id text collate "C" not null,
    score_id text collate "C" not null,
    version integer not null check (version > 0),
    agents text[] collate "C" not null, -- those that its nodes name
    document json not null,
    saved_at timestamptz not null,
    primary key (workspace_id, score_id, version),
    foreign key (workspace_id, score_id) references maestro.scores (workspace_id, id)
);

create table maestro.agents (
    workspace_id text collate "C" not null,
    id text collate "C" not null,
    latest integer not null check (latest > 0),
    deleted boolean not null default false, -- its versions stay, for the runs that used them
    primary key (workspace_id, id)
);

create table maestro.agent_versions (
    workspace_id text collate "C" not null,
    agent_id text collate "C" not null,
    version integer not null check (version > 0),
    document json not null,
    primary key (workspace_id, agent_id, version),
    foreign key (workspace_id, agent_id) references maestro.agents (workspace_id, id)
);

-- Micro-USD per million tokens.
create table maestro.model_pricing (
    workspace_id text collate "C" not null,
    model text collate "C" not null,
    valid_from timestamptz not null,
    input bigint not null,
    output bigint not null,
    cache_read bigint,
    cache_write bigint,
    primary key (workspace_id, model, valid_from)
);

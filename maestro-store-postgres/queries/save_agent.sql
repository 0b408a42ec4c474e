-- save_agent.sql   keeps an_agent_version_is_immutable, agent_versions_have_no_gaps
-- $1 workspace  $2 id  $3 version  $4 document
-- No row: the number does not follow the latest one, or the agent was deleted.
with first as (
    insert into maestro.agents (workspace_id, id, latest)
    select $1, $2, 1 where $3 = 1
    on conflict do nothing
    returning id
),
next as (
    update maestro.agents set latest = $3
    where workspace_id = $1 and id = $2 and latest = $3 - 1 and not deleted
    returning id
)
insert into maestro.agent_versions (workspace_id, agent_id, version, document)
select $1, id, $3, $4::json from (select id from first union all select id from next) as saved

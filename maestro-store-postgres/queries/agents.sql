-- agents.sql   keeps agents_are_listed_in_pages   $1 workspace  $2 after this id; null is from the first  $3 limit
select a.id, v.document::text as document
from (
    select workspace_id, id, latest from maestro.agents
    where workspace_id = $1 and not deleted and id > coalesce($2, '')
    order by id limit $3
) as a
join maestro.agent_versions as v
    on v.workspace_id = a.workspace_id and v.agent_id = a.id and v.version = a.latest
order by a.id

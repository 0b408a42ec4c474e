-- agent_standing.sql   what a version that could not be saved met   $1 workspace  $2 id  $3 version
select a.deleted, v.document::text as document
from maestro.agents as a
left join maestro.agent_versions as v
    on v.workspace_id = a.workspace_id and v.agent_id = a.id and v.version = $3
where a.workspace_id = $1 and a.id = $2

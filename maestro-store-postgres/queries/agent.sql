-- agent.sql   keeps an_agent_is_found_in_its_workspace_only   $1 workspace  $2 id  $3 version; null is the latest
select v.agent_id as id, v.document::text as document
from maestro.agent_versions as v
where v.workspace_id = $1 and v.agent_id = $2
  and v.version = coalesce($3, (
      select a.latest from maestro.agents as a
      where a.workspace_id = $1 and a.id = $2 and not a.deleted
  ))

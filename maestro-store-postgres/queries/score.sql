-- score.sql   keeps a_score_is_found_in_its_workspace_only   $1 workspace  $2 id  $3 version; null is the latest
select v.score_id as id, v.document::text as document
from maestro.score_versions as v
where v.workspace_id = $1 and v.score_id = $2
  and v.version = coalesce($3, (
      select s.latest from maestro.scores as s
      where s.workspace_id = $1 and s.id = $2 and not s.deleted
  ))

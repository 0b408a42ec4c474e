-- score_standing.sql   what a version that could not be saved met   $1 workspace  $2 id  $3 version
select s.deleted, v.document::text as document
from maestro.scores as s
left join maestro.score_versions as v
    on v.workspace_id = s.workspace_id and v.score_id = s.id and v.version = $3
where s.workspace_id = $1 and s.id = $2

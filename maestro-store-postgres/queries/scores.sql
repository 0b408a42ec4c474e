-- scores.sql   keeps scores_are_listed_in_pages   $1 workspace  $2 after this id; null is from the first  $3 limit
select s.id, v.document::text as document
from (
    select workspace_id, id, latest from maestro.scores
    where workspace_id = $1 and not deleted and id > coalesce($2, '')
    order by id limit $3
) as s
join maestro.score_versions as v
    on v.workspace_id = s.workspace_id and v.score_id = s.id and v.version = s.latest
order by s.id

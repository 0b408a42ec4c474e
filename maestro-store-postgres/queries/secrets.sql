-- secrets.sql   keeps secrets_are_listed_in_pages   $1 workspace  $2 after this name; null is from the first  $3 limit
select s.name, s.latest, s.oldest, v.created_at
from (
    select workspace_id, name, max(version) as latest, min(version) as oldest
    from maestro.secret_versions
    where workspace_id = $1 and name > coalesce($2, '')
    group by workspace_id, name
    order by name limit $3
) as s
join maestro.secret_versions as v
    on v.workspace_id = s.workspace_id and v.name = s.name and v.version = s.latest
order by s.name

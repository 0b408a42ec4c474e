-- secret.sql   keeps a_secret_is_found_in_its_workspace_only   $1 workspace  $2 name  $3 version; null is the latest
select name, version, key_id, sealed, created_at
from maestro.secret_versions
where workspace_id = $1 and name = $2 and version = coalesce($3, (
    select max(s.version) from maestro.secret_versions as s where s.workspace_id = $1 and s.name = $2
))

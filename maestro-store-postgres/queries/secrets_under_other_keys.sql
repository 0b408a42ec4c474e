-- secrets_under_other_keys.sql   keeps secrets_under_other_keys_are_found   $1 key id  $2 limit
-- It looks at every secret: keys change rarely.
select workspace_id, name, version, key_id, sealed, created_at
from maestro.secret_versions
where key_id <> $1
order by workspace_id, name, version limit $2

-- put_secret.sql   keeps a_secret_version_is_immutable, secret_versions_have_no_gaps, old_secret_versions_are_forgotten
-- $1 workspace  $2 name  $3 version  $4 key id  $5 sealed  $6 created at  $7 the latest version to forget
-- No row: the number does not follow the latest one.
with put as (
    insert into maestro.secret_versions (workspace_id, name, version, key_id, sealed, created_at)
    select $1, $2, $3, $4, $5, $6
    where $3 = 1 + coalesce((
        select max(s.version) from maestro.secret_versions as s where s.workspace_id = $1 and s.name = $2
    ), 0)
    on conflict do nothing
    returning version
),
forgotten as (
    delete from maestro.secret_versions
    where workspace_id = $1 and name = $2 and version <= $7 and exists (select from put)
)
select version from put

-- reseal_secret.sql   keeps a_reseal_is_compared
-- $1 workspace  $2 name  $3 version  $4 key id and $5 sealed, as expected  $6 key id and $7 sealed, anew
update maestro.secret_versions set key_id = $6, sealed = $7
where workspace_id = $1 and name = $2 and version = $3 and key_id = $4 and sealed = $5

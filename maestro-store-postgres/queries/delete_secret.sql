-- delete_secret.sql   keeps a_deleted_secret_is_gone   $1 workspace  $2 name
delete from maestro.secret_versions where workspace_id = $1 and name = $2

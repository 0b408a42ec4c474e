-- prune_run_keys.sql   drops keys that have expired   $1 now  $2 limit
with expired as materialized (
    select workspace_id, orchestra_id, key from maestro.run_keys
    where expires_at <= $1
    order by expires_at
    limit $2
    for update skip locked
)
delete from maestro.run_keys as key using expired
where
    key.workspace_id = any(array[expired.workspace_id]) and key.orchestra_id = any(array[expired.orchestra_id])
    and key.key = any(array[expired.key])
    and key.expires_at <= $1

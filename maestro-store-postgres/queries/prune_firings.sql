-- prune_firings.sql   keeps prune_firings_deletes_only_old_rows   $1 before  $2 limit
with old as materialized (
    select workspace_id, orchestra_id, slot from maestro.firings
    where until_slot < $1
    order by until_slot limit $2
    for update skip locked
)
delete from maestro.firings as f using old
where
    f.workspace_id = any(array[old.workspace_id]) and f.orchestra_id = any(array[old.orchestra_id])
    and f.slot = any(array[old.slot])

-- notify.sql   $1 channel  $2 texts
-- A hint need not survive a crash, so its commit waits for no disk.
select set_config('synchronous_commit', 'off', true), pg_notify($1, text)
from unnest($2::text[]) as notification (text)

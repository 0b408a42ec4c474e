-- renew_worker.sql   keeps renewal_returns_what_is_owned, a_renewed_worker_is_not_dead   $1 worker  $2 now
-- No row: it was taken for dead, or forgotten. A row of nulls: it lives and owns nothing.
with renewed as (
    update maestro.workers set renewed_at = greatest(renewed_at, $2)
    where id = $1 and state = 'alive'
    returning id
)
select l.run_id, l.workspace_id, l.orchestra_id, l.claim_no, l.seq, l.signals, l.cancelled_by is not null
from renewed
left join lateral (
    select * from maestro.live_runs where worker_id = renewed.id offset 0
) as l on true

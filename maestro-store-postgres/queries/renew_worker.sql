-- renew_worker.sql   keeps renewal_returns_what_is_owned, a_renewed_worker_is_not_dead
-- $1 worker  $2 now  $3 the claims by which it may own runs; null is all
-- No row: it was taken for dead, or forgotten. A row of nulls: it lives and owns nothing.
with renewed as (
    update maestro.workers set renewed_at = greatest(renewed_at, $2)
    where id = $1 and state = 'alive'
    returning id
)
select l.run_id, l.workspace_id, l.orchestra_id, l.claim_no, l.seq, l.signals, l.cancelled_by is not null, l.claim_id
from renewed
left join lateral (
    select one.*
    from unnest($3::uuid[]) as claim (id)
    cross join lateral ( -- not `= any($3)`: that may be a filter over all that the worker owned
        select * from maestro.live_runs where worker_id = renewed.id and claim_id = claim.id offset 0
    ) as one
    union all
    select * from maestro.live_runs where worker_id = renewed.id and $3::uuid[] is null
) as l on true

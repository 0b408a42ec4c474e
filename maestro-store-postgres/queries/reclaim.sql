-- reclaim.sql   keeps reclaim_returns_runs_of_the_dead   $1 dead workers  $2 now  $3 limit
with lost as materialized (
    select ctid as place, workspace_id, run_id, claim_no, worker_id, seq
    from maestro.live_runs
    where worker_id = any($1)
    limit $3
    for update skip locked
),
claims as (
    insert into maestro.run_claims (workspace_id, run_id, claim_no, worker_id, seq)
    select workspace_id, run_id, claim_no, worker_id, seq from lost where seq > 0
    on conflict do nothing
)
update maestro.live_runs as live
set
    state = 0, due_at = $2, worker_id = null, claim_id = null,
    recoveries = least(live.recoveries, 2147483646) + 1
from lost
where live.ctid = lost.place
returning live.workspace_id, live.orchestra_id, live.run_id

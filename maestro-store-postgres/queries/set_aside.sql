-- set_aside.sql   takes claimed runs that make no sense out of the queue, until somebody looks at them
-- $1 workspace  $2 orchestra  $3 run  $4 worker  $5 claim
update maestro.live_runs as live
set state = 0, due_at = 'infinity', worker_id = null, claim_id = null
from unnest($1::text[], $2::text[], $3::uuid[]) as odd (ws, orchestra, run)
where
    live.workspace_id = odd.ws and live.orchestra_id = odd.orchestra and live.run_id = odd.run
    and live.worker_id is not distinct from $4 and live.claim_id = $5

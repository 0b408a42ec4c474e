-- set_queue_aside.sql   takes runs of a queue that nobody can name out of the way, until somebody looks at them
-- $1 workspace  $2 class
with odd as materialized (
    select ctid as place from maestro.live_runs
    where workspace_id = $1 and class = $2 and state = 0 and due_at < 'infinity'
    order by due_at, run_id limit 1000
    for update skip locked
)
update maestro.live_runs as live set due_at = 'infinity' from odd where live.ctid = odd.place

-- claimed.sql   keeps a_lost_claim_answer_loses_no_run   $1 worker  $2 claim
select
    live.workspace_id, live.orchestra_id, live.run_id, live.claim_no, live.seq, live.recoveries, live.signals,
    live.cancelled_by is not null, live.class, live.promotes, live.started_at, run.score_id, run.score_version,
    run.agents::text, run.trigger,
    run.trigger_slot, run.trigger_run, run.input::text, run.queued_at, live.due_at
from maestro.live_runs as live
left join lateral (
    select score_id, score_version, agents, trigger, trigger_slot, trigger_run, input, queued_at
    from maestro.runs
    where workspace_id = live.workspace_id and orchestra_id = live.orchestra_id and id = live.run_id
    limit 1
) as run on true
where live.worker_id = $1 and live.claim_id = $2

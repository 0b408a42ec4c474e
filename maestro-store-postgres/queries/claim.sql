-- claim.sql   keeps claim_is_exclusive, claim_raises_claim_no, claim_takes_the_oldest_due, claim_keeps_to_its_quotas
-- $1 workspace  $2 class  $3 quota  $4 floor  $5 now  $6 worker  $7 claim
-- $8 the run at the floor
with due as materialized (
    select queued.*
    from unnest($1::text[], $2::int2[], $3::int8[], $4::timestamptz[], $8::uuid[])
        as wanted (ws, class, quota, floor_at, floor_run)
    cross join lateral (
        -- joined by place: a row that moves meanwhile is left for the next claim
        select ctid as place, workspace_id, orchestra_id, run_id
        from maestro.live_runs
        where
            workspace_id = wanted.ws and class = wanted.class and state = 0
            and (due_at, run_id) >= (coalesce(wanted.floor_at, '-infinity'), wanted.floor_run) and due_at <= $5
        order by due_at, run_id
        limit wanted.quota
        for update skip locked
    ) as queued
    where (select paused_at from maestro.workspaces where workspace_id = wanted.ws) is null
)
update maestro.live_runs as live
set
    state = 1, worker_id = $6, claim_id = $7, started_at = coalesce(live.started_at, $5),
    -- the fence: later writes must name this number; the last there is stays, and is refused by who reads it
    claim_no = least(live.claim_no, 2147483646) + 1
from due
left join lateral ( -- not a plain join: its plan, made while the tables are empty, reads all of them
    select score_id, score_version, agents, trigger, trigger_slot, trigger_run, input, queued_at
    from maestro.runs
    where workspace_id = due.workspace_id and orchestra_id = due.orchestra_id and id = due.run_id
    limit 1
) as run on true
where live.ctid = due.place
returning
    live.workspace_id, live.orchestra_id, live.run_id, live.claim_no, live.seq, live.recoveries, live.signals,
    live.cancelled_by is not null, live.class, live.promotes, live.started_at, run.score_id, run.score_version,
    run.agents::text, run.trigger,
    run.trigger_slot, run.trigger_run, run.input::text, run.queued_at, live.due_at

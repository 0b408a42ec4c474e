-- cancel.sql   ends a run over its worker's head; the run is locked
-- keeps what_does_not_run_is_cancelled_at_once, force_fences_the_owner
-- $1 workspace  $2 orchestra  $3 run  $4 error message  $5 now
with ended as (
    delete from maestro.live_runs
    where workspace_id = $1 and orchestra_id = $2 and run_id = $3
    returning workspace_id, orchestra_id, run_id, started_at, claim_no, seq, worker_id, signals
),
steps as ( -- what is unknown stays so: it is the truth
    update maestro.run_steps as step
    set status = 'cancelled', finished_at = $5
    from ended
    where
        step.workspace_id = any(array[ended.workspace_id]) and step.run_id = ended.run_id
        and step.status in ('running', 'waiting')
),
fenced as (
    insert into maestro.run_claims (workspace_id, run_id, claim_no, worker_id, seq)
    select workspace_id, run_id, claim_no, worker_id, seq from ended where worker_id is not null and seq > 0
    on conflict do nothing
),
alerts as (
    insert into maestro.run_alerts (workspace_id, run_id, orchestra_id, status)
    select workspace_id, run_id, orchestra_id, 'cancelled' from ended
    on conflict do nothing
),
totals as materialized (
    select
        sum(step.input_tokens) as input_tokens,
        sum(step.output_tokens) as output_tokens,
        sum(step.cache_read_tokens) as cache_read_tokens,
        sum(step.cache_write_tokens) as cache_write_tokens,
        sum(step.cost_nano) as cost_nano,
        bool_or(step.cost_nano is null) as cost_unknown
    from ended
    join maestro.run_steps as step
        on step.workspace_id = any(array[ended.workspace_id]) and step.run_id = ended.run_id
    where step.billed or step.cost_nano is not null
)
update maestro.runs as run
set
    status = 'cancelled', started_at = ended.started_at, finished_at = $5, error_code = 'cancelled',
    error_message = $4, claim_no = ended.claim_no + 1, seq = ended.seq,
    signals = nullif(ended.signals, 0),
    -- more than the type holds is as much as it holds
    input_tokens = nullif(least(coalesce(totals.input_tokens, 0), 9223372036854775807), 0),
    output_tokens = nullif(least(coalesce(totals.output_tokens, 0), 9223372036854775807), 0),
    cache_read_tokens = nullif(least(coalesce(totals.cache_read_tokens, 0), 9223372036854775807), 0),
    cache_write_tokens = nullif(least(coalesce(totals.cache_write_tokens, 0), 9223372036854775807), 0),
    cost_nano = nullif(least(coalesce(totals.cost_nano, 0), 9223372036854775807), 0),
    cost_unknown = nullif(totals.cost_unknown, false)
from ended cross join totals
where
    run.workspace_id = any(array[ended.workspace_id]) and run.orchestra_id = ended.orchestra_id
    and run.id = ended.run_id

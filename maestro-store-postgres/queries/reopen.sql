-- reopen.sql   makes an ended run live again; no row when it is not as the caller has read it
-- keeps a_reopened_run_is_played_on, reopening_undoes_the_finish, reopening_writes_its_rows, a_run_is_reopened_once,
-- only_what_ended_badly_is_reopened
-- $1 workspace  $2 run  $3 its last record  $4 signal id  $5 signal  $6 its time  $7 agents, null for as they are
-- steps: $8 anything, one for each  $9 key  $10 try  $11 kind  $12 tool  $13 status  $14 input  $15 output
--   $16 error code  $17 error message  $18 started  $19 finished  $20 resume at  $21 generation  $22 billed
--   $23 input tokens  $24 output tokens  $25 cache read tokens  $26 cache write tokens  $27 reasoning tokens
--   $28 raw usage  $29 model  $30 price  $31 cost  $32 workspace
with ended as materialized (
    -- Whoever else reopens it waits here, and then finds that it has not ended.
    select
        workspace_id, orchestra_id, id, class, exclusive, promotes, started_at, claim_no, seq,
        coalesce(signals, 0) as signals
    from maestro.runs
    where
        workspace_id = $1 and id = $2 and status in ('failed', 'cancelled') and coalesce(seq, 0) = $3
        and not exists (select from maestro.signals where workspace_id = $1 and run_id = $2 and id = $4)
    for update
),
undone as (
    update maestro.runs as run
    set
        status = null, started_at = null, finished_at = null, output = null, result = null, error_code = null,
        error_message = null, input_tokens = null, output_tokens = null, cache_read_tokens = null,
        cache_write_tokens = null, cost_nano = null, cost_unknown = null, claim_no = null, seq = null, signals = null,
        agents = coalesce($7::json, run.agents)
    from ended
    where
        run.workspace_id = any(array[ended.workspace_id]) and run.orchestra_id = ended.orchestra_id
        and run.id = ended.id
),
alert as (
    delete from maestro.run_alerts as alert using ended
    where alert.workspace_id = any(array[ended.workspace_id]) and alert.run_id = any(array[ended.id])
),
kept as (
    insert into maestro.signals (workspace_id, run_id, id, number, signal)
    select workspace_id, id, $4, signals + 1, $5::json from ended
),
steps as (
    insert into maestro.run_steps as before (
        workspace_id, run_id, key, try, seq, kind, tool_name, status, input, output, error_code, error_message,
        started_at, finished_at, resume_at, generation, billed, input_tokens, output_tokens, cache_read_tokens,
        cache_write_tokens, reasoning_tokens, raw_usage, model, price, cost_nano
    )
    select
        ended.workspace_id, ended.id, key, try, coalesce(ended.seq, 0) + 1, kind, tool_name, step.status, input::json,
        output::json, error_code, error_message, step.started_at, finished_at, resume_at, generation, billed,
        input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, raw_usage::json, model,
        price::json, cost_nano
    from ended
    cross join unnest(
        $8::int4[], $9::text[], $10::int4[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[],
        $16::text[], $17::text[], $18::timestamptz[], $19::timestamptz[], $20::timestamptz[], $21::int4[],
        $22::bool[], $23::int8[], $24::int8[], $25::int8[], $26::int8[], $27::int8[], $28::text[], $29::text[],
        $30::text[], $31::int8[], $32::text[]
    ) as step (
        ix, key, try, kind, tool_name, status, input, output, error_code, error_message, started_at, finished_at,
        resume_at, generation, billed, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
        reasoning_tokens, raw_usage, model, price, cost_nano, ws
    )
    on conflict (workspace_id, run_id, key, try) do update
    set
        seq = excluded.seq, kind = excluded.kind, tool_name = excluded.tool_name, status = excluded.status,
        input = excluded.input, output = excluded.output, error_code = excluded.error_code,
        error_message = excluded.error_message, started_at = excluded.started_at,
        finished_at = excluded.finished_at, resume_at = excluded.resume_at, generation = excluded.generation,
        billed = excluded.billed, input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens,
        cache_read_tokens = excluded.cache_read_tokens, cache_write_tokens = excluded.cache_write_tokens,
        reasoning_tokens = excluded.reasoning_tokens, raw_usage = excluded.raw_usage, model = excluded.model,
        price = excluded.price, cost_nano = excluded.cost_nano
    where before.status in ('running', 'waiting', 'unknown')
),
live as (
    insert into maestro.live_runs (
        workspace_id, orchestra_id, run_id, state, class, exclusive, promotes, due_at, claim_no, seq, signals, started_at
    )
    select
        workspace_id, orchestra_id, id, 0, class, exclusive, promotes, $6, coalesce(claim_no, 0), coalesce(seq, 0) + 1,
        signals + 1, started_at
    from ended
)
select orchestra_id from ended

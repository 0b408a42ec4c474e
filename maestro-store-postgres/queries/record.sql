-- record.sql   the one door for workers: fence, steps, park and finish of many runs, each wholly or not at all; no run
-- twice in a call
-- keeps a_record_is_fenced, a_refused_record_writes_nothing, a_step_row_is_final_once,
-- a_park_that_missed_a_signal_is_refused, a_worker_that_falters_is_counted, a_finish_ends_the_run_once,
-- every_billed_try_is_a_cost_once
-- records: $1 workspace  $2 orchestra  $3 run  $4 worker  $5 claim_no  $6 seq  $7 what: 0 continue, 1 finish, 2 park,
--   3 falter  $8 signals seen  $9 due at, null for never  $10 status  $11 output  $12 result  $13 error code
--   $14 error message  $15 input tokens  $16 output tokens  $17 cache read tokens  $18 cache write tokens
--   $19 cost  $20 cost unknown
-- $21 now  $47 whether the record takes its run further
-- steps: $22 the place of their record, from 1  $23 key  $24 try  $25 kind  $26 tool  $27 status  $28 input  $29 output
--   $30 error code  $31 error message  $32 started  $33 finished  $34 resume at  $35 generation  $36 billed
--   $37 input tokens  $38 output tokens  $39 cache read tokens  $40 cache write tokens  $41 reasoning tokens
--   $42 raw usage  $43 model  $44 price  $45 cost  $46 workspace
with records as materialized (
    select * from unnest(
        $1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::int4[], $6::int4[], $7::int2[], $8::int4[],
        $9::timestamptz[], $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::int8[], $16::int8[],
        $17::int8[], $18::int8[], $19::int8[], $20::bool[], $47::bool[]
    ) with ordinality as records (
        ws, orchestra, run, worker, claim_no, seq, what, seen, due_at, status, output, result, error_code,
        error_message, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nano, cost_unknown,
        goes_on, ix
    )
),
-- The fence says `is not distinct from`, never `=`: that would be planned over the index of owners.
ended as (
    delete from maestro.live_runs as live using records as r
    where
        r.what = 1
        and live.workspace_id = any(array[r.ws]) and live.orchestra_id = r.orchestra and live.run_id = r.run
        and live.worker_id is not distinct from r.worker and live.claim_no = r.claim_no and live.seq < r.seq
    returning r.*, live.signals, live.cancelled_by, live.started_at
),
went_on as (
    update maestro.live_runs as live
    set
        seq = r.seq,
        recoveries = case when r.goes_on then 0 else live.recoveries end + (r.what = 3)::int4,
        state = case when r.what = 3 or r.what = 2 and live.signals = r.seen then 0 else live.state end,
        due_at = case
            when r.what = 3 or r.what = 2 and live.signals = r.seen then coalesce(r.due_at, 'infinity')
            else live.due_at
        end,
        worker_id = case when r.what = 3 or r.what = 2 and live.signals = r.seen then null else live.worker_id end,
        claim_id = case when r.what = 3 or r.what = 2 and live.signals = r.seen then null else live.claim_id end
    from records as r
    where
        r.what <> 1
        and live.workspace_id = any(array[r.ws]) and live.orchestra_id = r.orchestra and live.run_id = r.run
        and live.worker_id is not distinct from r.worker and live.claim_no = r.claim_no and live.seq < r.seq
    returning r.ix, r.ws, r.run, r.worker, r.claim_no, r.seq, r.what, live.state, live.signals, live.cancelled_by
),
let_go as (
    insert into maestro.run_claims (workspace_id, run_id, claim_no, worker_id, seq)
    select ws, run, claim_no, worker, seq from went_on where state = 0
    on conflict do nothing
),
applied as materialized (
    select ix, signals, cancelled_by, true as done from ended
    union all
    select ix, signals, cancelled_by, what = 0 or state = 0 from went_on
),
steps as (
    insert into maestro.run_steps as before (
        workspace_id, run_id, key, try, seq, kind, tool_name, status, input, output, error_code, error_message,
        started_at, finished_at, resume_at, generation, billed, input_tokens, output_tokens, cache_read_tokens,
        cache_write_tokens, reasoning_tokens, raw_usage, model, price, cost_nano
    )
    select
        ws, ($3::uuid[])[ix], key, try, ($6::int4[])[ix], kind, tool_name, status, input::json,
        output::json, error_code, error_message, started_at, finished_at, resume_at, generation, billed, input_tokens,
        output_tokens, cache_read_tokens, cache_write_tokens, reasoning_tokens, raw_usage::json, model, price::json,
        cost_nano
    from unnest(
        $22::int4[], $23::text[], $24::int4[], $25::text[], $26::text[], $27::text[], $28::text[], $29::text[],
        $30::text[], $31::text[], $32::timestamptz[], $33::timestamptz[], $34::timestamptz[], $35::int4[],
        $36::bool[], $37::int8[], $38::int8[], $39::int8[], $40::int8[], $41::int8[], $42::text[], $43::text[],
        $44::text[], $45::int8[], $46::text[]
    ) as step (
        ix, key, try, kind, tool_name, status, input, output, error_code, error_message, started_at, finished_at,
        resume_at, generation, billed, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens,
        reasoning_tokens, raw_usage, model, price, cost_nano, ws
    )
    -- A look-up, not a join, which would compare each step with each record.
    where step.ix <@ (select range_agg(int4range(ix::int4, ix::int4 + 1)) from applied)
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
    returning
        workspace_id, run_id, key, try, kind, billed, model, input_tokens, output_tokens, cache_read_tokens,
        cache_write_tokens, cost_nano
),
costs as ( -- only of rows that were written, and few are billed
    insert into maestro.costs (
        workspace_id, run_id, key, try, at, orchestra_id, score_id, node, model, input_tokens, output_tokens,
        cache_read_tokens, cache_write_tokens, cost_nano
    )
    select
        step.workspace_id, step.run_id, step.key, step.try, $21, run.orchestra_id, run.score_id,
        coalesce(
            -- a turn and a tool call are parts of the node before them
            nullif(split_part(step.key, '.', case when step.kind in ('model_turn', 'tool_call') then -2 else -1 end), ''),
            step.key
        ),
        step.model, step.input_tokens, step.output_tokens, step.cache_read_tokens, step.cache_write_tokens,
        step.cost_nano
    from steps as step
    cross join lateral (
        select orchestra_id, score_id from maestro.runs
        where workspace_id = step.workspace_id and id = step.run_id
        limit 1
    ) as run
    where step.billed or step.cost_nano is not null
    on conflict (workspace_id, run_id, key, try) do update
    set
        at = excluded.at, model = excluded.model, input_tokens = excluded.input_tokens,
        output_tokens = excluded.output_tokens, cache_read_tokens = excluded.cache_read_tokens,
        cache_write_tokens = excluded.cache_write_tokens, cost_nano = excluded.cost_nano
),
finished as (
    update maestro.runs as run
    set
        status = ended.status, started_at = ended.started_at, finished_at = $21, output = ended.output,
        result = ended.result::json, error_code = ended.error_code, error_message = ended.error_message,
        input_tokens = ended.input_tokens, output_tokens = ended.output_tokens,
        cache_read_tokens = ended.cache_read_tokens, cache_write_tokens = ended.cache_write_tokens,
        cost_nano = ended.cost_nano, cost_unknown = ended.cost_unknown, claim_no = ended.claim_no, seq = ended.seq,
        signals = nullif(ended.signals, 0)
    from ended
    where
        run.workspace_id = any(array[ended.ws]) and run.orchestra_id = ended.orchestra and run.id = ended.run
),
alerts as (
    insert into maestro.run_alerts (workspace_id, run_id, orchestra_id, status)
    select ws, run, orchestra, status from ended where status <> 'succeeded'
    on conflict do nothing
)
select ix::int4, done, signals, cancelled_by is not null from applied

-- history_steps.sql   every step of runs, with the place of its run in the list   $1 workspace  $2 run
select
    asked.ix::int4, step.key, step.try, step.seq, step.kind, step.tool_name, step.status,
    step.input::text, step.output::text, step.error_code, step.error_message, step.started_at, step.finished_at,
    step.resume_at, step.generation, step.billed, step.input_tokens, step.output_tokens, step.cache_read_tokens,
    step.cache_write_tokens, step.reasoning_tokens, step.raw_usage::text, step.model, step.price::text, step.cost_nano
from unnest($1::text[], $2::uuid[]) with ordinality as asked (ws, run, ix)
cross join lateral (
    select * from maestro.run_steps
    where workspace_id = asked.ws and run_id = asked.run
    order by key, try
) as step
order by asked.ix, step.key, step.try

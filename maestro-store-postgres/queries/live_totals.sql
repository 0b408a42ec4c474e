-- live_totals.sql   tokens and money of live runs so far: the sums over their billed steps   $1 workspace  $2 runs
select
    step.run_id as id,
    -- more than the type holds is as much as it holds
    least(coalesce(sum(step.input_tokens), 0), 9223372036854775807)::int8,
    least(coalesce(sum(step.output_tokens), 0), 9223372036854775807)::int8,
    least(coalesce(sum(step.cache_read_tokens), 0), 9223372036854775807)::int8,
    least(coalesce(sum(step.cache_write_tokens), 0), 9223372036854775807)::int8,
    least(coalesce(sum(step.cost_nano), 0), 9223372036854775807)::int8,
    bool_or(step.cost_nano is null)
from unnest($2::uuid[]) as asked (run)
join maestro.run_steps as step on step.workspace_id = $1 and step.run_id = asked.run
where step.billed or step.cost_nano is not null
group by step.run_id

-- costs.sql   keeps costs_are_summed_by_what_is_asked
-- $1 workspace  $2 by: day, model, orchestra, node  $3 since  $4 until  $5 first instants of days
with billed as (
    select
        case $2
            when 'model' then model
            when 'orchestra' then orchestra_id
            when 'node' then score_id
        end as name,
        case $2 when 'node' then node end as node,
        case $2 when 'day' then width_bucket(at, $5::timestamptz[]) end as day,
        input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nano
    from maestro.costs
    where workspace_id = $1 and at >= $3 and at < $4
)
select
    name, node, day, count(*), count(*) filter (where cost_nano is null),
    -- more than the type holds is as much as it holds
    least(coalesce(sum(input_tokens), 0), 9223372036854775807)::int8,
    least(coalesce(sum(output_tokens), 0), 9223372036854775807)::int8,
    least(coalesce(sum(cache_read_tokens), 0), 9223372036854775807)::int8,
    least(coalesce(sum(cache_write_tokens), 0), 9223372036854775807)::int8,
    least(coalesce(sum(cost_nano), 0), 9223372036854775807)::int8
from billed
where day is null or day > 0 -- what came before the first day
group by name, node, day
order by name collate "C" nulls first, node collate "C", day

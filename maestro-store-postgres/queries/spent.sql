-- spent.sql   keeps spent_is_the_sum_since_a_moment   $1 workspace  $2 since
-- Read from the index alone: no more rows than were billed since then.
select
    least(coalesce(sum(cost_nano), 0), 9223372036854775807)::int8, -- more than the type holds is as much as it holds
    coalesce(bool_or(cost_nano is null), false)
from maestro.costs
where workspace_id = $1 and at >= $2

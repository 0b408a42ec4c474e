-- prices.sql   $1 workspace
select model, valid_from, input, output, cache_read, cache_write
from maestro.model_pricing
where workspace_id = $1
order by model, valid_from

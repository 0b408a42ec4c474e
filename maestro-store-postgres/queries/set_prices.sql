-- set_prices.sql   keeps prices_are_replaced_by_model_and_moment
-- $1 workspace; arrays, no model and moment twice: $2 model  $3 valid_from  $4 input  $5 output  $6 cache_read  $7 cache_write
insert into maestro.model_pricing (workspace_id, model, valid_from, input, output, cache_read, cache_write)
select $1, p.*
from unnest($2::text[], $3::timestamptz[], $4::int8[], $5::int8[], $6::int8[], $7::int8[])
    as p (model, valid_from, input, output, cache_read, cache_write)
order by p.model collate "C", p.valid_from
on conflict (workspace_id, model, valid_from) do update
set input = excluded.input, output = excluded.output,
    cache_read = excluded.cache_read, cache_write = excluded.cache_write

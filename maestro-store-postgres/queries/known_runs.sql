-- known_runs.sql   what stands in the way of runs that were not made, in the order asked for
-- $1 workspace  $2 run  $3 orchestra  $4 key  $5 request hash
select
    there.id is not null as is_there,
    taken.run_id,
    taken.request_hash = asked.request_hash as same_request
from unnest($1::text[], $2::uuid[], $3::text[], $4::text[], $5::int8[])
    with ordinality as asked (ws, run, orchestra, key, request_hash, ix)
left join lateral (
    select id from maestro.runs where workspace_id = asked.ws and id = asked.run limit 1
) as there on true
left join lateral (
    select run_id, request_hash from maestro.run_keys
    where workspace_id = asked.ws and orchestra_id = asked.orchestra and key = asked.key
    limit 1
) as taken on true
order by asked.ix

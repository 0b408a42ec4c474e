-- forget_workers.sql   keeps a_worker_with_runs_is_not_forgotten   $1 workers
with given as materialized (
    select w.id, exists (select from maestro.live_runs as l where l.worker_id = w.id) as owns
    from (select distinct id from unnest($1::uuid[]) as all_given (id)) as w
),
kept as (
    insert into maestro.workers (id, renewed_at, state)
    select id, 'epoch', 'dead' from given where owns
    on conflict (id) do update set state = 'dead'
)
delete from maestro.workers as w
using given
where w.id = given.id and not given.owns

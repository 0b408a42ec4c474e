-- dead_workers.sql   keeps silent_workers_are_dead, an_owner_that_nobody_knows_is_dead   $1 before
-- Owners are found by skipping from one to the next, whatever number of runs each of them has.
with recursive owners as (
    (select worker_id from maestro.live_runs where worker_id is not null order by worker_id limit 1)
    union all
    select (
        select l.worker_id from maestro.live_runs as l
        where l.worker_id > owners.worker_id order by l.worker_id limit 1
    )
    from owners
    where owners.worker_id is not null
),
unknown as (
    insert into maestro.workers (id, renewed_at, state)
    select worker_id, $1, 'dead' from owners
    where worker_id is not null and not exists (select from maestro.workers where id = owners.worker_id)
    on conflict do nothing
    returning id
),
buried as (
    update maestro.workers set state = 'dead'
    where state = 'alive' and renewed_at < $1
    returning id
)
select id from maestro.workers where state = 'dead'
union
select id from unknown
union
select id from buried

-- lock_schedules.sql   locks what is to fire, until the transaction ends: the schedules, so that another scheduler finds
-- them moved, then the gates of those with a limit, so that nobody else counts the same live runs meanwhile
-- $1 the class of the gates; no orchestra twice: $2 workspace  $3 orchestra  $4 its gate
with due as materialized (
    select asked.gate, schedule.max_concurrent_runs
    from (
        select * from unnest($2::text[], $3::text[], $4::int4[]) as asked (ws, orchestra, gate)
        order by ws collate "C", orchestra collate "C" -- everybody locks in the same order
    ) as asked
    cross join lateral ( -- not a plain join: its plan, made while the table is empty, reads all of it
        select max_concurrent_runs from maestro.schedules
        where workspace_id = asked.ws and orchestra_id = asked.orchestra
        limit 1
        for no key update
    ) as schedule
)
select pg_advisory_xact_lock($1, gate)
from (select distinct gate from due where max_concurrent_runs is not null order by gate) as gates

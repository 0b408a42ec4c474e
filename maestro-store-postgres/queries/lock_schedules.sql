-- lock_schedules.sql   locks what is to fire, until the transaction ends: the schedules, so that another scheduler finds
-- them moved, then the gates of those with a limit, so that nobody else counts the same live runs meanwhile
-- $1 the class of the gates; no orchestra twice: $2 workspace  $3 orchestra  $4 its gate
with due as materialized (
    select asked.gate, schedules.max_concurrent_runs
    from unnest($2::text[], $3::text[], $4::int4[]) as asked (ws, orchestra, gate)
    join maestro.schedules on schedules.workspace_id = asked.ws and schedules.orchestra_id = asked.orchestra
    order by schedules.workspace_id, schedules.orchestra_id -- everybody locks in the same order
    for no key update of schedules
)
select pg_advisory_xact_lock($1, gate)
from (select distinct gate from due where max_concurrent_runs is not null order by gate) as gates

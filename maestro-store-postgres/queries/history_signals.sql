-- history_signals.sql   every signal of runs, with the place of its run in the list   $1 workspace  $2 run
select asked.ix::int4, signal.id, signal.signal::text
from unnest($1::text[], $2::uuid[]) with ordinality as asked (ws, run, ix)
cross join lateral (
    select id, number, signal from maestro.signals
    where workspace_id = asked.ws and run_id = asked.run
    order by number
) as signal
order by asked.ix, signal.number

-- history_signals.sql   every signal of runs, with the place of its run in the list   $1 workspace  $2 run
select asked.ix::int4, signal.id, signal.signal::text
from unnest($1::text[], $2::uuid[]) with ordinality as asked (ws, run, ix)
join maestro.signals as signal on signal.workspace_id = asked.ws and signal.run_id = asked.run
order by asked.ix, signal.number

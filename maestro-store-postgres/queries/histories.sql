-- histories.sql   the last record of runs and who asked for their end, in the order asked for;
-- null for a run that is not there
-- $1 workspace  $2 orchestra  $3 run
select coalesce(live.seq, run.seq), live.cancelled_by
from unnest($1::text[], $2::text[], $3::uuid[]) with ordinality as asked (ws, orchestra, run, ix)
left join lateral (
    select seq from maestro.runs
    where workspace_id = asked.ws and orchestra_id = asked.orchestra and id = asked.run
    limit 1
) as run on true
left join lateral (
    select seq, cancelled_by from maestro.live_runs
    where workspace_id = asked.ws and orchestra_id = asked.orchestra and run_id = asked.run
    limit 1
) as live on true
order by asked.ix

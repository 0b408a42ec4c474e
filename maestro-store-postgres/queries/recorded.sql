-- recorded.sql   what is known of records that were not applied, in the order asked for
-- keeps a_record_may_be_repeated, also after the run was parked, claimed by another or finished
-- $1 workspace  $2 orchestra  $3 run  $4 worker  $5 claim_no  $6 seq
select
    coalesce(live.seq, run.seq) >= asked.seq
    and coalesce(live.claim_no, run.claim_no) = asked.claim_no as by_last_claim,
    exists (
        select from maestro.run_claims as earlier
        where
            earlier.workspace_id = asked.ws and earlier.run_id = asked.run and earlier.claim_no = asked.claim_no
            and earlier.worker_id = asked.worker and earlier.seq >= asked.seq
    ) as by_earlier_claim,
    coalesce(live.worker_id = asked.worker, false) as is_owner,
    coalesce(live.signals, 0) as signals,
    live.cancelled_by is not null as cancel
from unnest($1::text[], $2::text[], $3::uuid[], $4::uuid[], $5::int4[], $6::int4[])
    with ordinality as asked (ws, orchestra, run, worker, claim_no, seq, ix)
left join lateral (
    select claim_no, seq from maestro.runs
    where workspace_id = asked.ws and orchestra_id = asked.orchestra and id = asked.run
    limit 1
) as run on true
left join lateral (
    select claim_no, seq, worker_id, signals, cancelled_by from maestro.live_runs
    where workspace_id = asked.ws and orchestra_id = asked.orchestra and run_id = asked.run
    limit 1
) as live on true
order by asked.ix

-- enqueue_with_rules.sql   as enqueue.sql, for runs with a key or a limit; no run and no key twice in a call, and the
-- orchestras with limits are locked   keeps a_key_makes_one_run, a_limit_holds_a_run
-- $1 workspace  $2 run  $3 orchestra  $4 score  $5 version  $6 agents  $7 trigger  $8 its slot  $9 its run  $10 class
-- $11 due at  $12 input  $13 exclusive  $14 promotes  $15 now  $16 key  $17 request hash  $18 key expires at  $19 limit
with new as materialized (
    select * from unnest(
        $1::text[], $2::uuid[], $3::text[], $4::text[], $5::int4[], $6::text[], $7::text[], $8::timestamptz[],
        $9::uuid[], $10::int2[], $11::timestamptz[], $12::text[], $13::bool[], $14::bool[], $16::text[],
        $17::int8[], $18::timestamptz[], $19::int8[]
    ) with ordinality as new (
        ws, run, orchestra, score, version, agents, trigger, slot, of_run, class, due_at, input, exclusive, promotes,
        key, request_hash, expires_at, at_most, ix
    )
    where (select id from maestro.runs where workspace_id = new.ws and id = new.run) is null
),
keyed as (
    insert into maestro.run_keys (workspace_id, orchestra_id, key, run_id, request_hash, expires_at)
    select ws, orchestra, key, run, request_hash, expires_at from new where key is not null
    order by ws, orchestra, key -- everybody waits in the same order
    on conflict (workspace_id, orchestra_id, key) do update
    set run_id = excluded.run_id, request_hash = excluded.request_hash, expires_at = excluded.expires_at
    where run_keys.expires_at <= $15 -- one that has expired stands for nothing any more
    returning workspace_id, run_id
),
made as (
    insert into maestro.runs (
        workspace_id, id, orchestra_id, score_id, score_version, agents, trigger, trigger_slot, trigger_run, class,
        due_at, exclusive, promotes, idempotency_key, input, queued_at
    )
    select
        ws, run, orchestra, score, version, agents::json, trigger, slot, of_run, class, due_at, exclusive, promotes,
        key, input::json, $15
    from new
    where key is null or (ws, run) in (select workspace_id, run_id from keyed)
    on conflict do nothing
    returning workspace_id, id
),
placed as (
    select
        new.*,
        row_number() over (partition by new.ws, new.orchestra order by new.ix) - 1 as before_it,
        (
            select count(*)
            from (
                select from maestro.live_runs as live
                where live.workspace_id = new.ws and live.orchestra_id = new.orchestra
                limit new.at_most -- more need not be counted
            ) as counted
            where new.at_most is not null
        ) as live
    from made
    join new on new.ws = made.workspace_id and new.run = made.id
),
live as (
    insert into maestro.live_runs (workspace_id, orchestra_id, run_id, state, class, due_at, exclusive, promotes)
    select
        ws, orchestra, run, case when live + before_it >= at_most then 3 else 0 end, class, due_at, exclusive, promotes
    from placed
)
select ix, case when live + before_it >= at_most then 3 else 0 end::int2 from placed

-- enqueue.sql   keeps enqueue_is_repeatable: only rows that were really inserted go live; no run twice in a call
-- $1 workspace  $2 run  $3 orchestra  $4 score  $5 version  $6 agents  $7 trigger  $8 its slot  $9 its run  $10 class
-- $11 due at  $12 input  $13 exclusive  $14 promotes  $15 now
with made as (
    insert into maestro.runs (
        workspace_id, id, orchestra_id, score_id, score_version, agents, trigger, trigger_slot, trigger_run, class,
        due_at, input, exclusive, promotes, queued_at
    )
    select
        ws, run, orchestra, score, version, agents::json, trigger, slot, of_run, class, due_at, input::json, exclusive,
        promotes, $15
    from unnest(
        $1::text[], $2::uuid[], $3::text[], $4::text[], $5::int4[], $6::text[], $7::text[], $8::timestamptz[],
        $9::uuid[], $10::int2[], $11::timestamptz[], $12::text[], $13::bool[], $14::bool[]
    ) as new (
        ws, run, orchestra, score, version, agents, trigger, slot, of_run, class, due_at, input, exclusive, promotes
    )
    on conflict do nothing
    returning workspace_id, orchestra_id, id, class, due_at, exclusive, promotes
)
insert into maestro.live_runs (workspace_id, orchestra_id, run_id, state, class, due_at, exclusive, promotes)
select workspace_id, orchestra_id, id, 0, class, due_at, exclusive, promotes from made
returning workspace_id, run_id

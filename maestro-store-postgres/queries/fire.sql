-- fire.sql   keeps a_slot_fires_once, a_disabled_or_edited_orchestra_does_not_fire,
--            fire_writes_the_ledger_and_the_run_together, overlap_decides_what_a_slot_becomes
-- runs that entries ask for, no run twice in a call: $1 workspace  $2 run  $3 orchestra  $4 score  $5 version  $6 agents
-- $7 trigger  $8 its slot  $9 its run  $10 class  $11 due at  $12 input  $13 exclusive  $14 promotes; $15 now
-- fires, no orchestra twice in a call: $16 workspace  $17 orchestra  $18 schedule_rev  $19 expected watermark
-- $20 new watermark  $21 whether an entry asks for a run
-- entries, in order: $22 number of the fire  $23 slot  $24 until_slot  $25 count  $26 late_ms
-- $27 number of the run, or null  $28 outcome where none is asked for  $29 reason
-- A row for each entry of a fire that is not stale; one of nulls where it has none. A second scheduler waits for the lock,
-- and then finds another watermark. Where a limit counts, the gate of the orchestra is locked before.
with asked as materialized (
    select *
    from unnest($16::text[], $17::text[], $18::int4[], $19::timestamptz[], $20::timestamptz[], $21::bool[])
        with ordinality as asked (ws, orchestra, schedule_rev, expected, next_fire_at, plays, fire)
),
due as materialized (
    select asked.fire, asked.next_fire_at, schedule.*
    from (select * from asked order by ws, orchestra) as asked -- everybody locks in the same order
    cross join lateral ( -- not a plain join: its plan, made while the tables are empty, reads all of them
        select
            workspace_id, orchestra_id, overlap, max_concurrent_runs as at_most, enabled, schedule_rev,
            next_fire_at as watermark
        from maestro.schedules
        where workspace_id = asked.ws and orchestra_id = asked.orchestra
        limit 1
        for no key update
    ) as schedule
    where
        schedule.enabled and schedule.schedule_rev = asked.schedule_rev and schedule.watermark = asked.expected
        and not (
            asked.plays and (select paused_at from maestro.workspaces where workspace_id = asked.ws) is not null
        )
),
counted as materialized (
    select due.*, live.total, live.holds
    from due
    cross join lateral (
        select
            (
                select count(*)
                from (
                    select from maestro.live_runs as live
                    where live.workspace_id = due.workspace_id and live.orchestra_id = due.orchestra_id
                    limit greatest(due.at_most, 1) -- more need not be counted
                ) as some_live
            ) as total,
            exists (
                select from maestro.live_runs as live
                where live.workspace_id = due.workspace_id and live.orchestra_id = due.orchestra_id and live.state = 3
            ) as holds
    ) as live
),
moved as (
    update maestro.schedules
    set next_fire_at = counted.next_fire_at
    from counted
    where
        schedules.workspace_id = any(array[counted.workspace_id])
        and schedules.orchestra_id = counted.orchestra_id
),
entries as materialized (
    select
        counted.workspace_id, counted.orchestra_id, counted.overlap, counted.at_most, counted.total, counted.holds,
        entry.*, new.run, new.score, new.version, new.agents, new.trigger, new.trigger_slot, new.of_run, new.class,
        new.due_at, new.input, new.exclusive, new.promotes,
        settled.outcome as settled_as, -- what was written once is true for good
        settled.until_slot as settled_until, settled.count as settled_count, settled.late_ms as settled_late_ms,
        settled.run_id as settled_run, settled.reason as settled_reason,
        new.run is not null and known.id is not null as is_taken,
        new.run is not null and known.id is null and settled.slot is null as asks
    from unnest(
        $22::int8[], $23::timestamptz[], $24::timestamptz[], $25::int8[], $26::int8[], $27::int8[], $28::text[],
        $29::text[]
    ) with ordinality as entry (fire, slot, until_slot, count, late_ms, new, noted, reason, ix)
    join counted on counted.fire = entry.fire
    left join unnest(
        $1::text[], $2::uuid[], $3::text[], $4::text[], $5::int4[], $6::text[], $7::text[], $8::timestamptz[],
        $9::uuid[], $10::int2[], $11::timestamptz[], $12::text[], $13::bool[], $14::bool[]
    ) with ordinality as new (
        ws, run, orchestra, score, version, agents, trigger, trigger_slot, of_run, class, due_at, input, exclusive,
        promotes, ix
    ) on new.ix = entry.new
    left join lateral (
        select id from maestro.runs where workspace_id = new.ws and id = new.run limit 1
    ) as known on true
    left join lateral (
        select slot, outcome, until_slot, count, late_ms, run_id, reason
        from maestro.firings
        where workspace_id = counted.workspace_id and orchestra_id = counted.orchestra_id and slot = entry.slot
        limit 1
    ) as settled on true
),
numbered as (
    select entries.*, count(*) filter (where asks) over (
        partition by fire order by ix rows between unbounded preceding and 1 preceding
    ) as before_it
    from entries
),
decided as materialized (
    select numbered.*, case
        when settled_as is not null then settled_as
        when noted is not null then noted
        when is_taken then 'error'
        -- the domain's `admit_slot`, of an entry with so many before it
        when overlap = 'allow' then case when total + before_it >= at_most then 'buffered' else 'fired' end
        when total + before_it = 0 then 'fired'
        when overlap = 'queue_all' then 'buffered'
        when overlap = 'queue_one' and not holds and before_it = case total when 0 then 1 else 0 end then 'buffered'
        else 'skipped_overlap'
    end as outcome
    from numbered
),
made as (
    insert into maestro.runs (
        workspace_id, id, orchestra_id, score_id, score_version, agents, trigger, trigger_slot, trigger_run, class,
        due_at, input, exclusive, promotes, queued_at
    )
    select
        workspace_id, run, orchestra_id, score, version, agents::json, trigger, trigger_slot, of_run, class, due_at,
        input::json, exclusive, promotes, $15
    from decided
    where asks and outcome in ('fired', 'buffered')
),
live as (
    insert into maestro.live_runs (workspace_id, orchestra_id, run_id, state, class, due_at, exclusive, promotes)
    select
        workspace_id, orchestra_id, run, case outcome when 'buffered' then 3 else 0 end, class, due_at, exclusive,
        promotes
    from decided
    where asks and outcome in ('fired', 'buffered')
),
ledger as (
    insert into maestro.firings (
        workspace_id, orchestra_id, slot, until_slot, count, outcome, late_ms, run_id, reason
    )
    select
        workspace_id, orchestra_id, slot, until_slot, count, outcome, late_ms,
        case when outcome in ('fired', 'buffered') then run end,
        case when is_taken then 'the id of the run ' || run || ' is taken' else reason end
    from decided
    where settled_as is null
)
select
    decided.slot,
    coalesce(decided.settled_until, decided.until_slot) as until_slot,
    coalesce(decided.settled_count, decided.count) as count,
    decided.outcome,
    coalesce(decided.settled_late_ms, decided.late_ms) as late_ms,
    case
        when decided.settled_as is not null then decided.settled_run
        when decided.outcome in ('fired', 'buffered') then decided.run
    end as run_id,
    case
        when decided.settled_as is not null then decided.settled_reason
        when decided.is_taken then 'the id of the run ' || decided.run || ' is taken'
        else decided.reason
    end as reason,
    counted.fire
from counted
left join decided on decided.fire = counted.fire
order by counted.fire, decided.ix

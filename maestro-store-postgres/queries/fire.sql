-- fire.sql   keeps a_slot_fires_once, a_disabled_or_edited_orchestra_does_not_fire,
--            fire_writes_the_ledger_and_the_run_together, overlap_decides_what_a_slot_becomes
-- After lock_schedules.sql in the same transaction, so that nothing that is compared here changes any more.
-- Lists of entries, those that ask for a run first, and no orchestra in two fires of a call:
-- $1 workspace  $2 run  $3 orchestra  $4 score  $5 version  $6 agents  $7 trigger  $8 its slot  $9 its run  $10 class
-- $11 due at  $12 input  $13 exclusive  $14 promotes; $15 now; of every entry:
-- $16 workspace  $17 orchestra  $18 schedule_rev  $19 expected watermark  $20 new watermark  $21 number of the fire
-- $22 number within it  $23 slot, null in a fire without entries  $24 until_slot  $25 count  $26 late_ms
-- $27 outcome where no run is asked for  $28 reason
-- A row for each entry of a fire that is not stale. Nothing is joined but by keys of tables: a thousand fires cost a
-- thousand times what one does.
with entries as materialized (
    select
        entry.*, schedule.overlap, schedule.at_most, live.total, live.holds,
        settled.outcome as settled_as, -- what was written once is true for good
        settled.until_slot as settled_until, settled.count as settled_count, settled.late_ms as settled_late_ms,
        settled.run_id as settled_run, settled.reason as settled_reason,
        entry.run is not null and known.id is not null as is_taken,
        entry.run is not null and known.id is null and settled.slot is null as asks
    from unnest(
        $1::text[], $2::uuid[], $3::text[], $4::text[], $5::int4[], $6::text[], $7::text[], $8::timestamptz[],
        $9::uuid[], $10::int2[], $11::timestamptz[], $12::text[], $13::bool[], $14::bool[], $16::text[], $17::text[],
        $18::int4[], $19::timestamptz[], $20::timestamptz[], $21::int8[], $22::int8[], $23::timestamptz[],
        $24::timestamptz[], $25::int8[], $26::int8[], $27::text[], $28::text[]
    ) as entry (
        run_ws, run, run_orchestra, score, version, agents, trigger, trigger_slot, of_run, class, due_at, input,
        exclusive, promotes, ws, orchestra, schedule_rev, expected, next_fire_at, fire, ix, slot, until_slot, count,
        late_ms, noted, reason
    )
    cross join lateral ( -- not a plain join: its plan, made while the tables are empty, reads all of them
        select overlap, max_concurrent_runs as at_most, enabled, schedule_rev, next_fire_at as watermark
        from maestro.schedules
        where workspace_id = entry.ws and orchestra_id = entry.orchestra
        limit 1
    ) as schedule
    cross join lateral (
        select
            (
                select count(*)
                from (
                    select from maestro.live_runs as live
                    where live.workspace_id = entry.ws and live.orchestra_id = entry.orchestra
                    limit greatest(schedule.at_most, 1) -- more need not be counted
                ) as some_live
            ) as total,
            exists (
                select from maestro.live_runs as live
                where live.workspace_id = entry.ws and live.orchestra_id = entry.orchestra and live.state = 3
            ) as holds
    ) as live
    left join lateral (
        select id from maestro.runs where workspace_id = entry.ws and id = entry.run limit 1
    ) as known on true
    left join lateral (
        select slot, outcome, until_slot, count, late_ms, run_id, reason
        from maestro.firings
        where workspace_id = entry.ws and orchestra_id = entry.orchestra and slot = entry.slot
        limit 1
    ) as settled on true
    where
        schedule.enabled and schedule.schedule_rev = entry.schedule_rev and schedule.watermark = entry.expected
),
numbered as (
    select
        entries.*,
        bool_or(run is not null) over (partition by fire)
        and (select paused_at from maestro.workspaces where workspace_id = ws) is not null as is_paused,
        count(*) filter (where asks) over (
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
    where not is_paused
),
moved as (
    update maestro.schedules
    set next_fire_at = fires.next_fire_at
    from (select distinct ws, orchestra, next_fire_at from decided) as fires
    where schedules.workspace_id = any(array[fires.ws]) and schedules.orchestra_id = fires.orchestra
),
made as (
    insert into maestro.runs (
        workspace_id, id, orchestra_id, score_id, score_version, agents, trigger, trigger_slot, trigger_run, class,
        due_at, input, exclusive, promotes, queued_at
    )
    select
        ws, run, orchestra, score, version, agents::json, trigger, trigger_slot, of_run, class, due_at, input::json,
        exclusive, promotes, $15
    from decided
    where asks and outcome in ('fired', 'buffered')
),
live as (
    insert into maestro.live_runs (workspace_id, orchestra_id, run_id, state, class, due_at, exclusive, promotes)
    select ws, orchestra, run, case outcome when 'buffered' then 3 else 0 end, class, due_at, exclusive, promotes
    from decided
    where asks and outcome in ('fired', 'buffered')
),
ledger as (
    insert into maestro.firings (
        workspace_id, orchestra_id, slot, until_slot, count, outcome, late_ms, run_id, reason
    )
    select
        ws, orchestra, slot, until_slot, count, outcome, late_ms,
        case when outcome in ('fired', 'buffered') then run end,
        case when is_taken then 'the id of the run ' || run || ' is taken' else reason end
    from decided
    where slot is not null and settled_as is null
)
select
    slot,
    coalesce(settled_until, until_slot) as until_slot,
    coalesce(settled_count, count) as count,
    outcome,
    coalesce(settled_late_ms, late_ms) as late_ms,
    case
        when settled_as is not null then settled_run
        when outcome in ('fired', 'buffered') then run
    end as run_id,
    case
        when settled_as is not null then settled_reason
        when is_taken then 'the id of the run ' || run || ' is taken'
        else reason
    end as reason,
    fire
from decided
order by fire, ix

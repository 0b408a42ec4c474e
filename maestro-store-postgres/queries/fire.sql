-- fire.sql   keeps a_slot_fires_once, a_disabled_or_edited_orchestra_does_not_fire,
--            fire_writes_the_ledger_and_the_run_together, overlap_decides_what_a_slot_becomes
-- $1 now
-- fires, arrays, no orchestra twice: $2 workspace  $3 orchestra  $4 schedule_rev  $5 expected watermark
--   $6 new watermark  $7 whether an entry plays
-- entries, arrays in order: $8 number of the fire  $9 slot  $10 until_slot  $11 count  $12 late_ms
--   $13 outcome that is only noted, null where a run is asked for  $14 reason
--   runs of the entries: $15 id  $16 score  $17 version  $18 agents  $19 trigger  $20 class  $21 due  $22 input
--   $23 exclusive  $24 promotes
-- A row for each entry of a fire that is not stale; one without an entry where it has none. A second scheduler waits for
-- the lock, and then finds another watermark.
with asked as materialized (
    select *
    from unnest($2::text[], $3::text[], $4::int8[], $5::timestamptz[], $6::timestamptz[], $7::bool[])
        with ordinality as f (workspace_id, orchestra_id, schedule_rev, expected, next_fire_at, plays, fire)
),
due as materialized (
    select a.fire, a.next_fire_at, s.workspace_id, s.orchestra_id, s.overlap, s.max_concurrent_runs as max
    from asked as a
    join maestro.schedules as s on s.workspace_id = a.workspace_id and s.orchestra_id = a.orchestra_id
    where s.enabled and s.schedule_rev = a.schedule_rev and s.next_fire_at = a.expected
      and not (a.plays and exists (
          select from maestro.workspaces as w where w.workspace_id = s.workspace_id and w.paused_at is not null
      ))
    order by s.workspace_id, s.orchestra_id
    for no key update of s
),
counted as materialized (
    select due.*, live.total, live.holds
    from due
    cross join lateral (
        select count(*) as total, coalesce(bool_or(state = 3), false) as holds
        from maestro.live_runs as l
        where l.workspace_id = due.workspace_id and l.orchestra_id = due.orchestra_id
    ) as live
),
moved as (
    update maestro.schedules as s set next_fire_at = c.next_fire_at
    from counted as c
    where s.workspace_id = c.workspace_id and s.orchestra_id = c.orchestra_id
),
entries as materialized (
    select e.*, c.workspace_id, c.orchestra_id, c.overlap, c.max, c.total, c.holds,
        f.outcome as settled, f.until_slot as settled_until, f.count as settled_count, f.late_ms as settled_late_ms,
        f.run_id as settled_run, f.reason as settled_reason,
        f.slot is null and e.noted is null as asks,
        exists (select from maestro.runs as r where r.workspace_id = c.workspace_id and r.id = e.run_id) as is_known
    from unnest(
        $8::int8[], $9::timestamptz[], $10::timestamptz[], $11::int8[], $12::int8[], $13::text[], $14::text[],
        $15::uuid[], $16::text[], $17::int4[], $18::text[], $19::text[], $20::int2[], $21::timestamptz[], $22::text[],
        $23::bool[], $24::bool[]
    ) with ordinality as e (
        fire, slot, until_slot, count, late_ms, noted, reason,
        run_id, score_id, score_version, agents, trigger, class, due_at, input, exclusive, promotes, entry
    )
    join counted as c on c.fire = e.fire
    left join maestro.firings as f
        on f.workspace_id = c.workspace_id and f.orchestra_id = c.orchestra_id and f.slot = e.slot
),
numbered as (
    -- how many runs of this fire were asked for before
    select e.*, count(*) filter (where asks and not is_known) over (
        partition by fire order by entry rows between unbounded preceding and 1 preceding
    ) as nth
    from entries as e
),
decided as materialized (
    select n.*, case
        when settled is not null then settled
        when noted is not null then noted
        when is_known then 'error'
        -- as the domain's `admit_slot` says, of every number of runs at once
        when overlap = 'allow' then case when total + nth >= max then 'buffered' else 'fired' end
        when total + nth = 0 then 'fired'
        when overlap = 'queue_all' then 'buffered'
        when overlap = 'queue_one' and not holds and nth = case total when 0 then 1 else 0 end then 'buffered'
        else 'skipped_overlap'
    end as outcome
    from numbered as n
),
made as (
    insert into maestro.runs (workspace_id, id, orchestra_id)
    select workspace_id, run_id, orchestra_id from decided where asks and outcome in ('fired', 'buffered')
),
live as (
    insert into maestro.live_runs (workspace_id, orchestra_id, run_id, state, class, due_at)
    select workspace_id, orchestra_id, run_id, case outcome when 'fired' then 0 else 3 end, class, due_at
    from decided where asks and outcome in ('fired', 'buffered')
),
written as (
    insert into maestro.firings (
        workspace_id, orchestra_id, slot, until_slot, count, outcome, late_ms, run_id, reason
    )
    select workspace_id, orchestra_id, slot, until_slot, count, outcome, late_ms,
        case when outcome in ('fired', 'buffered') then run_id end,
        case when asks and is_known then 'the id of the run ' || run_id || ' is taken' else reason end
    from decided
    where settled is null
)
select c.fire, d.slot,
    coalesce(d.settled_until, d.until_slot) as until_slot,
    coalesce(d.settled_count, d.count) as count,
    d.outcome
from counted as c
left join decided as d on d.fire = c.fire
order by c.fire, d.entry;

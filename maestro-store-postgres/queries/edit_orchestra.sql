-- edit_orchestra.sql   keeps an_edit_is_compared, an_edit_covers_its_slots
-- $1 workspace  $2 id  $3 name  $4 tag  $5 description  $6 cron  $7 timezone  $8 secret bindings  $9 misfire
-- $10 catch-up window  $11 budget  $12 on finish  $13 revision  $14 updated at
-- $15 enabled  $16 schedule_rev  $17 next_fire_at  $18 overlap  $19 max_concurrent_runs
-- $20 expected revision  $21 expected watermark
-- the ledger, arrays: $22 slot  $23 until_slot  $24 count  $25 outcome  $26 late_ms  $27 run  $28 reason
-- No row: there is no such orchestra. A slot that fires meanwhile waits for the lock, and then finds another watermark.
with found as materialized (
    select o.workspace_id, o.id, o.revision = $20 and s.next_fire_at is not distinct from $21 as as_read
    from maestro.orchestras as o
    join maestro.schedules as s on s.workspace_id = o.workspace_id and s.orchestra_id = o.id
    where o.workspace_id = $1 and o.id = $2 and not o.deleted
    for no key update of s, o
),
orchestra as (
    update maestro.orchestras as o
    set name = $3, tag = $4, description = $5, cron = $6, timezone = $7, secret_bindings = $8::json, misfire = $9,
        catchup_window_s = $10, budget_cents = $11, on_finish = $12, revision = $13, updated_at = $14
    from found
    where found.as_read and o.workspace_id = found.workspace_id and o.id = found.id
),
schedule as (
    update maestro.schedules as s
    set enabled = $15, schedule_rev = $16, next_fire_at = $17, overlap = $18, max_concurrent_runs = $19
    from found
    where found.as_read and s.workspace_id = found.workspace_id and s.orchestra_id = found.id
),
covered as (
    insert into maestro.firings (
        workspace_id, orchestra_id, slot, until_slot, count, outcome, late_ms, run_id, reason
    )
    select found.workspace_id, found.id, f.*
    from found
    cross join unnest(
        $22::timestamptz[], $23::timestamptz[], $24::int8[], $25::text[], $26::int8[], $27::uuid[], $28::text[]
    ) as f
    where found.as_read
    on conflict do nothing -- what was written once is true for good
)
select as_read from found

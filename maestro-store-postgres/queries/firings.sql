-- firings.sql   keeps the_ledger_is_listed_latest_first_in_pages
-- $1 workspace  $2 orchestra  $3 before this slot; null is from the latest  $4 limit
-- No row: there never was such an orchestra. A row of nulls: its ledger has no such rows.
select f.slot, f.until_slot, f.count, f.outcome, f.late_ms, f.run_id, f.reason
from maestro.orchestras as o
left join lateral (
    select * from maestro.firings
    where workspace_id = o.workspace_id and orchestra_id = o.id and slot < coalesce($3::timestamptz, 'infinity')
    order by slot desc limit $4
) as f on true
where o.workspace_id = $1 and o.id = $2
order by f.slot desc

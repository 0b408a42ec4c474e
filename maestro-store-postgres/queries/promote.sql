-- promote.sql   keeps promote_lets_go_what_the_limit_allows; the orchestra is locked
-- $1 workspace  $2 orchestra  $3 limit, or null
with active as materialized (
    select count(*) as number
    from (
        select from maestro.live_runs
        where workspace_id = $1 and orchestra_id = $2 and state <> 3
        limit greatest($3, 1) -- more need not be counted
    ) as counted
),
held as (
    select
        live.run_id,
        -- the oldest first, and nobody passes one who must wait
        bool_and(
            coalesce(
                active.number + place.number < case when live.exclusive then 1 else $3 end, true
            )
        ) over (order by live.run_id) as may_go
    from active
    cross join lateral (
        select run_id, exclusive, row_number() over (order by run_id) - 1 as number
        from maestro.live_runs
        where workspace_id = $1 and orchestra_id = $2 and state = 3
    ) as live
    cross join lateral (select live.number) as place
)
update maestro.live_runs as live
set state = 0
from held
where held.may_go and live.workspace_id = $1 and live.orchestra_id = $2 and live.run_id = held.run_id and live.state = 3
returning live.run_id, live.due_at

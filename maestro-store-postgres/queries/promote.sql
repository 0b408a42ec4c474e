-- promote.sql   keeps promote_lets_go_what_the_limit_allows; the orchestra is locked
-- $1 workspace  $2 orchestra  $3 limit, or null
-- Steps from one held run to the next for as long as they may go. Nobody passes one who must wait, so that those behind it
-- are neither sorted nor joined: every end of a run promotes, and a backlog may be held.
with recursive going as (
    (
        select next.run_id, active.number + 1 as active -- itself included
        from (
            select count(*) as number
            from (
                select from maestro.live_runs
                where workspace_id = $1 and orchestra_id = $2 and state <> 3
                limit greatest($3, 1) -- more need not be counted
            ) as counted
        ) as active
        cross join lateral (
            select run_id, exclusive from maestro.live_runs
            where workspace_id = $1 and orchestra_id = $2 and state = 3
            order by run_id limit 1
        ) as next
        where coalesce(active.number < case when next.exclusive then 1 else $3 end, true)
    )
    union all
    select next.run_id, going.active + 1
    from going
    cross join lateral (
        select run_id, exclusive from maestro.live_runs
        where workspace_id = $1 and orchestra_id = $2 and state = 3 and run_id > going.run_id
        order by run_id limit 1
    ) as next
    where coalesce(going.active < case when next.exclusive then 1 else $3 end, true)
)
update maestro.live_runs
set state = 0
where workspace_id = $1 and orchestra_id = $2 and run_id = any(array(select run_id from going)) and state = 3
returning run_id, due_at

-- delete_agent.sql   keeps an_agent_in_use_is_not_deleted; after lock_agent.sql   $1 workspace  $2 id
-- It looks at every score of the workspace: deleting is rare.
with used as materialized (
    select exists (
        select from maestro.scores as s
        join maestro.score_versions as v
            on v.workspace_id = s.workspace_id and v.score_id = s.id and v.version = s.latest
        where s.workspace_id = $1 and not s.deleted and $2 = any(v.agents)
    ) as in_use
),
gone as (
    update maestro.agents set deleted = true
    from used
    where workspace_id = $1 and id = $2 and not deleted and not used.in_use
    returning id
)
select used.in_use, exists (select from gone) as deleted from used

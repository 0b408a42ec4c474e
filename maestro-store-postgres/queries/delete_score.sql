-- delete_score.sql   keeps a_score_in_use_is_not_deleted; after lock_score.sql   $1 workspace  $2 id
with used as materialized (
    select exists (
        select from maestro.orchestras where workspace_id = $1 and score_id = $2 and not deleted
    ) as in_use
),
gone as (
    update maestro.scores set deleted = true
    from used
    where workspace_id = $1 and id = $2 and not deleted and not used.in_use
    returning id
)
select used.in_use, exists (select from gone) as deleted from used

-- save_score.sql   keeps a_score_version_is_immutable, score_versions_have_no_gaps, a_deleted_score_id_is_not_given_again
-- $1 workspace  $2 id  $3 version  $4 agents  $5 document  $6 now
-- No row: the number does not follow the latest one, or the score was deleted.
with named as materialized ( -- whoever deletes one of them waits for us, or we for them
    select id from maestro.agents where workspace_id = $1 and id = any($4) order by id for share
),
first as (
    insert into maestro.scores (workspace_id, id, latest)
    select $1, $2, 1 where $3 = 1 and (select count(*) from named) >= 0
    on conflict do nothing
    returning id
),
next as (
    update maestro.scores set latest = $3
    where workspace_id = $1 and id = $2 and latest = $3 - 1 and not deleted
      and (select count(*) from named) >= 0
    returning id
)
insert into maestro.score_versions (workspace_id, score_id, version, agents, document, saved_at)
select $1, id, $3, $4, $5::json, $6 from (select id from first union all select id from next) as saved

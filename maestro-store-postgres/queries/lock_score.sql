-- lock_score.sql   so that nobody begins to play it while it is deleted   $1 workspace  $2 id
select id from maestro.scores where workspace_id = $1 and id = $2 for update

-- runs_by_id.sql   keeps a_run_is_found_in_its_workspace_only, a_live_run_shows_where_it_stands   $1 workspace  $2 runs
select
    run.workspace_id, run.orchestra_id, run.id, run.score_id, run.score_version, run.agents::text, run.trigger,
    run.trigger_slot, run.trigger_run, run.class, run.idempotency_key, run.input::text, run.queued_at, run.status,
    live.state, coalesce(live.started_at, run.started_at), run.finished_at, run.output, run.result::text,
    run.error_code, run.error_message, run.input_tokens, run.output_tokens, run.cache_read_tokens,
    run.cache_write_tokens, run.cost_nano, run.cost_unknown, coalesce(live.seq, run.seq)
from maestro.runs as run
left join maestro.live_runs as live
    on live.workspace_id = run.workspace_id and live.orchestra_id = run.orchestra_id and live.run_id = run.id
where run.workspace_id = $1 and run.id = any($2)
order by run.id desc

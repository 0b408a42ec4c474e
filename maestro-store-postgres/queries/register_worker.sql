-- register_worker.sql   keeps a_dead_worker_never_comes_back   $1 worker  $2 now
-- No row: it was taken for dead. A call that was under way for long sets nothing back.
insert into maestro.workers as known (id, renewed_at, state)
values ($1, $2, 'alive')
on conflict (id) do update set renewed_at = greatest(known.renewed_at, excluded.renewed_at)
where known.state = 'alive'

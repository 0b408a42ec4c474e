-- Runs, their steps and the live queue.
create table maestro.runs (id uuid primary key);

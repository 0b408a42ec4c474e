-- What a worker owns is looked for claim by claim: what it owned before need not be walked over.
drop index maestro.live_runs_owned;
create index live_runs_owned on maestro.live_runs (worker_id, claim_id) where worker_id is not null;

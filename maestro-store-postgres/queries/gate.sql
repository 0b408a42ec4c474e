-- gate.sql   makes those who count the live runs of an orchestra wait for each other, until the transaction ends
-- $1 the class of the locks  $2 orchestras, as numbers, sorted
select pg_advisory_xact_lock($1, gate) from unnest($2::int4[]) as gates (gate)

-- What may be spent, and what was.

alter table maestro.orchestras alter column budget_cents type bigint; -- as large as that of a score

-- applied_migrations.sql   the numbers of the migrations that were applied
select version from maestro.migrations order by version

-- set.sql   the settings of a connection   $1 names  $2 values
select set_config(name, value, false) from unnest($1::text[], $2::text[]) as wanted (name, value)

-- show.sql   the settings as the server has them, in the order asked for   $1 names
select found.setting
from unnest($1::text[]) with ordinality as wanted (name, place)
left join pg_settings as found on found.name = wanted.name
order by wanted.place

-- secret_keys.sql   keeps secret_keys_are_told
-- It looks at every secret: that is done when an engine starts, and when keys change.
select distinct key_id from maestro.secret_versions order by key_id

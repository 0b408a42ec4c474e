-- time.sql   the time of the server, not of the transaction
select clock_timestamp()

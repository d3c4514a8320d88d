-- Since when the instance has a stream of the log, milliseconds; null while it is pushed to.
alter table peer_cursors add column streams_since bigint;

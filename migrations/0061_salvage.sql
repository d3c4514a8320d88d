-- Events of this instance's own logs that were saved from a damaged database, behind the first place at which one could
-- not be read. They go back into their log together with what other instances still hold.
create table log_salvage (
  log_id bigint not null,
  seq    bigint not null,
  -- the whole event, JSON
  event  text not null,
  primary key (log_id, seq)
);

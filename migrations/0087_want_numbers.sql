-- The number of the last wish of an instance for channels of a log: one that comes late counts for nothing.
create table peer_want_numbers (
  peer   text not null,
  log_id bigint not null,
  number bigint not null,
  primary key (peer, log_id)
);

-- What a copy may lack of a channel that it did not follow for a while: what was done to messages that it holds.
create table channel_gaps (
  log_id   bigint not null,
  channel  text not null,
  -- it was followed up to here
  from_seq bigint not null,
  -- and again from here on; what is in between is fetched from its end on. Null while it is not followed
  to_seq   bigint,
  -- requests that were made for it
  pages    bigint not null,
  primary key (log_id, channel)
);

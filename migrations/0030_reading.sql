-- How far a person of this instance has read each channel. No row: nothing of it yet.
create table read_marks (
  actor   text not null,
  log_id  bigint not null,
  channel text not null,
  -- number of the last message that counts as read
  read_cn bigint not null,
  primary key (actor, log_id, channel)
);
create index read_marks_by_log on read_marks (log_id, channel);

-- Whom a message speaks to, as far as they are of this instance.
create table mentions (
  log_id  bigint not null,
  channel text not null,
  cn      bigint not null,
  -- a person, or * for everybody who may see the channel
  target  text not null,
  author  text not null,
  aid     blob not null,
  primary key (log_id, channel, cn, target)
);
create index mentions_by_target on mentions (log_id, target, channel, cn);
create index mentions_by_message on mentions (log_id, aid);

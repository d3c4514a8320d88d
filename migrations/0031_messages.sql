-- Where messages stand. What they say is read from the log, so that erasing it there erases it everywhere.
create table messages (
  log_id      bigint not null,
  aid         blob not null,
  seq         bigint not null,
  channel     text not null,
  cn          bigint not null,
  author      text not null,
  ts          bigint not null,
  reply_to    blob,
  -- the newest edit
  edit_seq    bigint,
  edited_at   bigint,
  -- the deletion
  deleted_seq bigint,
  primary key (log_id, aid)
);
create index messages_by_cn on messages (log_id, channel, cn);
create index messages_by_time on messages (log_id, channel, ts);

-- The newest word of each person about each emoji under each message.
create table reactions (
  log_id  bigint not null,
  aid     blob not null,
  emoji   text not null,
  actor   text not null,
  channel text not null,
  seq     bigint not null,
  -- given, or taken back
  present boolean not null,
  primary key (log_id, aid, emoji, actor)
);
create index reactions_by_channel on reactions (log_id, channel);

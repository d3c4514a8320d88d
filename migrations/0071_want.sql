-- The channels of a log of ours that an instance has asked to be sent, separated by spaces. Without a row: all that its
-- people may see.
create table peer_wants (
  peer     text not null,
  log_id   bigint not null,
  channels text not null,
  primary key (peer, log_id)
);

-- Copies that do not follow every channel.
create table log_follows (
  log_id   bigint primary key,
  -- the channels that were asked for, and those of them that arrive whole, separated by spaces
  wanted   text not null,
  whole    text not null,
  -- the digest of the wish before; null for all channels
  earlier  blob,
  -- whether the hub was asked to send all again
  all_soon boolean not null
);

-- When somebody of this instance last opened a channel of a copy, milliseconds.
create table opened_channels (
  log_id    bigint not null,
  channel   text not null,
  opened_at bigint not null,
  primary key (log_id, channel)
);

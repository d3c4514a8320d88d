-- The instances that this one has met.
create table peers (
  domain     text primary key,
  ik         text not null,
  -- what is remembered, so that a domain that changes hands is noticed; JSON
  pin        text not null,
  -- the newest verified document, word for word
  doc        text not null,
  fetched_at bigint not null,
  first_met  bigint not null,
  -- the last request of theirs that was verified, and the last answer of theirs; 0 for never
  last_seen  bigint not null,
  last_ok    bigint not null,
  -- tries in a row without an answer
  failures   bigint not null,
  last_error text,
  -- a code while the peer is not to be spoken with: identity_changed
  state      text
);
create index peers_by_ik on peers (ik);

-- How far each instance has confirmed each log of ours.
create table peer_cursors (
  peer      text not null,
  log_id    bigint not null,
  acked_seq bigint not null,
  primary key (peer, log_id)
);
create index peer_cursors_by_log on peer_cursors (log_id);

-- The channels whose state each instance holds.
create table peer_channels (
  peer    text not null,
  log_id  bigint not null,
  channel text not null,
  primary key (peer, log_id, channel)
);

-- The logs that this instance sequences or holds a copy of.
create table logs (
  id          bigint primary key,
  sid         text not null unique,
  -- the instance that sequences it
  hub         text not null,
  hub_domain  text not null,
  -- why a copy is no longer fed, a code; null while all is well
  quarantined text,
  -- position that the copy began at with a snapshot; 0 for a log held from its first event
  base_seq    bigint not null
);

-- Header and action apart in columns; the canonical JSON is rebuilt from them.
create table log_events (
  log_id       bigint not null,
  seq          bigint not null,
  generation   bigint not null,
  epoch        bigint not null,
  hash         blob not null,
  prev         blob not null,
  cprev        blob,
  cn           bigint,
  hub          text not null,
  ts           bigint not null,
  channel      text,
  kind         text not null,
  target       text,
  actor        text not null,
  origin       text not null,
  aid          blob not null,
  ats          bigint,
  exp          bigint not null,
  basis_gen    bigint not null,
  basis_epoch  bigint not null,
  basis_seq    bigint not null,
  basis_hash   blob not null,
  content_hash blob not null,
  origin_kid   text,
  origin_sig   blob,
  hub_kid      text not null,
  hub_sig      blob not null,
  content      text,
  salt         blob,
  -- position of the deletion that erased the content
  erased       bigint,
  -- why the event counts for nothing although it stands in the chain
  rejected     text,
  -- members of header and action that this version does not know, JSON
  extra        text,
  primary key (log_id, seq)
);
create index log_events_by_aid on log_events (log_id, aid);
create index log_events_by_channel on log_events (log_id, channel, seq) where channel is not null;
create index log_events_by_target on log_events (log_id, target) where target is not null;

-- Runs that the hub withheld from this copy.
create table log_stubs (
  log_id   bigint not null,
  from_seq bigint not null,
  to_seq   bigint not null,
  hash     blob not null,
  primary key (log_id, from_seq)
);

-- The fold of each log, one row for each thing.
create table log_state (
  log_id bigint not null,
  kind   text not null,
  key    text not null,
  value  text not null,
  primary key (log_id, kind, key)
);

-- The people of this instance and the servers they are in.
create table memberships (
  actor     text not null,
  log_id    bigint not null,
  joined_at bigint not null,
  primary key (actor, log_id)
);
create index memberships_by_log on memberships (log_id);

-- Content of deleted messages, sealed at the hub until the time for moderators is over.
create table held_content (
  log_id  bigint not null,
  seq     bigint not null,
  content text not null,
  until   bigint not null,
  primary key (log_id, seq)
);
create index held_content_by_time on held_content (until);

-- What people of this instance did in servers of others, until it stands in the copy of the log.
create table pending_actions (
  aid        blob primary key,
  position   bigint not null unique,
  log_id     bigint not null,
  actor      text not null,
  kind       text not null,
  channel    text,
  target     text,
  content    text not null,
  salt       blob not null,
  -- queued, accepted, rejected or expired
  state      text not null,
  code       text,
  created_at bigint not null,
  -- since when it is over, for tidying up
  settled_at bigint
);
create index pending_actions_by_log on pending_actions (log_id, position);

-- A client's own number for what it sent: the same number sent again is the same action.
create table nonces (
  actor      text not null,
  nonce      text not null,
  log_id     bigint not null,
  aid        blob not null,
  created_at bigint not null,
  primary key (actor, nonce)
);
create index nonces_by_time on nonces (created_at);
create index nonces_by_aid on nonces (log_id, aid);

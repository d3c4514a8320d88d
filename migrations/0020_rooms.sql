-- Pictures of servers, as their hubs made them.
create table server_icons (
  mid        text primary key,
  type       text not null,
  bytes      blob not null,
  created_at bigint not null
);

-- The codes of invitations that people of this instance made; logs hold only the hash of a code. Sealed, so that the
-- database alone lets nobody in.
create table invite_codes (
  log_id bigint not null,
  hash   blob not null,
  code   blob not null,
  maker  text not null,
  primary key (log_id, hash)
);

-- Why somebody was sent away, from the notes in the staff channel.
create table mod_notes (
  log_id bigint not null,
  aid    blob not null,
  seq    bigint not null,
  -- the type of the act, such as member.ban
  about  text not null,
  target text not null,
  actor  text not null,
  reason text not null,
  ts     bigint not null,
  primary key (log_id, aid)
);
create index mod_notes_by_target on mod_notes (log_id, about, target, seq);

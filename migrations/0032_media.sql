-- Files that lie below media/ in the data folder, by the hash of their bytes.
create table media (
  mid     text primary key,
  -- found by the bytes
  type    text not null,
  size    bigint not null,
  -- when it was last stored, and last read
  kept_at bigint not null,
  used_at bigint not null
);
create index media_by_use on media (used_at);

-- Which instance brought a file into which server: a hash alone is no right to read it.
create table media_grants (
  log_id     bigint not null,
  mid        text not null,
  origin     text not null,
  created_at bigint not null,
  primary key (log_id, mid, origin)
);
create index media_grants_by_mid on media_grants (mid);

-- Messages that are there, and their files.
create table media_refs (
  log_id  bigint not null,
  aid     blob not null,
  mid     text not null,
  -- the small picture
  thumb   text,
  channel text not null,
  author  text not null,
  -- the author's instance
  home    text not null,
  name    text not null,
  primary key (log_id, aid, mid)
);
create index media_refs_by_mid on media_refs (mid);
create index media_refs_by_thumb on media_refs (thumb);
create index media_refs_by_channel on media_refs (log_id, channel);

-- Files that may be erased when nothing else needs them.
create table media_doomed (
  mid text primary key
);

-- Files of our own people on their way into a message.
create table uploads (
  id         text primary key,
  actor      text not null,
  mid        text not null,
  thumb      text,
  name       text not null,
  type       text not null,
  size       bigint not null,
  width      bigint,
  height     bigint,
  thumbhash  text,
  -- whether a message was sent with it
  claimed    boolean not null,
  created_at bigint not null,
  expires_at bigint not null
);
create index uploads_by_actor on uploads (actor, created_at);
create index uploads_by_mid on uploads (mid);
create index uploads_by_thumb on uploads (thumb);
create index uploads_by_expiry on uploads (expires_at);

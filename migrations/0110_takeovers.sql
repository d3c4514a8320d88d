-- Communities whose hub is lost and that go on here by their recovery keys, or did.
create table takeovers (
  sid        text primary key,
  -- who began it
  account_id text not null references accounts (id) on delete cascade,
  -- what the recovery keys sign, and what they signed, JSON
  fields     text not null,
  sigs       text not null,
  -- when the last event happened that counts
  base_ts    bigint not null,
  -- signing, collecting, restoring, here, stopped
  state      text not null,
  -- the code of what went wrong last; empty where nothing did
  problem    text not null,
  -- the instances that did not answer, JSON
  silent     text not null,
  -- messages and files that nobody has
  lost       bigint not null,
  missing    bigint not null,
  began_at   bigint not null
);

-- How far a copy holds what everybody sees from the first event on: without that nobody could go on with the log.
create table log_frames (
  log_id bigint primary key references logs (id) on delete cascade,
  upto   bigint not null
);

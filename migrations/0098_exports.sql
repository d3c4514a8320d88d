-- Archives of people's own data. The file of a finished one lies below exports/ in the data folder.
create table exports (
  id          text primary key,
  account_id  text not null references accounts (id) on delete cascade,
  -- queued, running, ready, failed, expired, or removed by its person
  state       text not null,
  -- which turn of which process makes it: whoever was overtaken finds another value here
  turn        text not null,
  -- how far it is, in steps
  done        bigint not null,
  total       bigint not null,
  -- bytes of the file
  size        bigint not null,
  -- why it failed
  code        text,
  created_at  bigint not null,
  -- until when the file is kept
  expires_at  bigint
);
create index exports_by_account on exports (account_id, created_at);
create index exports_by_state on exports (state, created_at);

-- What somebody brought along from another instance and has not chosen from yet.
create table imports (
  id         text primary key,
  account_id text not null unique references accounts (id) on delete cascade,
  -- JSON
  found      text not null,
  expires_at bigint not null
);
create index imports_by_end on imports (expires_at);

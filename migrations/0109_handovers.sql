-- Communities that went from here to another hub: what those are told who still come here.
create table handed_over (
  sid    text primary key,
  domain text not null,
  -- every change of the hub with the keys of the next one, JSON
  way    text not null,
  at     bigint not null
);

-- The invitations to them that were made here.
create table handed_over_invites (
  hash blob primary key,
  sid  text not null references handed_over (sid) on delete cascade
);

-- What people of this instance give to the owner of a community that is to come here.
create table arrival_codes (
  account_id text primary key references accounts (id) on delete cascade,
  code_hash  blob not null,
  expires_at bigint not null
);
create unique index arrival_codes_by_hash on arrival_codes (code_hash);

-- Communities that come here, or came.
create table arrivals (
  sid        text primary key,
  -- who gave the code, and the instance that showed it
  account_id text not null references accounts (id) on delete cascade,
  asked_by   text not null,
  name       text not null,
  -- the hub before
  domain     text not null,
  -- coming, here, stopped
  state      text not null,
  -- the code of what went wrong last; empty where nothing did
  problem    text not null,
  began_at   bigint not null,
  -- where a copy that was here ended then; the owner's word stands behind it
  after_seq  bigint not null,
  -- files that were not there any more
  missing    bigint not null
);

-- Accounts that are to be deleted on a day, and those that are gone while not everybody has confirmed it.
create table deletions (
  uid        text primary key,
  -- the account, while it is there
  account_id text not null,
  -- by which its person sees how far it is, when the account is gone
  token_hash blob not null unique,
  -- whether what they posted goes, too
  erase      boolean not null,
  -- scheduled, leaving, confirming or done
  state      text not null,
  asked_at   bigint not null,
  due_at     bigint not null,
  gone_at    bigint,
  settled_at bigint
);
create index deletions_by_time on deletions (state, due_at);

-- Who is told that somebody is gone, and what they confirmed.
create table farewells (
  uid        text not null,
  domain     text not null,
  -- what they signed, JSON; null until it is there
  receipt    text,
  due_at     bigint not null,
  tries      bigint not null,
  created_at bigint not null,
  primary key (uid, domain)
);
create index farewells_by_time on farewells (due_at);

-- Names of accounts that are gone, and what they look like, as keyed hashes: nobody gets them again.
create table reserved_names (
  hash blob primary key
);

-- Communities elsewhere that people of this instance were in and of which there is no copy here any more, so that what they
-- posted there can still be erased.
create table departures (
  actor      text not null,
  sid        text not null,
  hub_domain text not null,
  name       text not null,
  joined_at  bigint not null,
  left_at    bigint not null,
  -- when the host may be asked again, where it did not answer
  due_at     bigint not null,
  tries      bigint not null,
  primary key (actor, sid)
);

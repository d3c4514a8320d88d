-- Where a profile lies that is not kept at its person's home: a domain.
alter table profiles add column host text not null default '';

-- Profiles of people who are at home elsewhere that this instance keeps, or kept.
create table hosted_profiles (
  uid       text primary key,
  -- the domain of their home
  home      text not null,
  -- the highest number of their grants: an older one counts no more
  grant_n   bigint not null,
  since     bigint not null,
  -- an admin here does not want it
  refused   boolean not null,
  -- when it was let go of
  erased_at bigint
);
create index hosted_profiles_by_home on hosted_profiles (home);

-- The instances that our own people chose for their profile, now or before.
create table profile_places (
  uid        text not null,
  domain     text not null,
  ik         text not null,
  -- moving, kept, leaving, left, refused
  state      text not null,
  -- the number of the newest grant
  grant_n    bigint not null,
  -- the newest version of the profile that lies there
  op         bigint not null,
  rev        bigint not null,
  since      bigint not null,
  -- when it is the turn of this row, and how often that failed
  due_at     bigint not null,
  tries      bigint not null,
  -- the code of what went wrong last; empty where nothing did
  problem    text not null,
  -- the signed word that nothing is kept there any more
  receipt    text,
  settled_at bigint,
  primary key (uid, domain)
);
create index profile_places_by_turn on profile_places (due_at);

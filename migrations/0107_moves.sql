-- Accounts of this instance that are about to go to another one, or went.
create table moves_out (
  uid           text primary key,
  -- empty once it is gone, as is what follows but for the name and the password: whoever knows both is told where it went
  account_id    text not null,
  handle        text not null,
  password_hash text not null,
  domain        text not null,
  ik            text not null,
  -- offered, leaving, gone
  state         text not null,
  ticket_hash   blob not null,
  expires_at    bigint not null,
  -- the keys that the new home showed, and what it was answered
  signing_key   text not null,
  rotation_key  text not null,
  answer        text not null,
  gone_at       bigint
);
create unique index moves_out_by_ticket on moves_out (ticket_hash);
create index moves_out_by_name on moves_out (handle);

-- People of other instances who come to live here, or came.
create table moves_in (
  account_id text primary key references accounts (id) on delete cascade,
  uid        text not null,
  -- their home before
  domain     text not null,
  -- arriving, found, here, refused
  state      text not null,
  -- sealed, until they are here
  ticket     blob,
  -- with what they come, JSON
  luggage    text not null,
  -- what had not reached its community, JSON
  unsent     text not null,
  started_at bigint not null,
  due_at     bigint not null,
  tries      bigint not null,
  -- the code of what went wrong last; empty where nothing did
  problem    text not null
);
create index moves_in_by_person on moves_in (uid);

-- Their communities: each is told where its member lives now.
create table moves_in_communities (
  uid     text not null,
  sid     text not null,
  domain  text not null,
  name    text not null,
  member  boolean not null,
  -- waiting, done, lost
  state   text not null,
  due_at  bigint not null,
  tries   bigint not null,
  problem text not null,
  primary key (uid, sid)
);
create index moves_in_communities_by_turn on moves_in_communities (due_at);

-- Instances that are asked for communities of somebody who came without their former home.
create table moves_in_asked (
  uid    text not null,
  domain text not null,
  due_at bigint not null,
  tries  bigint not null,
  -- whether it has answered
  done   boolean not null,
  primary key (uid, domain)
);

-- What logs say of people who have an account here: that they live elsewhere now.
create table moves_heard (
  uid    text primary key,
  domain text not null,
  -- the identity that is to prove it, JSON
  chain  text not null
);

-- What somebody needs to find their way without their home, sealed to their own key; empty where there is none.
alter table hosted_profiles add column vault text not null default '';
-- By which it is known whether what a place keeps is still right.
alter table profile_places add column vault text not null default '';

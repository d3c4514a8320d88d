-- What somebody asked to have erased: everything that they brought into a log up to there.
create table purges (
  log_id    bigint not null,
  -- where the purge stands
  seq       bigint not null,
  aid       blob not null,
  hash      blob not null,
  actor     text not null,
  -- how far it was carried out here; all of it at seq
  erased_to bigint not null,
  primary key (log_id, seq)
);
create index purges_by_actor on purges (log_id, actor);
create index purges_by_aid on purges (aid);

-- At a hub: who held a copy when the purge came, and what they confirmed.
create table purge_receipts (
  log_id  bigint not null,
  seq     bigint not null,
  ik      text not null,
  -- the signed receipt, JSON; null until it is there
  receipt text,
  primary key (log_id, seq, ik)
);

-- What is still to be confirmed to hubs elsewhere.
create table receipts_due (
  sid        text not null,
  aid        blob not null,
  hub_domain text not null,
  receipt    text not null,
  due_at     bigint not null,
  tries      bigint not null,
  created_at bigint not null,
  primary key (sid, aid)
);

-- What people of this instance asked to have erased, and how far that is.
create table erasures (
  aid        blob primary key,
  uid        text not null,
  sid        text not null,
  -- how the community was called, for the one who asked
  name       text not null,
  hub_domain text not null,
  -- waiting, erasing, done, refused or unknown
  state      text not null,
  -- why it was refused, a code
  code       text,
  -- domains, separated by spaces: who confirmed, and who did not yet
  confirmed  text not null,
  missing    text not null,
  asked_at   bigint not null,
  settled_at bigint,
  look_at    bigint not null,
  looks      bigint not null
);
create index erasures_by_person on erasures (uid, asked_at);
create index erasures_by_time on erasures (look_at);

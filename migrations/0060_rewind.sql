-- Logs of this instance that it does not go on with, because a part of them is missing here.
create table log_rewinds (
  log_id     bigint primary key,
  -- high_water, peer, restored or damaged
  why        text not null,
  since      bigint not null,
  -- the furthest end that is proven; null where nobody knows of one
  generation bigint,
  epoch      bigint,
  seq        bigint,
  hash       blob,
  -- what the last look around found: asking, missing or forked
  found      text not null,
  -- instances that have not answered, separated by spaces
  silent     text not null,
  -- whether the operator has said to go on in a new epoch
  go_on      boolean not null
);

-- Whether nobody held the run when the log was put together again.
alter table log_stubs add column lost boolean not null default false;

-- Where the hub put an action that it accepted.
alter table pending_actions add column accepted_seq bigint;

-- Events that counted until their log went on without them in a new epoch. Kept as they were.
create table orphans (
  log_id     bigint not null,
  generation bigint not null,
  epoch      bigint not null,
  seq        bigint not null,
  hash       blob not null,
  aid        blob not null,
  actor      text not null,
  channel    text,
  kind       text not null,
  -- the whole event, JSON
  event      text not null,
  orphaned_at bigint not null,
  primary key (log_id, generation, epoch, seq, hash)
);
create index orphans_by_aid on orphans (log_id, aid);

-- The newest checkpoint of each copy's hub, word for word.
create table checkpoints (
  log_id     bigint primary key,
  epoch      bigint not null,
  seq        bigint not null,
  checkpoint text not null
);

-- Two statements under one hub's signature that cannot both be true. They stay when the copy is gone.
create table hub_disputes (
  sid      text not null,
  -- the place in the log that they are about
  seq      bigint not null,
  -- the domain of the instance that showed the other statement; the hub's own where it contradicts itself
  told_by  text not null,
  -- a signed header or a checkpoint, JSON
  ours     text not null,
  theirs   text not null,
  found_at bigint not null,
  primary key (sid, seq, told_by)
);

-- The chain of events that everybody sees.
create index log_events_of_all on log_events (log_id, seq) where channel is null;

-- With whom this instance speaks, as its admins decided. What the configuration says goes before.
create table trust_rules (
  -- a domain, or *. and a domain for everything below it
  pattern    text primary key,
  -- allow, pause, block
  verdict    text not null,
  -- what may come from there, of what is usual, in percent
  percent    bigint not null,
  -- shown to people of this instance, and part of the list that others can take over
  reason     text not null,
  -- for admins only
  note       text not null,
  -- the instance whose list it was taken from; null where an admin made it
  list       text,
  changed_at bigint not null
);
create index trust_rules_by_list on trust_rules (list);

-- The lists of other instances that were taken over.
create table trust_lists (
  domain    text primary key,
  ik        text not null,
  issued_at bigint not null,
  taken_at  bigint not null
);

-- Instances that wait until an admin decides on them.
create table trust_waiting (
  domain   text primary key,
  -- somebody of this instance wants to go there
  wanted   boolean not null,
  -- it asked by itself
  asked    boolean not null,
  since    bigint not null
);

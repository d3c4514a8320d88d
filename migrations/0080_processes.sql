-- Several processes of one instance on one PostgreSQL database.

-- Counts the changes of a log that any process wrote, so that the others see that something is new to them.
alter table logs add column version bigint not null default 0;
-- The version of the last change that more than appended events: channels came or went, history was filled in.
alter table logs add column changed bigint not null default 0;
-- The version of the last change after which what was read before is no longer right.
alter table logs add column rewritten bigint not null default 0;

-- What all processes have to know for a moment: signatures that were seen, tickets that were given out.
create table shared_memory (
  kind  text not null,
  key   blob not null,
  value text not null,
  -- milliseconds
  until bigint not null,
  primary key (kind, key)
);

-- A session has two tokens: a short-lived one for requests (token_hash), and one that gets the next two (refresh_hash). Of the ones
-- before it is known when they were replaced, and whether what replaced them has been used.
alter table sessions add column access_until bigint not null default 0;
alter table sessions add column token_before blob;
-- What all tokens of the second kind of a session have in common; null for one token of an earlier version.
alter table sessions add column family blob;
alter table sessions add column refresh_hash blob;
alter table sessions add column refresh_before blob;
alter table sessions add column rotated_at bigint not null default 0;
alter table sessions add column confirmed boolean not null default true;
-- Who was signed in already has one token, which gets the first two.
update sessions set refresh_hash = token_hash;
create unique index sessions_by_family on sessions (family);
create unique index sessions_by_refresh on sessions (refresh_hash);
create index sessions_by_token_before on sessions (token_before);

-- Sessions that ended since two had their tokens: whoever comes with one is told why.
create table reused_sessions (
  family blob primary key,
  until  bigint not null
);

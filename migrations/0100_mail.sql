-- The confirmed e-mail address of an account, in small letters.
alter table accounts add column email text;
create unique index accounts_by_email on accounts (email);
create index accounts_by_time on accounts (created_at);

-- What somebody who waits to be let in wrote.
alter table applications add column email text;
alter table applications add column email_confirmed boolean not null default false;

-- Addresses that wait for the one who reads the mailbox to confirm them.
create table email_claims (
  -- the account's id; where there is none yet, the address
  owner      text primary key,
  account_id text references accounts (id) on delete cascade,
  address    text not null,
  -- null until the letter is sent
  token_hash blob unique,
  -- the mailbox does not exist, its server says
  refused    boolean not null,
  expires_at bigint not null
);
create index email_claims_by_time on email_claims (expires_at);

-- Letters that are to be sent, JSON. Tokens are made when they are, and stand in none.
create table mails (
  id         text primary key,
  account_id text references accounts (id) on delete cascade,
  letter     text not null,
  created_at bigint not null,
  due_at     bigint not null,
  tries      bigint not null
);
create index mails_by_time on mails (due_at);

-- Answers to questions of work that were given once: each counts once.
create table spent_work (
  hash  blob primary key,
  until bigint not null
);
create index spent_work_by_time on spent_work (until);

-- An authenticator app of an account: its secret, sealed with the key in keys/, and the time step whose code was used last.
-- Until a first code was typed in it counts for nothing.
create table authenticators (
  account_id   text primary key references accounts (id) on delete cascade,
  sealed       blob not null,
  confirmed_at bigint,
  last_step    bigint not null
);

-- Codes for the day on which the authenticator is lost, as hashes. Each works once.
create table recovery_codes (
  account_id text not null references accounts (id) on delete cascade,
  code_hash  blob not null,
  used_at    bigint,
  primary key (account_id, code_hash)
);

-- Sign-ins whose password was right and whose code is still asked for, by the hash of what the client was given.
create table sign_ins (
  token_hash blob primary key,
  account_id text not null references accounts (id) on delete cascade,
  tries      bigint not null,
  expires_at bigint not null
);

-- When it was last proven in a session who uses it.
alter table sessions add column proven_at bigint not null default 0;

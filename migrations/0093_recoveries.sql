-- Links by which somebody gets a new password, by the hash of their token. Each works once.
create table recoveries (
  token_hash blob primary key,
  account_id text not null references accounts (id) on delete cascade,
  expires_at bigint not null
);
create index recoveries_by_account on recoveries (account_id);

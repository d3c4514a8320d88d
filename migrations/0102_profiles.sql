-- The wide picture above a profile.
alter table profiles add column banner_mid text;
alter table profiles add column banner_type text;
alter table profiles add column banner_size bigint not null default 0;

-- Whoever gave up a name may take it back, as long as their account is there; nobody else gets it. And when that was.
alter table reserved_names add column account_id text references accounts (id) on delete set null;
alter table reserved_names add column reserved_at bigint not null default 0;
create index reserved_names_by_account on reserved_names (account_id);

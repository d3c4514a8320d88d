-- Passkeys of an account: the public key and what else a sign-in is compared with, as the library writes it.
create table passkeys (
  id            blob primary key,
  account_id    text not null references accounts (id) on delete cascade,
  name          text not null,
  transports    bigint not null,
  static_state  blob not null,
  dynamic_state blob not null,
  created_at    bigint not null,
  used_at       bigint
);
create index passkeys_by_account on passkeys (account_id, created_at);

-- What passkeys were asked to sign and have not signed yet. Each is answered once; account_id is whose new passkey it is for,
-- and null where a passkey says itself whose it is.
create table passkey_challenges (
  challenge  blob primary key,
  account_id text references accounts (id) on delete cascade,
  state      blob not null,
  expires_at bigint not null
);
create index passkey_challenges_by_end on passkey_challenges (expires_at);

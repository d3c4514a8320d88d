-- Who an account is at providers of sign-ins (OpenID Connect). The issuer's address and its name for the person are what
-- lasts; names and mail addresses change hands.
create table oidc_identities (
  issuer     text not null,
  subject    text not null,
  account_id text not null references accounts (id) on delete cascade,
  -- how the provider names the person, for lists
  label      text not null,
  linked_at  bigint not null,
  used_at    bigint not null,
  primary key (issuer, subject)
);
create unique index oidc_identities_by_account on oidc_identities (account_id, issuer);

-- Ways to a provider that somebody began and has not come back from. What is secret about them follows from the state,
-- which is here as a hash.
create table oidc_attempts (
  state      blob primary key,
  provider   text not null,
  -- sign_in, link, prove
  purpose    text not null,
  -- whose, for all but a sign-in
  account_id text references accounts (id) on delete cascade,
  session_id text,
  return_to  text not null,
  expires_at bigint not null
);
create index oidc_attempts_by_end on oidc_attempts (expires_at);

-- People whom a provider has named and who have no account yet: they choose a name.
create table oidc_arrivals (
  ticket       blob primary key,
  provider     text not null,
  issuer       text not null,
  subject      text not null,
  label        text not null,
  handle       text not null,
  display_name text not null,
  -- an address that the provider has confirmed
  email        text,
  admin        boolean not null,
  return_to    text not null,
  expires_at   bigint not null
);
create index oidc_arrivals_by_end on oidc_arrivals (expires_at);

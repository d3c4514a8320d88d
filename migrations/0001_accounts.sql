-- Accounts of this instance. Handles are never reused: a deleted account keeps its row.
create table accounts (
  id            text primary key,
  uid           text not null unique,
  handle        text not null unique,
  password_hash text not null,
  admin         boolean not null,
  suspended     boolean not null,
  created_at    bigint not null,
  -- free JSON of the client: theme, density and such
  settings      text not null,
  -- order of the person's communities, JSON list
  server_order  text not null
);

create table sessions (
  id           text primary key,
  account_id   text not null references accounts (id) on delete cascade,
  token_hash   blob not null unique,
  kind         text not null,
  device       text not null,
  address      text not null,
  created_at   bigint not null,
  last_seen_at bigint not null,
  expires_at   bigint not null
);
create index sessions_by_account on sessions (account_id);

-- Facts about the instance itself: its name, the hash of the set-up token.
create table instance_settings (
  name  text primary key,
  value text not null
);

-- Chains of identity operations, of our own people and of others whose profiles were seen.
create table identity_ops (
  uid text not null,
  n   bigint not null,
  op  text not null,
  primary key (uid, n)
);

-- Signing keys of our own people, sealed with the key in keys/.
create table identity_keys (
  uid     text not null,
  kid     text not null,
  -- sign: the person's documents; rotate: the next identity operation
  purpose text not null,
  public  blob not null,
  sealed  blob not null,
  primary key (uid, kid)
);

-- The newest verified profile of everybody that this instance knows, its own people included.
create table profiles (
  uid          text primary key,
  handle       text not null,
  domain       text not null,
  local        boolean not null,
  -- operation of the identity chain that the profile belongs to, and its revision under it
  op           bigint not null,
  rev          bigint not null,
  display_name text not null,
  bio          text not null,
  pronouns     text not null,
  avatar_mid   text,
  avatar_type  text,
  avatar_size  bigint not null,
  deleted      boolean not null,
  -- the signed document, word for word
  doc          text not null,
  updated_at   bigint not null,
  fetched_at   bigint not null
);

create table avatars (
  mid        text primary key,
  type       text not null,
  bytes      blob not null,
  created_at bigint not null
);

-- Invitations to register on this instance, where registration is by invitation.
create table registration_invites (
  code_hash  blob primary key,
  expires_at bigint not null,
  max_uses   bigint not null,
  uses       bigint not null
);

-- Whether a picture is still shown by somebody.
create index profiles_by_avatar on profiles (avatar_mid);

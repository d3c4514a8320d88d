-- How people show themselves in one community, where that differs from their profile: of our own people as it is signed
-- here, of others as their homes tell it.
create table server_profiles (
  log_id       bigint not null,
  actor        text not null,
  op           bigint not null,
  rev          bigint not null,
  -- empty: as everywhere
  display_name text not null,
  avatar_mid   text,
  avatar_type  text,
  avatar_size  bigint not null,
  -- the signed document, word for word
  doc          text not null,
  primary key (log_id, actor)
);
create index server_profiles_by_actor on server_profiles (actor);

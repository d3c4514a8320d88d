-- People who asked for an account where an admin decides. Nothing else of them exists until they are let in.
create table applications (
  id            text primary key,
  handle        text not null unique,
  look          text not null,
  display_name  text not null,
  password_hash text not null,
  reason        text not null,
  created_at    bigint not null
);
create index applications_by_look on applications (look);

-- Joins of people of this instance elsewhere whose answer did not come: the hub may count them in.
create table open_joins (
  sid      text not null,
  uid      text not null,
  domain   text not null,
  asked_at bigint not null,
  primary key (sid, uid)
);

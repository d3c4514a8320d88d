-- Uploads that are not whole yet. How much of one is there is told by its file below media/parts/ in the data folder.
create table upload_parts (
  id         text primary key,
  actor      text not null,
  name       text not null,
  -- bytes that were announced; they count to the person's quota from the beginning
  size       bigint not null,
  created_at bigint not null,
  -- moved on by every request that brings bytes
  expires_at bigint not null
);
create index upload_parts_by_actor on upload_parts (actor, expires_at);
create index upload_parts_by_expiry on upload_parts (expires_at);

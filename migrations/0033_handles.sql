-- Whether the person's home itself says that the handle is theirs. Until then it is not shown.
alter table profiles add column confirmed boolean not null default false;
update profiles set confirmed = local;

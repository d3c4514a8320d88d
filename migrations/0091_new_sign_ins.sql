-- Sign-ins that nobody has said yet to know of.
alter table sessions add column is_new boolean not null default false;

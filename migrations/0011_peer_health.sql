-- Since when an instance does not answer, milliseconds; 0 while it does.
alter table peers add column failing_since bigint not null default 0;

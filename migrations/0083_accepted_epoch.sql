-- The epoch of the log in which the hub gave an action its place.
alter table pending_actions add column accepted_epoch bigint not null default 0;

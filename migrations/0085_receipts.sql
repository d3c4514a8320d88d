-- The event that the hub made of an action, under its signature, until it stands in the copy: a hub that is restored
-- from an older copy may find it nowhere else.
alter table pending_actions add column receipt text;
create index pending_actions_accepted on pending_actions (log_id, accepted_seq) where state = 'accepted';

-- Whether the instance has confirmed that it forgot the channel. One that is restored from an older copy may hold it
-- again, and is told once more.
alter table peer_channels add column withdrawn boolean not null default false;

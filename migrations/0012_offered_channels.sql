-- Whether the instance has confirmed that it holds the channel's state. Where it has not, it may hold it all the same:
-- it is told to forget the channel when nobody there may see it any more.
alter table peer_channels add column confirmed boolean not null default true;

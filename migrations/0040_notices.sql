-- Who came to a community or went, in the order of the log. Ids only: names are looked up when somebody reads.
create table notices (
  log_id bigint not null,
  seq    bigint not null,
  -- a whole instance can be banned by one action
  actor  text not null,
  aid    blob not null,
  -- joined, left, kicked or banned
  kind   text not null,
  ts     bigint not null,
  primary key (log_id, seq, actor)
);
create index notices_by_aid on notices (log_id, aid);

-- What the logs held before this table was made. Who made a community was in it from its beginning.
insert into notices (log_id, seq, actor, aid, kind, ts)
select e.log_id, e.seq, e.actor, e.aid, case e.kind when 'member.join' then 'joined' else 'left' end, e.ts
from log_events e
where e.kind in ('member.join', 'member.leave') and e.rejected is null
  and not exists (select 1 from log_events o
                  where o.log_id = e.log_id and o.seq <= 5 and o.kind = 'server.create' and o.actor = e.actor);
insert into notices (log_id, seq, actor, aid, kind, ts)
select log_id, seq, target, aid, case kind when 'member.kick' then 'kicked' else 'banned' end, ts
from log_events
where kind in ('member.kick', 'member.ban') and rejected is null and target is not null;

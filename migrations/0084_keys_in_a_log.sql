-- Whoever begins a copy is given every statement of keys that stands in the log: a handful among millions of events.
create index log_events_of_keys on log_events (log_id, seq) where kind = 'instance.keys';

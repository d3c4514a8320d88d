-- Domains that instances have left, this one or others, and where they went.
create table former_domains (
  domain  text primary key,
  ik      text not null,
  went_to text not null,
  left_at bigint not null
);
create index former_domains_by_instance on former_domains (ik);

-- What a name looks like, so that nobody takes one that is mistaken for another. Written when the next account is made where
-- it is missing.
alter table accounts add column look text;
create index accounts_by_look on accounts (look);

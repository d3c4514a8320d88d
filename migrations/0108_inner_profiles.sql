-- What somebody shows only to members of communities that they are in: the signed document, word for word, and the names of
-- its fields. A question mark stands for one that is not here.
alter table profiles add column inner_doc text not null default '';
alter table profiles add column hidden text not null default '';

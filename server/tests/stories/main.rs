//! Stories over whole instances. A story's name begins with the id of the feature that it shows.

mod kit;

mod a_accounts;
mod a_deletion;
mod a_export;
mod a_factors;
mod a_mail;
mod a_passkeys;
mod a_profiles;
mod a_tokens;
mod architecture;
mod b_elsewhere;
mod b_erasure;
mod b_invites;
mod b_notices;
mod b_servers;
mod base;
mod c_files;
mod c_messages;
mod c_remote;
mod c_uploads;
mod everywhere;
mod gateway;
mod j_checkpoints;
mod j_delivery;
mod j_keys;
mod j_limits;
mod j_peers;
mod j_requests;
mod j_rewind;
mod j_stream;
mod j_trust;
mod j_want;
mod k_database;
mod log;
mod openapi;

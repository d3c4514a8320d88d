//! Stories against the real binary: processes, ports, signals, TLS, the command line.

mod cli;
mod crashes;
mod federation;
mod kills;
mod kit;
mod line;
mod lines;
mod load;
mod pauses;
mod rewinds;
mod running;
mod together;
mod uploads;

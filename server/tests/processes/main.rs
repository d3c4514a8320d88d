//! Stories against the real binary: processes, ports, signals, TLS, the command line.

mod cli;
mod crashes;
mod federation;
mod kit;
mod rewinds;
mod running;
mod uploads;

//! Messages: what people write in channels.

pub mod place;

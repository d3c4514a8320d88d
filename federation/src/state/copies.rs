//! What a copy is told beside events: channels that it gains and loses, runs that are withheld, where channels end.

use super::{Channel, ServerState, rows::Key};
use crate::ids::{ChannelId, Hash};

impl ServerState {
    /// Moves the head over a run of events that are withheld.
    pub fn skip(&mut self, to: u64, hash: Hash) {
        self.head.seq = to;
        self.head.hash = hash;
        self.dirty.insert(Key::Head);
    }

    /// Takes over a channel as the hub showed it to somebody who gained access.
    pub fn put_channel(&mut self, id: ChannelId, channel: Channel) {
        self.dirty.insert(Key::Channel(id.clone()));
        self.channels.insert(id, channel);
    }

    /// Notes where a channel ends that this copy does not follow whole. Answers whether that is news.
    pub fn note_head(&mut self, id: &ChannelId, cn: u64, ts: i64) -> bool {
        match self.channels.get_mut(id).filter(|channel| cn > channel.last_cn) {
            Some(channel) => {
                (channel.last_cn, channel.last_ts) = (cn, ts);
                self.dirty.insert(Key::Channel(id.clone()));
                true
            }
            None => false,
        }
    }

    /// Forgets a channel that nobody here may see any more.
    pub fn drop_channel(&mut self, id: &ChannelId) {
        if self.channels.remove(id).is_some() {
            self.dirty.insert(Key::Channel(id.clone()));
        }
    }
}

//! What processes of one instance tell each other. Losing a word does no harm for long: what counts stands in the
//! database and is looked for every few seconds.

use conntext_federation::{
    domain::Domain,
    ids::{Actor, ChannelId, InstanceId, ServerId, UserId},
};
use serde::{Deserialize, Serialize};

/// Something that another process has to know.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Word {
    /// A log or copy was changed on disk.
    Log(i64),
    /// Something waits for the hub of a server: whoever has the duties sends it.
    Queued(ServerId),
    /// A hub answers, or does not since a time in milliseconds.
    Hub { sid: ServerId, away_since: Option<i64> },
    /// The queue towards a hub changed.
    Queue(ServerId),
    /// Somebody is writing.
    Typing { sid: ServerId, channel: ChannelId, actor: Actor },
    /// Something for one person's devices.
    Person { uid: UserId, notice: serde_json::Value },
    /// A new profile.
    Profile(UserId),
    /// The status of somebody by the sockets of the process that says it.
    Here { uid: UserId, status: String },
    /// Where another instance says that one of its people is.
    Told { uid: UserId, status: String },
    /// An instance asked to be told where these people are.
    Subscribed { domain: Domain, uids: Vec<UserId> },
    /// The process that says it is about to end: its sockets are gone.
    Leaving,
    /// Another instance was heard from or has news for its delivery.
    Peer { ik: InstanceId, domain: Domain },
    /// An instance asked for other channels of a log of ours, or begins anew with all of them.
    Want { log: i64, peer: InstanceId },
    /// The hub of a copy here would rather have a stream of it asked for: whoever has the duties does.
    Stream { sid: ServerId, domain: Domain },
    /// Somebody asks where an upload stands: the request that brings its bytes was given up.
    Upload(String),
    /// Somebody is just joining a server: its copy is not removed meanwhile.
    Joining(ServerId),
    /// The rules about other instances were changed.
    Trust,
    /// The recovery keys of a log had this instance go on with it: it is shown what is held here.
    Owed { sid: ServerId, to: InstanceId },
    /// Another instance has another domain now.
    Renamed { from: Domain, to: Domain },
}

/// What travels: the words of one process, in order.
#[derive(Serialize, Deserialize)]
pub(super) struct Letter {
    /// The process.
    pub(super) from: String,
    pub(super) words: Vec<Word>,
}

/// A notice of PostgreSQL has to be shorter than 8,000 bytes.
const MOST: usize = 7_000;

impl Letter {
    /// Puts words into as few texts as they fit in. A word that fits in none is left out.
    pub(super) fn write(from: &str, words: Vec<Word>) -> Vec<String> {
        let mut texts = Vec::new();
        let mut letter = Self { from: from.to_owned(), words: Vec::new() };
        let mut length = 0;
        let mut close = |letter: &mut Self| {
            let words = std::mem::take(&mut letter.words);
            let full = Self { from: letter.from.clone(), words };
            texts.extend(serde_json::to_string(&full).ok().filter(|_| !full.words.is_empty()));
        };
        for word in words {
            let size = serde_json::to_string(&word).map_or(usize::MAX, |text| text.len() + 1);
            if size > MOST {
                tracing::warn!(?word, "a word for the other processes is too long");
                continue;
            }
            if length + size > MOST {
                close(&mut letter);
                length = 0;
            }
            length += size;
            letter.words.push(word);
        }
        close(&mut letter);
        texts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_out_as_they_went_in_and_no_text_is_too_long() {
        let words: Vec<Word> = (0..1_000).map(Word::Log).collect();
        let texts = Letter::write("p", words);
        assert!(texts.len() > 1 && texts.iter().all(|text| text.len() < 7_900));
        let back = texts.iter().flat_map(|text| serde_json::from_str::<Letter>(text).unwrap().words);
        assert!(back.enumerate().all(|(i, word)| matches!(word, Word::Log(n) if n == i as i64)));
    }

    #[test]
    fn a_word_that_fits_nowhere_holds_no_other_back() {
        let long = Word::Here { uid: UserId::derive(b"ada"), status: "x".repeat(9_000) };
        let texts = Letter::write("p", vec![Word::Log(1), long, Word::Log(2)]);
        assert_eq!(texts, [r#"{"from":"p","words":[{"log":1},{"log":2}]}"#]);
    }
}

//! Frames of `GET /servers/{sid}/stream`: what `POST /events` carries, over one connection that the follower opens.
//!
//! Every frame is a text frame with one JSON object of the strict profile; `op` says which one. What a reader does not
//! know it passes over.

use crate::{
    canonical,
    error::Code,
    event::Item,
    ids::{Hash, InstanceId, ServerId},
    keys::{Domain as Kind, KeySig, PublicKey, SecretKey},
    wire::{Problem, Push},
};
use serde::{Deserialize, Serialize};

/// The largest frame of a hub, in bytes: that of a request's body.
pub const MAX_HUB_FRAME: usize = crate::wire::MAX_REQUEST_BYTES;
/// The largest frame of a follower, in bytes.
pub const MAX_FOLLOWER_FRAME: usize = 16 * 1024;
/// What a WebSocket is closed with is this number and the status of the code that stands as the reason.
pub const CLOSE: u16 = 4_000;

/// What a hub sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum HubFrame {
    /// The first frame, and again every quarter of an hour: who is at the other end shows that it still holds its key.
    Challenge(Challenge),
    /// Events, as they would stand in `POST /events`.
    Push {
        /// Which push of this connection it is, from 1 on.
        n: u64,
        /// The push.
        #[serde(flatten)]
        push: Push<Item>,
    },
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}

/// What a follower has to sign before it is sent anything, and again from time to time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Challenge {
    /// 32 random bytes.
    pub challenge: Hash,
    /// The connection: 32 random bytes, the same in all challenges of it.
    pub connection: Hash,
    /// The hub sends something at least every so many seconds. Who hears nothing for three times as long hangs up.
    pub heartbeat_s: u64,
}

/// What a follower sends.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
pub enum FollowerFrame {
    /// The answer to the last challenge.
    Signed {
        /// The signature of a [`Proof`].
        sig: KeySig,
    },
    /// The answer 200 to a push. Pushes are answered in their order.
    Ack {
        /// Up to here everything is stored.
        acked: u64,
        /// Which push.
        n: u64,
    },
    /// Any other answer to a push.
    Refused {
        /// Which push.
        n: u64,
        /// What it would say to the same push as a request.
        problem: Box<Problem>,
        /// With this HTTP status.
        status: u16,
    },
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}

fn read<T: serde::de::DeserializeOwned>(text: &[u8], most: usize) -> Result<T, Code> {
    if text.len() > most {
        return Err(Code::TooLarge);
    }
    let value = canonical::parse(text).map_err(|_| Code::BadFrame)?;
    // A list of the members in their order is not what the protocol means by an object.
    if !value.is_object() {
        return Err(Code::BadFrame);
    }
    canonical::from_value(value).map_err(|_| Code::BadFrame)
}

impl HubFrame {
    /// Reads a frame.
    ///
    /// # Errors
    /// [`Code::TooLarge`] or [`Code::BadFrame`].
    pub fn parse(text: &[u8]) -> Result<Self, Code> {
        read(text, MAX_HUB_FRAME)
    }

    /// The text of a push, whose items may be text already.
    ///
    /// # Errors
    /// [`Code::TooLarge`].
    pub fn push<I: Serialize>(n: u64, push: &Push<I>) -> Result<String, Code> {
        #[derive(Serialize)]
        struct Frame<'a, I> {
            n: u64,
            op: &'static str,
            #[serde(flatten)]
            push: &'a Push<I>,
        }
        let text = serde_json::to_string(&Frame { n, op: "push", push }).map_err(|_| Code::BadFrame)?;
        if text.len() > MAX_HUB_FRAME { Err(Code::TooLarge) } else { Ok(text) }
    }
}

impl FollowerFrame {
    /// Reads a frame.
    ///
    /// # Errors
    /// [`Code::TooLarge`] or [`Code::BadFrame`].
    pub fn parse(text: &[u8]) -> Result<Self, Code> {
        read(text, MAX_FOLLOWER_FRAME)
    }
}

/// What a follower signs: which challenge of which connection, and between whom. A hub can get no signature by it that
/// means anything to another one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Proof {
    /// From the challenge.
    pub challenge: Hash,
    /// From the challenge.
    pub connection: Hash,
    /// Who signs.
    pub follower: InstanceId,
    /// Who sequences the log.
    pub hub: InstanceId,
    /// Whose log is streamed.
    pub sid: ServerId,
}

impl Proof {
    /// Signs it.
    ///
    /// # Errors
    /// None for values of these types.
    pub fn sign(&self, key: &SecretKey) -> Result<KeySig, Code> {
        Ok(KeySig { kid: key.public().kid(), sig: key.sign_json(Kind::Stream, self)? })
    }

    /// Checks that `key` signed it.
    ///
    /// # Errors
    /// [`Code::BadSignature`].
    pub fn verify(&self, key: &PublicKey, sig: &KeySig) -> Result<(), Code> {
        if key.kid() != sig.kid {
            return Err(Code::BadSignature);
        }
        key.verify_json(Kind::Stream, self, &sig.sig)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Stub;
    use serde_json::json;

    #[test]
    fn a_push_is_read_as_it_was_written() {
        let sid: ServerId = format!("s_{}", "a".repeat(40)).parse().unwrap();
        let stub = Stub { stub: (3, 7), hash: Hash([8; 32]), lost: false };
        let push = Push { wish: Some(Hash([9; 32])), ..Push::of(sid, vec![Item::Stub(stub)]) };
        let text = HubFrame::push(5, &push).unwrap();
        let Ok(HubFrame::Push { n: 5, push: read }) = HubFrame::parse(text.as_bytes()) else { panic!("{text}") };
        assert_eq!(serde_json::to_value(&read).unwrap(), serde_json::to_value(&push).unwrap());
        assert_eq!(text, HubFrame::push(5, &read).unwrap());
    }

    #[test]
    fn what_is_no_frame_is_refused_and_what_is_new_is_passed_over() {
        for bad in ["", "[]", "7", "{", r#"["ack",1,1]"#, r#"{"n":1,"acked":1}"#] {
            assert_eq!(FollowerFrame::parse(bad.as_bytes()).err(), Some(Code::BadFrame), "{bad}");
            assert_eq!(HubFrame::parse(bad.as_bytes()).err(), Some(Code::BadFrame), "{bad}");
        }
        for bad in [r#"{"op":"ack"}"#, r#"{"op":"ack","n":-1,"acked":1}"#, r#"{"op":"signed","sig":""}"#] {
            assert_eq!(FollowerFrame::parse(bad.as_bytes()).err(), Some(Code::BadFrame), "{bad}");
        }
        let long = json!({"op": "ack", "n": 1, "acked": 1, "x": "y".repeat(MAX_FOLLOWER_FRAME)}).to_string();
        assert_eq!(FollowerFrame::parse(long.as_bytes()).err(), Some(Code::TooLarge));
        assert!(matches!(FollowerFrame::parse(br#"{"op":"later"}"#), Ok(FollowerFrame::Unknown)));
        assert!(matches!(HubFrame::parse(br#"{"op":"later"}"#), Ok(HubFrame::Unknown)));
    }
}

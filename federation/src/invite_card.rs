//! The card of a server: what an invite preview and a directory show of it, signed by its hub.

use crate::{
    content::Picture,
    domain::Domain,
    error::Code,
    ids::{InstanceId, ServerId, UserId},
    instance::{CLOCK_SKEW_MS, InstanceDoc},
    keys::Domain as Kind,
    signed::{Body, Signed},
};
use serde::{Deserialize, Serialize};

/// The longest life of a card, in milliseconds.
pub const MAX_CARD_MS: i64 = 86_400_000;

/// Who invites.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Inviter {
    /// The person.
    pub uid: UserId,
    /// Their name within their home.
    pub handle: String,
    /// Their home's domain.
    pub domain: Domain,
    /// The name that others see.
    pub display_name: String,
}

/// The covered fields of a server's card. Times are Unix milliseconds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CardFields {
    /// Version of the card, 1.
    pub v: u8,
    /// The instance that hosts the server and signs the card.
    pub hub: InstanceId,
    /// Where that instance is reached.
    pub domain: Domain,
    /// The server.
    pub sid: ServerId,
    /// Its name.
    pub name: String,
    /// What it is about.
    pub description: String,
    /// Its picture.
    pub icon: Option<Picture>,
    /// How many members it has.
    pub member_count: u64,
    /// The channel that an invite leads to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_name: Option<String>,
    /// Who invites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inviter: Option<Inviter>,
    /// When the invite expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    /// When the card was signed.
    pub issued_at: i64,
    /// Until when the card itself may be shown, at most [`MAX_CARD_MS`] later.
    pub exp: i64,
}

impl Body for CardFields {
    const KIND: Kind = Kind::Card;
    const MAX_BYTES: usize = 8 * 1024;
}

/// A signed card.
pub type Card = Signed<CardFields>;

impl Card {
    /// Checks the card against the verified document of the instance that it came from.
    ///
    /// # Errors
    /// [`Code::OriginMismatch`] for another instance's card, the codes of [`InstanceDoc::key_at`],
    /// [`Code::BadObjectSignature`], and [`Code::SignatureStale`] or [`Code::SignatureWindow`] outside its life.
    pub fn verify(&self, hub: &InstanceDoc, now_ms: i64) -> Result<(), Code> {
        if self.v != 1 {
            return Err(Code::BadJson);
        }
        if self.hub != hub.ik || self.domain != hub.domain {
            return Err(Code::OriginMismatch);
        }
        self.check(hub.key_at(&self.sig().kid, now_ms)?)?;
        let length = self.exp.checked_sub(self.issued_at).ok_or(Code::SignatureWindow)?;
        if !(1..=MAX_CARD_MS).contains(&length) || self.issued_at > now_ms.saturating_add(CLOCK_SKEW_MS) {
            return Err(Code::SignatureWindow);
        }
        if self.exp <= now_ms { Err(Code::SignatureStale) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        instance::{InstanceFields, InstanceKey, Mode, RootKey, Software},
        keys::SecretKey,
    };

    const NOW: i64 = 1_800_000_000_000;

    fn key(n: u8) -> SecretKey {
        SecretKey::from_seed([n; 32])
    }

    fn hub(root: u8) -> InstanceDoc {
        let public = key(root).public();
        let fields = InstanceFields {
            v: 1,
            ik: InstanceId::of_root(&public.to_bytes()),
            domain: Domain::parse("a.example", false).unwrap(),
            api: "https://a.example/federation/v1".into(),
            serial: 1,
            root: RootKey { public },
            root_history: vec![],
            keys: vec![InstanceKey::new(key(2).public(), NOW - 1, NOW + 10 * MAX_CARD_MS)],
            software: Software { name: "conntext".into(), version: "0.1.0".into() },
            mode: Mode::Open,
            limits: Default::default(),
            contact: None,
            moved: None,
            issued_at: NOW,
            valid_until: NOW + MAX_CARD_MS,
        };
        InstanceDoc::sign(fields, &key(root)).unwrap()
    }

    fn card(hub: &InstanceDoc, signer: u8) -> Card {
        let fields = CardFields {
            v: 1,
            hub: hub.ik.clone(),
            domain: hub.domain.clone(),
            sid: ServerId::derive(b"server"),
            name: "Orchard".into(),
            description: "Apples, mostly.".into(),
            icon: None,
            member_count: 12,
            channel_name: Some("general".into()),
            inviter: None,
            expires_at: Some(NOW + 5),
            issued_at: NOW,
            exp: NOW + MAX_CARD_MS,
        };
        Card::sign(fields, &key(signer)).unwrap()
    }

    #[test]
    fn a_card_is_its_hubs_word_for_a_day() {
        let hub_doc = hub(1);
        let card = card(&hub_doc, 2);
        assert_eq!(card.verify(&hub_doc, NOW), Ok(()));
        assert_eq!(card.verify(&hub_doc, NOW + MAX_CARD_MS), Err(Code::SignatureStale));
        assert_eq!(card.verify(&hub_doc, NOW - CLOCK_SKEW_MS - 1), Err(Code::SignatureWindow));
        let eternal = CardFields { exp: NOW + MAX_CARD_MS + 1, ..card.body().clone() };
        assert_eq!(Card::sign(eternal, &key(2)).unwrap().verify(&hub_doc, NOW), Err(Code::SignatureWindow));
    }

    #[test]
    fn a_card_of_another_instance_or_key_fails() {
        let hub_doc = hub(1);
        assert_eq!(card(&hub(5), 2).verify(&hub_doc, NOW), Err(Code::OriginMismatch));
        assert_eq!(card(&hub_doc, 3).verify(&hub_doc, NOW), Err(Code::UnknownKey));
        let text = String::from_utf8(card(&hub_doc, 2).to_vec().unwrap()).unwrap();
        let touched = Card::from_slice(text.replace("Orchard", "Arch0rd").as_bytes()).unwrap();
        assert_eq!(touched.verify(&hub_doc, NOW), Err(Code::BadObjectSignature));
    }
}

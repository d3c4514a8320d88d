//! Passwords: how good one must be, and how it is kept.

use std::sync::Arc;

use argon2::{Algorithm, Argon2, Params, PasswordHash, PasswordHasher as _, PasswordVerifier as _, Version};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::Semaphore;
use unicode_normalization::UnicodeNormalization as _;
use zxcvbn::Match;
use zxcvbn::matching::patterns::MatchPattern;

use crate::clock::Rng;
use crate::config::Accounts;
use crate::error::{Problem, Result};

/// Longer ones are refused, never cut.
const MAX_BYTES: usize = 1024;

/// Words that come to mind here, besides what is known about the person.
const WORDS: [&str; 3] = ["conntext", "chat", "community"];

/// Hashes and verifies passwords, a few at a time: each takes memory and a core.
pub struct Passwords {
    params: Params,
    turns: Arc<Semaphore>,
    min: usize,
    score: u8,
    /// The hash of a password that nobody has, for names that do not exist. It costs as much to check as any other.
    decoy: String,
}

impl Passwords {
    /// With the configuration's cost.
    pub fn new(config: &Accounts, rng: &dyn Rng) -> std::result::Result<Self, String> {
        let params = Params::new(config.hash_memory_kib, config.hash_passes, 1, None).map_err(|e| e.to_string())?;
        let (salt, hash) = (STANDARD_NO_PAD.encode(rng.bytes::<16>()), STANDARD_NO_PAD.encode(rng.bytes::<32>()));
        // Not a hash of anything, so that a start does not take the memory of one.
        let decoy = format!("$argon2id$v=19$m={},t={},p=1${salt}${hash}", params.m_cost(), params.t_cost());
        Ok(Self {
            params,
            turns: Arc::new(Semaphore::new(config.hash_parallel)),
            min: config.password_min,
            score: config.password_score,
            decoy,
        })
    }

    /// Refuses a password that is too short or too easy to guess, also by what is known about the person.
    pub async fn check(&self, field: &'static str, password: &str, about: &[&str]) -> Result<()> {
        let weak = |message: String| Err(Problem::new("weak_password").field(field, "weak_password", message));
        if password.len() > MAX_BYTES {
            return Err(Problem::invalid(field, "too_long", format!("At most {MAX_BYTES} bytes are possible.")));
        }
        if password.chars().count() < self.min {
            return weak(format!("Use at least {} characters.", self.min));
        }
        let (password, about) = (password.to_owned(), about.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>());
        let (score, common, advice) = self
            .run(move || {
                let about: Vec<&str> = about.iter().map(String::as_str).chain(WORDS).collect();
                let judged = zxcvbn::zxcvbn(&password, &about);
                let advice = judged.feedback().map(|f| {
                    let mut parts: Vec<String> = f.warning().iter().map(ToString::to_string).collect();
                    parts.extend(f.suggestions().iter().map(ToString::to_string));
                    parts.join(" ")
                });
                // The whole of it is a word of the estimator's lists: passwords that leaked most, names, words of languages.
                let common = matches!(judged.sequence(), [Match { pattern: MatchPattern::Dictionary(_), .. }]);
                (u8::from(judged.score()), common, advice.unwrap_or_default())
            })
            .await?;
        if common {
            return weak("This is among the passwords that are tried first. Choose another one.".to_owned());
        }
        if score < self.score {
            return weak(format!("This password is easy to guess. {advice}").trim_end().to_owned());
        }
        Ok(())
    }

    /// The hash to keep.
    pub async fn hash(&self, rng: &dyn Rng, password: &str) -> Result<String> {
        let (params, password, salt) = (self.params.clone(), password.to_owned(), rng.bytes::<16>());
        self.run(move || hash_now(&params, &password, &salt)).await?.map_err(Problem::internal)
    }

    /// Whether the password belongs to the hash. Without a hash it takes as long and says no.
    pub async fn verify(&self, hash: Option<String>, password: &str) -> Result<bool> {
        if password.len() > MAX_BYTES {
            return Ok(false);
        }
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let password = normal(password);
        let matches = self
            .run(move || {
                PasswordHash::new(&hash)
                    .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
            })
            .await?;
        Ok(exists && matches)
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(Problem::internal)?;
        tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work()
        })
        .await
        .map_err(Problem::internal)
    }
}

/// The same characters typed on two keyboards can be different code points.
fn normal(password: &str) -> String {
    password.nfc().collect()
}

fn hash_now(params: &Params, password: &str, salt: &[u8; 16]) -> argon2::password_hash::Result<String> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone())
        .hash_password_with_salt(normal(password).as_bytes(), salt)
        .map(|hash| hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::SeededRng;
    use crate::config::Config;

    fn passwords() -> Passwords {
        Passwords::new(&Config::test("a.test").accounts, &SeededRng::new(1)).unwrap()
    }

    #[tokio::test]
    async fn a1_a_password_verifies_and_is_never_cut() {
        let p = passwords();
        let rng = SeededRng::new(2);
        let long = "correct horse battery staple ".repeat(8);
        let hash = p.hash(&rng, &long).await.unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(p.verify(Some(hash.clone()), &long).await.unwrap());
        assert!(!p.verify(Some(hash), &long[..long.len() - 1]).await.unwrap());
        assert!(!p.verify(None, &long).await.unwrap());
        // A name that does not exist costs the same work.
        let decoy = PasswordHash::new(&p.decoy).unwrap();
        let cost = Params::try_from(&decoy).unwrap();
        assert_eq!(
            (cost.m_cost(), cost.t_cost(), decoy.hash.unwrap().len()),
            (p.params.m_cost(), p.params.t_cost(), 32)
        );
        let composed = p.hash(&rng, "cafe\u{301} noir tr\u{e8}s").await.unwrap();
        assert!(p.verify(Some(composed), "caf\u{e9} noir tr\u{e8}s").await.unwrap());
    }

    #[tokio::test]
    async fn a1_common_passwords_are_refused_whatever_is_configured() {
        let mut config = Config::test("a.test").accounts;
        config.password_score = 0;
        let p = Passwords::new(&config, &SeededRng::new(1)).unwrap();
        for common in ["1234567890", "Basketball", "b4sketball", "ada.lovelace"] {
            let problem = p.check("password", common, &["ada.lovelace"]).await.unwrap_err();
            assert_eq!(problem.code, "weak_password", "{common}");
        }
        p.check("password", "basketball im Hof", &[]).await.unwrap();
    }

    #[tokio::test]
    async fn a1_weak_passwords_are_refused_with_advice() {
        let p = passwords();
        for weak in ["short", "password123", "ada.lovelace"] {
            let problem = p.check("password", weak, &["ada.lovelace"]).await.unwrap_err();
            assert_eq!(problem.code, "weak_password", "{weak}");
        }
        p.check("password", "vier blaue Kraniche im Hof", &["ada"]).await.unwrap();
        let code = p.check("password", &"x".repeat(2000), &[]).await.unwrap_err().fields.unwrap()[0].code.clone();
        assert_eq!(code, "too_long");
    }
}

//! The way to the mail server that the configuration names.

use std::time::Duration;

use lettre::message::header::{ContentType, Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, CertificateStore, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport as _, Tokio1Executor};

use crate::config::{Config, Encryption};

/// Why a letter was not sent.
#[derive(Debug)]
pub struct Failure {
    /// For the operator.
    pub why: String,
    /// Trying again does not help.
    pub is_final: bool,
}

impl Failure {
    fn later(why: impl std::fmt::Display) -> Self {
        Self { why: why.to_string(), is_final: false }
    }
}

impl From<lettre::transport::smtp::Error> for Failure {
    fn from(error: lettre::transport::smtp::Error) -> Self {
        // A refused sender or password is ours to mend: letters wait for it. What is said of the mailbox is final (RFC 5321,
        // 4.2.3: 550 to 553).
        let is_final = error.status().is_some_and(|code| matches!(u16::from(code), 550..=553));
        let mut why = error.to_string();
        let mut source = std::error::Error::source(&error);
        while let Some(inner) = source {
            let text = inner.to_string();
            if !why.contains(&text) {
                why = format!("{why}: {text}");
            }
            source = inner.source();
        }
        Self { why, is_final }
    }
}

/// Says to other machines that nobody waits for an answer, so that none of them sends one (RFC 3834).
#[derive(Clone)]
struct AutoSubmitted;

impl Header for AutoSubmitted {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "auto-generated".into())
    }
}

fn transport(config: &Config) -> Result<AsyncSmtpTransport<Tokio1Executor>, Failure> {
    let mail = &config.mail;
    let mut tls = TlsParameters::builder(mail.server.clone()).certificate_store(CertificateStore::WebpkiRoots);
    if let Some(path) = &mail.ca_file {
        let pem = std::fs::read(path).map_err(|e| Failure::later(format!("{}: {e}", path.display())))?;
        tls = tls.add_root_certificate(Certificate::from_pem(&pem)?);
    }
    let tls = match mail.encryption {
        Encryption::Tls => Tls::Wrapper(tls.build_rustls()?),
        Encryption::StartTls => Tls::Required(tls.build_rustls()?),
        Encryption::None => Tls::None,
    };
    let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.server)
        .port(mail.port())
        .tls(tls)
        .hello_name(ClientId::Domain(config.instance.host().to_owned()))
        .timeout(Some(Duration::from_millis(mail.timeout_ms)));
    if !mail.user.is_empty() {
        transport = transport.credentials(Credentials::new(mail.user.clone(), mail.password.reveal().to_owned()));
    }
    Ok(transport.build())
}

fn sender(config: &Config) -> Result<Mailbox, Failure> {
    if config.mail.from.is_empty() {
        let address = Address::new("conntext", config.instance.host()).map_err(Failure::later)?;
        return Ok(Mailbox::new(Some(config.instance.name.clone()), address));
    }
    config.mail.from.parse().map_err(Failure::later)
}

/// Sends one letter; `id` is another one for each.
///
/// # Errors
/// What the server said, or that it could not be reached.
pub async fn send(config: &Config, id: &str, to: &str, subject: &str, text: &str) -> Result<(), Failure> {
    let to = to.parse::<Address>().map_err(|e| Failure { why: e.to_string(), is_final: true })?;
    let message = Message::builder()
        .from(sender(config)?)
        .to(Mailbox::new(None, to))
        .subject(subject)
        .message_id(Some(format!("<{id}@{}>", config.instance.host())))
        .header(AutoSubmitted)
        .header(ContentType::TEXT_PLAIN)
        .body(text.to_owned())
        .map_err(Failure::later)?;
    // Lines end as the protocol wants it whatever the text has.
    transport(config)?.send(message).await?;
    Ok(())
}

/// Whether the server can be reached and takes our word.
///
/// # Errors
/// What the server said, or that it could not be reached.
pub async fn try_server(config: &Config) -> Result<(), Failure> {
    match transport(config)?.test_connection().await? {
        true => Ok(()),
        false => Err(Failure::later("the server answers, but not as a mail server")),
    }
}

//! A mail server that keeps what it gets.

use std::path::Path;
use std::sync::{Arc, Mutex};

use conntext_server::config::{Config, Encryption};
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A letter as its reader sees it.
#[derive(Clone, Debug)]
pub struct Mail {
    /// The mailbox.
    pub to: String,
    /// What it is about.
    pub subject: String,
    /// Headers, as they came.
    pub head: String,
    /// The text.
    pub text: String,
    /// Who the server was told to be sent by, where it asked.
    pub credentials: String,
    /// Whether the way was encrypted.
    pub encrypted: bool,
}

impl Mail {
    /// What stands behind the `#` of the link to a page.
    #[track_caller]
    pub fn token(&self, page: &str) -> String {
        let link = self.text.split_whitespace().find(|word| word.contains(&format!("/{page}#")));
        link.unwrap_or_else(|| panic!("no link in {}", self.text)).split_once('#').unwrap().1.to_owned()
    }
}

#[derive(Default)]
struct Inner {
    mails: Mutex<Vec<Mail>>,
    /// Mailboxes that do not exist.
    unknown: Mutex<Vec<String>>,
    /// Answers that it is busy.
    busy: Mutex<bool>,
}

/// A mail server on this machine.
#[derive(Clone)]
pub struct Mailbox {
    inner: Arc<Inner>,
    port: u16,
    encryption: Encryption,
}

impl Mailbox {
    /// Without encryption.
    pub async fn new() -> Self {
        Self::with(Encryption::None).await
    }

    /// With encryption, or after it was asked for.
    pub async fn with(encryption: Encryption) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mailbox = Self { inner: Arc::default(), port: listener.local_addr().unwrap().port(), encryption };
        let (inner, tls) = (Arc::clone(&mailbox.inner), (encryption != Encryption::None).then(acceptor));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(Arc::clone(&inner), stream, tls.clone(), encryption));
            }
        });
        mailbox
    }

    /// Has an instance send its mail here.
    pub fn serves(&self, config: &mut Config) {
        config.mail.server = "localhost".into();
        config.mail.port = self.port;
        config.mail.encryption = self.encryption;
        config.mail.retry_first_ms = 1_000;
        config.limits.mail_burst = 100;
        if self.encryption != Encryption::None {
            config.mail.ca_file = Some(certificates().join("authority.pem"));
        }
    }

    /// Letters to this mailbox are refused.
    pub fn forgets(&self, address: &str) {
        self.inner.unknown.lock().unwrap().push(address.to_owned());
    }

    /// It takes nothing for a while, or does again.
    pub fn is_busy(&self, busy: bool) {
        *self.inner.busy.lock().unwrap() = busy;
    }

    /// Everything that came since one asked last.
    pub fn mails(&self) -> Vec<Mail> {
        std::mem::take(&mut self.inner.mails.lock().unwrap())
    }
}

fn certificates() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stories/tls")
}

fn acceptor() -> TlsAcceptor {
    let _ = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider().install_default();
    let chain = vec![CertificateDer::from_pem_file(certificates().join("mail.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(certificates().join("mail-key.pem")).unwrap();
    let config = ServerConfig::builder().with_no_client_auth().with_single_cert(chain, key).unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(inner: Arc<Inner>, mut stream: TcpStream, tls: Option<TlsAcceptor>, encryption: Encryption) {
    match (tls, encryption) {
        (Some(tls), Encryption::Tls) => {
            if let Ok(stream) = tls.accept(stream).await {
                talk(&inner, stream, true, true, false).await;
            }
        }
        (Some(tls), _) => {
            if talk(&inner, &mut stream, false, true, true).await
                && let Ok(stream) = tls.accept(stream).await
            {
                talk(&inner, stream, true, false, false).await;
            }
        }
        (None, _) => {
            talk(&inner, stream, false, true, false).await;
        }
    }
}

/// One conversation; whether the other side wants to go on encrypted.
async fn talk(
    inner: &Inner,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    encrypted: bool,
    greet: bool,
    offer: bool,
) -> bool {
    let mut stream = BufReader::new(stream);
    let (mut to, mut credentials) = (String::new(), String::new());
    if greet && stream.write_all(b"220 mail.test\r\n").await.is_err() {
        return false;
    }
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
            return false;
        }
        let word = line.split([' ', ':', '\r']).next().unwrap().to_uppercase();
        let answer = match &*word {
            "EHLO" if offer => "250-mail.test\r\n250 STARTTLS\r\n".to_owned(),
            "EHLO" => "250-mail.test\r\n250 AUTH PLAIN\r\n".to_owned(),
            "STARTTLS" => {
                let _ = stream.write_all(b"220 go on\r\n").await;
                return true;
            }
            "AUTH" => {
                let given = data_encoding::BASE64.decode(line.trim().rsplit(' ').next().unwrap().as_bytes());
                credentials = String::from_utf8(given.unwrap()).unwrap().replace('\0', " ").trim().to_owned();
                "235 fine\r\n".to_owned()
            }
            "MAIL" if *inner.busy.lock().unwrap() => "451 later\r\n".to_owned(),
            "RCPT" => {
                to = line.split(['<', '>']).nth(1).unwrap().to_owned();
                let unknown = inner.unknown.lock().unwrap().contains(&to);
                if unknown { "550 no such mailbox\r\n".to_owned() } else { "250 fine\r\n".to_owned() }
            }
            "DATA" => {
                let _ = stream.write_all(b"354 go on\r\n").await;
                let mut raw = String::new();
                while !raw.ends_with("\r\n.\r\n") && stream.read_line(&mut raw).await.unwrap_or(0) > 0 {}
                let mail = read(&raw, &to, &credentials, encrypted);
                inner.mails.lock().unwrap().push(mail);
                "250 kept\r\n".to_owned()
            }
            "QUIT" => {
                let _ = stream.write_all(b"221 bye\r\n").await;
                return false;
            }
            _ => "250 fine\r\n".to_owned(),
        };
        if stream.write_all(answer.as_bytes()).await.is_err() {
            return false;
        }
    }
}

fn read(raw: &str, to: &str, credentials: &str, encrypted: bool) -> Mail {
    let (head, body) = raw.split_once("\r\n\r\n").unwrap();
    let header = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")));
        line.unwrap_or_default().to_owned()
    };
    let body = body.strip_suffix(".\r\n").unwrap();
    let text = match &*header("Content-Transfer-Encoding") {
        "base64" => {
            let bytes = data_encoding::BASE64.decode(body.split_whitespace().collect::<String>().as_bytes()).unwrap();
            String::from_utf8(bytes).unwrap()
        }
        "quoted-printable" => unquote(body),
        _ => body.to_owned(),
    };
    Mail {
        to: to.to_owned(),
        subject: header("Subject"),
        head: head.to_owned(),
        text,
        credentials: credentials.to_owned(),
        encrypted,
    }
}

/// Quoted-printable (RFC 2045, 6.7).
fn unquote(body: &str) -> String {
    let body = body.replace("=\r\n", "");
    let mut bytes = Vec::new();
    let mut rest = body.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' {
            bytes.extend(data_encoding::HEXUPPER.decode(&after[..2]).unwrap());
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8(bytes).unwrap()
}

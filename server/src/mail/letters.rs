//! What letters say.

use std::time::{Duration, UNIX_EPOCH};

use super::{Letter, Notice};
use crate::accounts::{self, Account, email};
use crate::error::Result;
use crate::{App, profiles};

/// A mail that can be sent.
pub(super) struct Written {
    pub to: String,
    pub subject: String,
    pub text: String,
}

/// The mail of a letter: none where there is nobody to write to any more, or too many were written to them.
pub(super) async fn write(app: &App, letter: &Letter) -> Result<Option<Written>> {
    let name = accounts::instance_name(app, &mut app.db.read().await?).await?;
    let desk = Desk { app, name };
    match letter {
        Letter::Recovery { who } => desk.recovery(who).await,
        Letter::Confirm { account, address } => desk.confirm(account, address).await,
        Letter::Register { address } => desk.register(address).await,
        Letter::LetIn { account, address } => desk.let_in(account, address).await,
        Letter::Moved { account, address } => desk.moved(account, address).await,
        Letter::Notice { account, what } => desk.notice(account, what).await,
    }
}

const LEAVE_IT: &str = "If it was not you, leave it at that: nothing changes.";

struct Desk<'a> {
    app: &'a App,
    name: String,
}

impl Desk<'_> {
    fn mail(&self, to: &str, subject: &str, paragraphs: &[&str]) -> Option<Written> {
        let text = paragraphs.join("\n\n");
        Some(Written {
            to: to.to_owned(),
            subject: format!("{}: {subject}", self.name),
            text: format!("{text}\n\n-- \n{}, {}\n", self.name, self.app.config.public_url()),
        })
    }

    fn link(&self, page: &str) -> String {
        format!("{}/{page}", self.app.config.public_url())
    }

    /// Whether a stranger may have one more letter sent to this mailbox.
    fn may_write(&self, to: &str) -> bool {
        let taken = self.app.guard.by_mailbox.take(to.to_owned(), self.app.clock.now_ms());
        if taken.is_err() {
            tracing::warn!("a mailbox got enough letters for now");
        }
        taken.is_ok()
    }

    async fn account(&self, id: &str) -> Result<Option<Account>> {
        accounts::by_id(&mut self.app.db.read().await?, id).await
    }

    async fn greeting(&self, account: &Account) -> Result<String> {
        let user = profiles::user(&mut self.app.db.read().await?, &account.uid).await?;
        Ok(format!("Hello {},", user.display_name))
    }

    fn full_name(&self, account: &Account) -> String {
        format!("{}@{}", account.handle, self.app.config.instance.domain)
    }

    async fn recovery(&self, who: &str) -> Result<Option<Written>> {
        let found = accounts::named(self.app, &mut self.app.db.read().await?, who).await?;
        let Some((account, to)) = found.and_then(|a| a.email.clone().map(|to| (a, to))) else { return Ok(None) };
        if account.suspended || !self.may_write(&to) {
            return Ok(None);
        }
        let link = accounts::recovery_link(self.app, &account).await?;
        let name = self.full_name(&account);
        let text = format!("somebody, you hopefully, asked for a new password for {name}. Choose one within an hour:");
        let paragraphs = [&*self.greeting(&account).await?, &text, &link, LEAVE_IT];
        Ok(self.mail(&to, "Choose a new password", &paragraphs))
    }

    async fn confirm(&self, id: &str, address: &str) -> Result<Option<Written>> {
        let Some(account) = self.account(id).await?.filter(|_| self.may_write(address)) else { return Ok(None) };
        let holder = accounts::by_email(&mut self.app.db.read().await?, address).await?;
        if let Some(holder) = holder.filter(|holder| holder.id != account.id) {
            return self.known_already(&holder, address).await;
        }
        let Some(token) = email::token(self.app, id, address).await? else { return Ok(None) };
        let name = self.full_name(&account);
        let text = format!("is this the address of your account {name}? Confirm it within a day:");
        let paragraphs = [&*self.greeting(&account).await?, &text, &self.link(&format!("confirm#{token}")), LEAVE_IT];
        Ok(self.mail(address, "Confirm your address", &paragraphs))
    }

    async fn register(&self, address: &str) -> Result<Option<Written>> {
        if !self.may_write(address) {
            return Ok(None);
        }
        if let Some(holder) = accounts::by_email(&mut self.app.db.read().await?, address).await? {
            return self.known_already(&holder, address).await;
        }
        let Some(token) = email::token(self.app, address, address).await? else { return Ok(None) };
        let text = "somebody, you hopefully, wants an account with this address. Go on within a day:";
        let paragraphs = ["Hello,", text, &self.link(&format!("sign-up#{token}")), LEAVE_IT];
        Ok(self.mail(address, "Go on with your account", &paragraphs))
    }

    /// Whoever asked is not told that there is an account with this address; whoever reads the mailbox may know.
    async fn known_already(&self, holder: &Account, address: &str) -> Result<Option<Written>> {
        let name = self.full_name(holder);
        let text = format!("somebody, you hopefully, gave this address for an account. It belongs to {name} already.");
        let help = "If you forgot its password, get a new one:";
        let paragraphs = [&*self.greeting(holder).await?, &text, help, &self.link("forgot"), LEAVE_IT];
        Ok(self.mail(address, "You have an account already", &paragraphs))
    }

    async fn let_in(&self, id: &str, address: &str) -> Result<Option<Written>> {
        let Some(account) = self.account(id).await? else { return Ok(None) };
        let text =
            format!("you have the account {} now. Sign in with the password that you chose:", self.full_name(&account));
        Ok(self.mail(address, "You are in", &[&*self.greeting(&account).await?, &text, &self.link("sign-in")]))
    }

    async fn moved(&self, id: &str, address: &str) -> Result<Option<Written>> {
        let Some(account) = self.account(id).await? else { return Ok(None) };
        let text = format!("this is not the address of your account {} any more.", self.full_name(&account));
        let help = "If that was not you, somebody else uses your account: ask whoever runs this place for help.";
        Ok(self.mail(address, "Your address was changed", &[&*self.greeting(&account).await?, &text, help]))
    }

    async fn notice(&self, id: &str, what: &Notice) -> Result<Option<Written>> {
        let Some(account) = self.account(id).await? else { return Ok(None) };
        let Some(to) = account.email.clone() else { return Ok(None) };
        let name = self.full_name(&account);
        let (subject, text, page) = match what {
            Notice::SignIn { device, ip } => {
                let device = if device.is_empty() { "A device without a name" } else { device };
                let text = format!("somebody signed in to {name}.\n\nDevice: {device}\nAddress: {ip}");
                ("A new sign-in", text, "settings/devices")
            }
            Notice::Reused { device } => {
                let text = format!("a sign-in to {name} was used from two places, and was ended.\n\nDevice: {device}");
                ("A sign-in was ended", text, "settings/devices")
            }
            Notice::Password => ("Your password was changed", format!("{name} has a new password."), "forgot"),
            Notice::Renamed { before } => {
                let text = format!("your account {before} is called {name} now. Sign in with the new name.");
                ("Your name was changed", text, "settings/profile")
            }
            Notice::FactorAdded => {
                let text = format!("{name} has a new way to prove that it is you: an app with codes, or a passkey.");
                ("A second factor was added", text, "settings/security")
            }
            Notice::FactorRemoved => {
                let text = format!("a way to prove that it is you was removed from {name}.");
                ("A second factor was removed", text, "settings/security")
            }
            Notice::OwnKey => {
                let text = format!("{name} has another recovery key, with which it can be moved to another instance.");
                ("Another recovery key was set", text, "settings/security")
            }
            Notice::ServiceLinked { service } => {
                let text = format!("one can sign in to {name} with an account of {service} from now on.");
                ("Another service was linked", text, "settings/security")
            }
            Notice::ServiceUnlinked { service } => {
                let text = format!("nobody can sign in to {name} with {service} any more.");
                ("A service was unlinked", text, "settings/security")
            }
            Notice::Deletion { due_at } => {
                let due = UNIX_EPOCH + Duration::from_millis(u64::try_from(*due_at).unwrap_or_default());
                let due = httpdate::fmt_http_date(due);
                ("Your account will be deleted", format!("{name} will be deleted on {due}."), "settings/data")
            }
        };
        let help = "If that was not you, change your password at once and end the sessions that you do not know:";
        Ok(self.mail(&to, subject, &[&*self.greeting(&account).await?, &text, help, &self.link(page)]))
    }
}

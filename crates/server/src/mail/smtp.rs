//! Sending through a mail server (SMTP, RFC 5321), recipient by recipient in one transaction.

use std::error::Error as _;
use std::time::Duration;

use dealwright_engine::ports::post::{Fate, Message, Transport};
use futures::future::BoxFuture;
use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};

use super::Address as Party;

/// How long one step of the conversation may take.
const STEP: Duration = Duration::from_mins(1);
/// Ways to sign in, the simplest last.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// A mail server and how to use it.
#[derive(Clone)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub security: Security,
    /// User and password; none where the server asks for none.
    pub login: Option<(String, String)>,
    /// The organisation's own address, which every user may send from.
    pub org_address: Option<Party>,
}

/// How the conversation is kept from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte on.
    Tls,
    /// In the clear until both agree on TLS, which they must before anything is said.
    StartTls,
    /// In the clear. For a server on the same machine or network.
    None,
}

impl std::fmt::Debug for Smtp {
    /// Without the password.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { host, port, security, login, org_address } = self;
        let user = login.as_ref().map(|(user, _)| user);
        f.debug_struct("Smtp")
            .field("host", host)
            .field("port", port)
            .field("security", security)
            .field("user", &user)
            .field("org_address", org_address)
            .finish_non_exhaustive()
    }
}

impl Transport for Smtp {
    fn deliver<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Vec<Fate>, String>> {
        Box::pin(async move {
            let mut connection = self.connect().await.map_err(|error| describe(&error))?;
            let fates = hand_over(&mut connection, message).await;
            if connection.has_broken() {
                connection.abort().await;
            } else {
                // The mail is settled; how the farewell goes is of no interest.
                let _ = connection.quit().await;
            }
            fates
        })
    }

    fn org_address(&self) -> Option<&Party> {
        self.org_address.as_ref()
    }
}

impl Smtp {
    async fn connect(&self) -> Result<AsyncSmtpConnection, Error> {
        let tls = || TlsParameters::new_rustls(self.host.clone());
        let at_once = (self.security == Security::Tls).then(tls).transpose()?;
        let hello = ClientId::default();
        let server = (self.host.as_str(), self.port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(server, Some(STEP), &hello, at_once, None).await?;
        if self.security == Security::StartTls {
            connection.starttls(tls()?, &hello).await?;
        }
        if let Some((user, password)) = &self.login {
            let credentials = Credentials::new(user.clone(), password.clone());
            connection.auth(&MECHANISMS, &credentials).await?;
        }
        Ok(connection)
    }
}

/// One transaction: the sender, each recipient, and the message for those that were accepted.
async fn hand_over(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<Vec<Fate>, String> {
    let address = |text: &str| text.parse::<Address>().map_err(|error| format!("{text}: {error}"));
    let sender = address(&message.sender)?;
    let mut parameters = Vec::new();
    if !message.raw.is_ascii() {
        parameters.push(MailParameter::Body(MailBodyParameter::EightBitMime));
    }
    let wide = |text: &str| !text.is_ascii();
    if wide(&message.sender) || message.recipients.iter().any(|to| wide(to)) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Ok(all(message, &refused("the mail server takes no addresses beyond ASCII", false)));
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    if let Err(error) = step(connection.command(Mail::new(Some(sender), parameters))).await {
        return all_or_nobody(message, error);
    }
    let mut fates = Vec::with_capacity(message.recipients.len());
    for to in &message.recipients {
        let accepted = match address(to) {
            Ok(address) => step(connection.command(Rcpt::new(address, Vec::new()))).await,
            Err(reason) => {
                fates.push(refused(&reason, true));
                continue;
            }
        };
        fates.push(match accepted {
            Ok(()) => Fate::Delivered,
            Err(Failure::Permanent(reason)) => refused(&reason, blames_address(&reason)),
            Err(Failure::Passing(reason)) => Fate::Later(reason),
            // Nothing was handed over yet.
            Err(Failure::Broken(reason)) => return Err(reason),
        });
    }
    if !fates.contains(&Fate::Delivered) {
        return Ok(fates);
    }
    let sent = match step(connection.command(Data)).await {
        Ok(()) => step(connection.message(&message.raw)).await,
        Err(failure) => Err(failure),
    };
    if let Err(failure) = sent {
        let fate = failure.fate();
        fates.iter_mut().filter(|one| **one == Fate::Delivered).for_each(|one| *one = fate.clone());
    }
    Ok(fates)
}

/// What a step of the conversation came to when it did not succeed.
enum Failure {
    Permanent(String),
    Passing(String),
    /// There is no conversation any more.
    Broken(String),
}

impl Failure {
    fn fate(self) -> Fate {
        match self {
            Self::Permanent(reason) => refused(&reason, false),
            Self::Passing(reason) | Self::Broken(reason) => Fate::Later(reason),
        }
    }
}

async fn step<T>(work: impl Future<Output = Result<T, Error>>) -> Result<(), Failure> {
    match tokio::time::timeout(STEP, work).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) if error.is_permanent() => Err(Failure::Permanent(describe(&error))),
        Ok(Err(error)) if error.is_transient() => Err(Failure::Passing(describe(&error))),
        Ok(Err(error)) => Err(Failure::Broken(describe(&error))),
        Err(_) => Err(Failure::Broken("the mail server does not answer".to_owned())),
    }
}

fn all_or_nobody(message: &Message, failure: Failure) -> Result<Vec<Fate>, String> {
    match failure {
        Failure::Broken(reason) => Err(reason),
        other => Ok(all(message, &other.fate())),
    }
}

fn all(message: &Message, fate: &Fate) -> Vec<Fate> {
    vec![fate.clone(); message.recipients.len()]
}

fn refused(reason: &str, is_address: bool) -> Fate {
    Fate::Refused { reason: reason.to_owned(), is_address }
}

/// The error in one line; a server's own words with their code.
fn describe(error: &Error) -> String {
    let text = match (error.status(), error.source()) {
        (Some(code), Some(words)) => format!("{code} {words}"),
        // Its text names its cause already.
        _ => error.to_string(),
    };
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(500).collect()
}

/// True when a refusal is about the address and not about us: enhanced status 5.1.x or 5.2.1 (RFC 3463), or without
/// one a code that RFC 5321 has for mailboxes.
fn blames_address(reason: &str) -> bool {
    let mut words = reason.split(|c: char| c.is_whitespace() || c == '(' || c == ')' || c == ':');
    let enhanced = words.find(|word| {
        let mut parts = word.split('.');
        parts.clone().count() == 3
            && parts.all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    });
    match enhanced {
        Some(status) => status.starts_with("5.1.") || status == "5.2.1",
        None => ["550", "551", "553"].iter().any(|code| reason.starts_with(code)),
    }
}

#[cfg(test)]
mod tests {
    use super::{Security, Smtp, blames_address};

    #[test]
    fn refusals_of_an_address_are_told_from_those_of_the_mail() {
        for reason in [
            "550 no such user",
            "550 permanent error (550): 5.1.1 unknown",
            "553 5.1.3 bad address",
            "550 5.2.1 closed",
        ] {
            assert!(blames_address(reason), "{reason}");
        }
        for reason in
            ["550 5.7.1 relaying denied", "554 no", "552 5.2.2 mailbox full", "530 5.7.0 sign in first"]
        {
            assert!(!blames_address(reason), "{reason}");
        }
    }

    #[test]
    fn the_password_is_not_shown() {
        let login = Some(("ada".to_owned(), "s3cret".to_owned()));
        let smtp = Smtp {
            host: "mail.example.com".to_owned(),
            port: 25,
            security: Security::None,
            login,
            org_address: None,
        };
        let shown = format!("{smtp:?}");
        assert!(shown.contains("ada") && !shown.contains("s3cret"), "{shown}");
    }
}

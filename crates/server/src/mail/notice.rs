//! Mails of the accounts: links to set a password. They belong to no record, so they are not kept; what cannot be sent
//! after a few attempts is given up, and its person asks again or gets a link from an administrator.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use dealwright_accounts::{Link, Secret};
use dealwright_engine::ports::post::{Fate, Message, Transport};
use dealwright_wire::{Clock, Id};
use lettre::message::Mailbox;
use tokio::sync::Semaphore;

/// Pauses before the attempts after the first.
const PAUSES: [Duration; 3] = [Duration::from_secs(5), Duration::from_secs(30), Duration::from_mins(5)];
/// Mails under way at a time. What comes beyond is dropped: nobody fills the memory by asking for mails.
const UNDER_WAY: usize = 64;

/// Sends mails of the accounts.
#[derive(Clone)]
pub struct Mailer {
    transport: Arc<dyn Transport>,
    sender: Mailbox,
    clock: Clock,
    room: Arc<Semaphore>,
}

impl Mailer {
    /// `None` where the transport has no address of its own to send from.
    pub fn new(transport: Arc<dyn Transport>, clock: Clock) -> Option<Self> {
        let address = transport.org_address()?;
        let sender = Mailbox::new(address.user_name.clone(), address.email.parse().ok()?);
        Some(Self { transport, sender, clock, room: Arc::new(Semaphore::new(UNDER_WAY)) })
    }

    /// Sends a link to its person, beside the request that asks for it.
    pub fn send_link(&self, org: Id, org_name: &str, link: &Link) {
        let Ok(place) = Arc::clone(&self.room).try_acquire_owned() else {
            tracing::warn!("a mail with a link was dropped: too many are under way");
            return;
        };
        let message = match self.message(org, org_name, link) {
            Ok(message) => message,
            Err(error) => {
                tracing::warn!(%error, identity = %link.identity.id, "a mail with a link cannot be written");
                return;
            }
        };
        let (transport, identity) = (Arc::clone(&self.transport), link.identity.id);
        tokio::spawn(async move {
            let _place = place;
            let mut pauses = PAUSES.into_iter();
            loop {
                let reason = match transport.deliver(&message).await.map(|fates| fates.into_iter().next()) {
                    Ok(None | Some(Fate::Delivered)) => return,
                    Ok(Some(Fate::Refused { reason, .. })) => {
                        tracing::warn!(%identity, reason, "a mail with a link was refused");
                        return;
                    }
                    Ok(Some(Fate::Later(reason))) | Err(reason) => reason,
                };
                let Some(pause) = pauses.next() else {
                    tracing::warn!(%identity, reason, "a mail with a link could not be sent and is given up");
                    return;
                };
                tokio::time::sleep(pause).await;
            }
        });
    }

    fn message(&self, org: Id, org_name: &str, link: &Link) -> Result<Message, String> {
        let identity = &link.identity;
        let name = format!("{} {}", identity.first_name, identity.last_name);
        let to = Mailbox::new(
            Some(name.trim().to_owned()).filter(|name| !name.is_empty()),
            identity.email.parse().map_err(|_| "the address cannot be written to".to_owned())?,
        );
        let (subject, text) = words(org_name, link, self.clock.now().0);
        let domain = self.sender.email.domain();
        let number = Secret::cookie().map_err(|error| error.to_string())?;
        let sent = SystemTime::UNIX_EPOCH + Duration::from_secs(self.clock.now().0.max(0).unsigned_abs());
        let built = lettre::Message::builder()
            .message_id(Some(format!("<{}@{domain}>", &number.expose()[..32])))
            .date(sent)
            .from(self.sender.clone())
            .to(to)
            .subject(subject)
            .singlepart(lettre::message::SinglePart::plain(text))
            .map_err(|error| error.to_string())?;
        Ok(Message {
            org,
            sender: self.sender.email.to_string(),
            recipients: vec![identity.email.clone()],
            raw: built.formatted(),
        })
    }
}

/// Subject and text.
fn words(org_name: &str, link: &Link, now: i64) -> (String, String) {
    let hours = (link.expires.0 - now).max(0) / 3600;
    let until = match hours {
        0 | 1 => "an hour".to_owned(),
        2..48 => format!("{hours} hours"),
        _ => format!("{} days", hours / 24),
    };
    let url = link.url();
    if link.is_invitation {
        let text = format!(
            "You have been added as a user of {org_name}.\n\n\
             Choose your password here:\n\n{url}\n\n\
             The link works once, within {until}. After that you can ask for another one on the sign-in page.\n\n\
             If you did not expect this mail, you need not do anything.\n"
        );
        (format!("Your access to {org_name}"), text)
    } else {
        let text = format!(
            "Somebody, probably you, asked to set a new password for your access to {org_name}.\n\n\
             Set it here:\n\n{url}\n\n\
             The link works once, within {until}. It signs you out everywhere else.\n\n\
             If it was not you, you need not do anything: your password stays as it is.\n"
        );
        (format!("Set a new password for {org_name}"), text)
    }
}

//! What brings mails to their recipients, seen from here: the server passes it in, because it speaks to the network.

use std::sync::{Arc, OnceLock};

use dealwright_wire::{ApiError, Code, Id};
use futures::future::BoxFuture;

use super::address::Address;
use super::bell::Bell;

/// Brings a message to its recipients: an SMTP server, or the mailbox of a development server.
pub trait Transport: Send + Sync {
    /// Hands a message over. Gives what became of it for each recipient, in their order; an error, with its reason
    /// for people, when nobody got it and another time may do better.
    ///
    /// A message may come twice: when the process ends after it was handed over and before that was stored. Its
    /// `Message-ID` is the same then.
    fn deliver<'a>(&'a self, message: &'a Message) -> BoxFuture<'a, Result<Vec<Fate>, String>>;

    /// The address of the organisation itself, which every user may send from.
    fn org_address(&self) -> Option<&Address>;
}

/// A message on its way.
#[derive(Debug, Clone)]
pub struct Message {
    pub org: Id,
    /// Address in the envelope, where reports about it go.
    pub sender: String,
    /// Addresses in the envelope, blind copies among them.
    pub recipients: Vec<String>,
    /// Headers and body (RFC 5322), with CR LF line ends.
    pub raw: Vec<u8>,
}

/// What became of a message for one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Delivered,
    /// Not now; another time may do better.
    Later(String),
    /// Refused for good.
    Refused {
        reason: String,
        /// The address itself is at fault, so nothing else should be sent to it.
        is_address: bool,
    },
}

/// How an org sends mail. Without a transport it cannot.
pub struct Post {
    transport: OnceLock<Arc<dyn Transport>>,
    /// To be rung when there is a new mail: the bell of the org.
    pub bell: Arc<Bell>,
}

impl Post {
    pub(crate) fn new(bell: Arc<Bell>) -> Self {
        Self { transport: OnceLock::new(), bell }
    }

    /// Sets the transport; once, when the org is opened.
    pub fn set(&self, transport: Arc<dyn Transport>) {
        let _first_one_stays = self.transport.set(transport);
    }

    pub(crate) fn transport(&self) -> Option<&Arc<dyn Transport>> {
        self.transport.get()
    }

    /// The transport, or `NOT_ALLOWED`: a mail that nobody will send is not taken in.
    pub(crate) fn required(&self) -> Result<&Arc<dyn Transport>, ApiError> {
        self.transport().ok_or_else(not_configured)
    }
}

/// `NOT_ALLOWED` where the server has no way to send mail. Text of the published error of sharing e-mails.
pub(crate) fn not_configured() -> ApiError {
    ApiError::new(Code::NotAllowedHere).message("Email Configuration does not exist")
}

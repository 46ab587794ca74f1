//! Sending mail: what a server is told about it, and the two ways to do it.
//!
//! - [`smtp`]: through a mail server
//! - [`mailbox`]: into a mailbox of a development server, where it can be read
//! - [`notice`]: mails of the accounts

pub mod mailbox;
pub mod notice;
pub mod smtp;

pub use dealwright_engine::mail::Address;
pub use mailbox::Mailbox;
pub use notice::Mailer;
pub use smtp::{Security, Smtp};

/// How a server sends mail.
#[derive(Debug, Clone, Default)]
pub enum Mail {
    /// Not at all: whoever wants to send is told so.
    #[default]
    Off,
    /// Into a mailbox that everybody who reaches the server may read. Development only.
    Mailbox,
    Smtp(Smtp),
}

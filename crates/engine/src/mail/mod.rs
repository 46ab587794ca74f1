//! E-mails of records: sending, listing, drafts, sharing, templates, mail merge.
//!
//! - [`send_mail`]: takes a mail in; it is stored and queued in one transaction
//! - [`delivery`]: hands queued mails to the [`Transport`](crate::ports::post::Transport), outside any transaction, and stores
//!   what became of them;
//!   `message`: the text that travels
//! - `emails`, `downloads`: the mails of a record, and the files in them; `stored`: a mail as it is stored
//! - `associate`: mails from elsewhere that belong to a record
//! - `drafts`, `templates`, `mail_merge`, `merge`: texts on their way, texts to be used again, filling them in
//! - `sharing`: who else sees a user's own mails; `blocked`: addresses that take no mail
//! - `from_addresses`, `address`: who may be the sender, and how addresses are read
//! - [`cancel_meeting`]: calling a meeting off, and telling its participants
//! - `files`: attachments and inline images; `of_record`: mails follow a record that becomes another

mod address;
mod associate;
mod blocked;
mod cancel_meeting;
pub mod delivery;
mod downloads;
mod drafts;
mod emails;
mod files;
mod from_addresses;
mod letter;
mod mail_merge;
mod merge;
mod message;
pub(crate) mod of_record;
mod place;
mod send_mail;
mod sharing;
mod stored;
pub(crate) mod templates;

pub use address::Address;
pub use associate::{associate_email, email_available};
pub use blocked::{unblock_email, unblock_emails};
pub use cancel_meeting::cancel_meeting;
pub use downloads::{download_attachments, download_inline_images};
pub use drafts::{
    create as create_drafts, delete as delete_draft, get as get_draft, list as list_drafts,
    update_many as update_drafts, update_one as update_draft,
};
pub use emails::{get as get_email, list as list_emails};
pub use from_addresses::from_addresses;
pub use mail_merge::{download_mail_merge, send_mail_merge};
pub use send_mail::send_mail;
pub use sharing::{
    emails_sharing_details, share_emails, share_emails_one, unshare_emails, unshare_emails_one,
};
pub use templates::{
    get_email_template, get_inventory_template, list_email_templates, list_inventory_templates,
};

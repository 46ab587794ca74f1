//! What the CRM asks of the world around it: the server passes it in.
//!
//! - [`bell`]: who is woken when there is work
//! - [`people`]: who may sign in
//! - [`post`]: what brings mails to their recipients

pub mod address;
pub mod bell;
pub mod people;
pub mod post;

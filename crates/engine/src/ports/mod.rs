//! What the CRM asks of the world around it: the server passes it in.
//!
//! - [`people`]: who may sign in
//! - [`post`]: what brings mails to their recipients

pub mod address;
pub mod people;
pub mod post;

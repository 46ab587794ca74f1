//! Nobody gets round a grant: every operation, every place where an id may stand, and callers who may not reach what
//! they name there.
//!
//! - [`matrix`]: what is named and out of reach is answered like what is not there, and nothing is changed
//! - [`below`]: what others have hung on the caller's own records stays theirs
//! - [`sweep`]: a stranger asks for everything and is shown nothing
//! - [`scopes`]: a token's scopes hold for every module that a call touches
//! - [`permissions`]: profiles that lack one permission each, in an org where everybody reaches everything
//! - [`planted`]: an operation made without thought of access is found by them
//! - [`world`]: the org that they act on; [`modules`]: its modules; [`things`]: what hangs on records
//! - [`operations`], [`places`], [`bodies`], [`trials`]: the calls that are made

#![allow(clippy::print_stdout, reason = "the figures of a run are part of what it shows")]
#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    clippy::struct_field_names,
    clippy::match_same_arms,
    reason = "texts of failed tests need not be quick, and tables say each case"
)]

mod below;
mod bodies;
mod matrix;
mod modules;
mod operations;
mod permissions;
mod places;
mod planted;
mod scopes;
mod sweep;
mod things;
mod trials;
mod world;

//! Operations that the API documents and this server does not have yet. Each answers 501 `NOT_SUPPORTED`.
//!
//! - [`files`], [`mail`], [`records`]: what hangs on a
//!   record or acts on many
//! - [`settings`], [`people`], [`automation`]: settings of all kinds
//! - [`platform`]: bulk, notifications, queries, composite and what else is no single resource
//!
//! Sources: the published descriptions of v8, and for paths they lack, the published pages.

pub(super) mod automation;
pub(super) mod files;
pub(super) mod mail;
pub(super) mod people;
pub(super) mod platform;
pub(super) mod records;
pub(super) mod settings;

/// Lines as in [`line`](super::line), that nothing answers yet.
macro_rules! not_yet {
    ($($name:literal $root:ident $path:literal [$($verb:ident)+] $area:ident $path_of_area:tt $since:ident;)+) => {
        pub(in crate::ops) static OPERATIONS: &[$crate::ops::Operation] = &[$($(
            $crate::ops::line::operation!(
                $name $root $path $verb $area $path_of_area $since ($crate::ops::Target::NotYet, None)
            )
        ),+),+];
    };
}
use not_yet;

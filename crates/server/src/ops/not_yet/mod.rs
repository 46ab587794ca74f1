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

use super::operation::Method;
use super::scope::ScopeRule;

/// One line per path: name, root, path, what can be done there, scope, first version.
///
/// `"tags" Crm "settings/tags" [list create] Fixed("zohocrm.settings.tags") V2;` makes the operations `tags.list`
/// (`GET`, scope `…tags.READ`) and `tags.create` (`POST`, scope `…tags.CREATE`).
macro_rules! not_yet {
    ($($name:literal $root:ident $path:literal [$($verb:ident)+] $area:ident $path_of_area:tt $since:ident;)+) => {
        pub(in crate::ops) static OPERATIONS: &[$crate::ops::Operation] = &[$($({
            let method = super::method_of(stringify!($verb));
            $crate::ops::Operation::new(
                concat!($name, ".", stringify!($verb)),
                method,
                $path,
                super::Area::$area $path_of_area.scope(method),
                $crate::versions::ApiVersion::$since,
                $crate::ops::Target::NotYet,
            )
            .root($crate::ops::Root::$root)
        }),+),+];
    };
}
use not_yet;

/// A [`ScopeRule`] before its operation, which follows from the method.
enum Area {
    Module(),
    Fixed(&'static str),
    /// With the operation of the scope, where it does not follow from the method.
    FixedAs(&'static str, &'static str),
}

impl Area {
    const fn scope(self, method: Method) -> ScopeRule {
        match self {
            Self::Module() => ScopeRule::Module(method.scope_operation()),
            Self::Fixed(path) => ScopeRule::Fixed(path, method.scope_operation()),
            Self::FixedAs(path, operation) => ScopeRule::Fixed(path, operation),
        }
    }
}

/// The HTTP method behind a verb of the tables. An unknown verb does not compile.
const fn method_of(verb: &str) -> Method {
    match verb.as_bytes() {
        b"list" | b"get" | b"status" => Method::Get,
        b"create" | b"run" => Method::Post,
        b"update" | b"update_many" | b"update_one" | b"activate" => Method::Put,
        b"patch" | b"patch_many" | b"patch_one" => Method::Patch,
        b"delete" | b"delete_many" | b"delete_one" | b"deactivate" => Method::Delete,
        _ => panic!("no method is known for this verb"),
    }
}

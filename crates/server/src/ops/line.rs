//! A line of the registry: one per path, with everything that can be done there.
//!
//! `"tags" Crm "settings/tags" [list create] Fixed("zohocrm.settings.tags") V2` makes the operations `tags.list`
//! (`GET`, scope `…tags.READ`) and `tags.create` (`POST`, scope `…tags.CREATE`): name, root, path, verbs, scope, first
//! version. What is not built yet ends there. Building it moves the line to what is served and adds what answers:
//! `=> on TAGS` for a resource that its description serves, `=> run tags::merge` for a function of the engine.
//!
//! Operations with more to say (bodies with files, what they lack) are written out with [`Operation`](super::Operation).

use dealwright_engine::settings::resource::Outline;

use super::operation::{Method, Target};
use super::scope::ScopeRule;

/// Operations that are served, in lines.
macro_rules! served {
    ($($name:literal $root:ident $path:literal [$($verb:ident)+] $area:ident $path_of_area:tt $since:ident
        => $by:ident $target:path;)+) => {
        &[$($(
            $crate::ops::line::operation!(
                $name $root $path $verb $area $path_of_area $since $crate::ops::line::$by!($verb $target)
            )
        ),+),+]
    };
}
pub(super) use served;

/// What answers an operation, and what its body may say where that is described.
pub(super) type Answered = (Target, Option<fn() -> Outline>);

/// One operation of a line, from what answers it and what its body may say.
macro_rules! operation {
    ($name:literal $root:ident $path:literal $verb:ident $area:ident $path_of_area:tt $since:ident $answered:expr) => {{
        let method = $crate::ops::line::method_of(stringify!($verb));
        let (target, outline): $crate::ops::line::Answered = $answered;
        $crate::ops::Operation::new(
            concat!($name, ".", stringify!($verb)),
            method,
            $path,
            $crate::ops::line::Area::$area $path_of_area.scope(method),
            $crate::versions::ApiVersion::$since,
            target,
        )
        .root($crate::ops::Root::$root)
        .outline(outline)
    }};
}
pub(super) use operation;

/// What a resource answers to a verb.
macro_rules! on {
    (list $resource:path) => { $crate::ops::line::on!(@list $resource) };
    (get $resource:path) => { $crate::ops::line::on!(@get $resource) };
    (create $resource:path) => { $crate::ops::line::on!(@create $resource) };
    (update_many $resource:path) => { $crate::ops::line::on!(@update $resource) };
    (update_one $resource:path) => { $crate::ops::line::on!(@update $resource) };
    (delete_many $resource:path) => { $crate::ops::line::on!(@delete $resource) };
    (delete_one $resource:path) => { $crate::ops::line::on!(@delete $resource) };
    (@$verb:ident $resource:path) => {
        ($crate::ops::operation::on!($verb, $resource), Some(|| dealwright_engine::settings::resource::outline(&$resource)))
    };
}
pub(super) use on;

/// A function that answers, whatever the verb.
macro_rules! run {
    ($verb:ident $function:path) => {
        ($crate::ops::Target::Run($function), None)
    };
}
pub(super) use run;

/// A [`ScopeRule`] before its operation, which follows from the method.
pub(super) enum Area {
    Module(),
    Fixed(&'static str),
    /// With the operation of the scope, where it does not follow from the method.
    FixedAs(&'static str, &'static str),
}

impl Area {
    pub(super) const fn scope(self, method: Method) -> ScopeRule {
        match self {
            Self::Module() => ScopeRule::Module(method.scope_operation()),
            Self::Fixed(path) => ScopeRule::Fixed(path, method.scope_operation()),
            Self::FixedAs(path, operation) => ScopeRule::Fixed(path, operation),
        }
    }
}

/// The HTTP method behind a verb of the tables. An unknown verb does not compile.
pub(super) const fn method_of(verb: &str) -> Method {
    match verb.as_bytes() {
        b"list" | b"get" | b"status" | b"count" => Method::Get,
        b"create" | b"run" => Method::Post,
        b"update" | b"update_many" | b"update_one" | b"activate" => Method::Put,
        b"patch" | b"patch_many" | b"patch_one" => Method::Patch,
        b"delete" | b"delete_many" | b"delete_one" | b"deactivate" => Method::Delete,
        _ => panic!("no method is known for this verb"),
    }
}

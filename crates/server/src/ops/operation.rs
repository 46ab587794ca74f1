//! One operation of the API: where it is, who may call it, what runs it.

use dealwright_engine::settings::resource::Outline;
use dealwright_engine::{Cx, Error, Reply, Request};
use futures::future::BoxFuture;

use dealwright_wire::Code;

use super::scope::ScopeRule;
use crate::versions::ApiVersion;

/// Bytes of a body that an operation accepts unless it says otherwise: 100 records of 60 kB.
pub const BODY_LIMIT: usize = 6 << 20;

/// An entry of the registry.
pub struct Operation {
    /// Noun and verb: `records.list`. Also the metric label and the name of the span.
    pub id: &'static str,
    pub method: Method,
    pub root: Root,
    /// Below the root, `{…}` for placeholders. The same placeholder has the same name in all paths.
    pub path: &'static str,
    pub scope: ScopeRule,
    /// The first version whose documentation has it.
    pub since: ApiVersion,
    /// Largest body in bytes, other than one with files.
    pub body_limit: usize,
    /// The files that it takes in a multipart body; `None`: it takes none.
    pub uploads: Option<Uploads>,
    pub target: Target,
    /// What answers for all activities together, in the versions that have a module of them; `None`: what names one of
    /// its records goes to that record's own module, and nothing else is there.
    pub of_activities: Option<Target>,
    /// What its body may say, where it is a resource that its description serves.
    pub outline: Option<fn() -> Outline>,
    /// What the operation does not do yet, for the coverage page; `None` when it does all that is documented.
    pub lacks: Option<&'static str>,
}

/// Files of a multipart body.
#[derive(Debug, Clone, Copy)]
pub struct Uploads {
    /// Most files in one body.
    pub files: usize,
    /// Most bytes of each.
    pub bytes: usize,
    /// Code for a file with more.
    pub too_large: Code,
    /// Code for a body that is no such body, or breaks off.
    pub malformed: Code,
}

impl Uploads {
    /// That many files of that many bytes, with the codes of most operations.
    pub const fn new(files: usize, bytes: usize) -> Self {
        let (too_large, malformed) = (Code::FileSizeMoreThanAllowedSize, Code::UnableToParseDataType);
        Self { files, bytes, too_large, malformed }
    }
}

/// What answers a call.
#[derive(Clone, Copy)]
pub enum Target {
    Run(Run),
    /// Known and not built: answers 501 and says so.
    NotYet,
}

/// A function of the engine behind an operation.
pub type Run = for<'a> fn(&'a Cx, &'a Request) -> BoxFuture<'a, Result<Reply, Error>>;

/// Makes a [`Target`] of a function of the engine: `run!(records::list)`.
macro_rules! run {
    ($($function:ident)::+) => {
        $crate::ops::Target::Run($($function)::+)
    };
}
pub(super) use run;

/// Makes a [`Target`] of a verb on a resource that is served by its description: `on!(list, roles::ROLES)`.
macro_rules! on {
    ($verb:ident, $resource:path) => {
        $crate::ops::Target::Run(|cx, request| {
            Box::pin(dealwright_engine::settings::resource::$verb(cx, request, &$resource))
        })
    };
}
pub(super) use on;

impl Operation {
    pub const fn new(
        id: &'static str,
        method: Method,
        path: &'static str,
        scope: ScopeRule,
        since: ApiVersion,
        target: Target,
    ) -> Self {
        Self {
            id,
            method,
            root: Root::Crm,
            path,
            scope,
            since,
            body_limit: BODY_LIMIT,
            uploads: None,
            target,
            of_activities: None,
            outline: None,
            lacks: None,
        }
    }

    #[must_use]
    pub const fn root(mut self, root: Root) -> Self {
        self.root = root;
        self
    }

    #[must_use]
    pub const fn uploads(mut self, uploads: Uploads) -> Self {
        self.uploads = Some(uploads);
        self
    }

    #[must_use]
    pub const fn of_activities(mut self, target: Target) -> Self {
        self.of_activities = Some(target);
        self
    }

    #[must_use]
    pub const fn outline(mut self, outline: Option<fn() -> Outline>) -> Self {
        self.outline = outline;
        self
    }

    /// Says what the operation does not do yet: a sentence without a full stop.
    #[must_use]
    pub const fn lacks(mut self, what: &'static str) -> Self {
        self.lacks = Some(what);
        self
    }

    /// The route: `/crm/{version}/settings/roles/{id}`.
    pub fn route(&self) -> String {
        let slash = if self.path.is_empty() { "" } else { "/" };
        format!("{}{slash}{}", self.root.prefix(), self.path)
    }

    pub fn is_served(&self) -> bool {
        matches!(self.target, Target::Run(_))
    }
}

/// What a path hangs below.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Root {
    /// `/crm/{version}`
    Crm,
    /// `/crm/bulk/{version}`
    Bulk,
    /// `/crm/email/{version}`
    Email,
    /// `/crm`, without a version: GraphQL.
    Unversioned,
}

impl Root {
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Crm => "/crm/{version}",
            Self::Bulk => "/crm/bulk/{version}",
            Self::Email => "/crm/email/{version}",
            Self::Unversioned => "/crm",
        }
    }
}

/// The methods that operations have. `HEAD` counts as `GET`, `OPTIONS` is answered before any operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    pub const COUNT: usize = 5;

    pub fn of(method: &axum::http::Method) -> Option<Self> {
        use axum::http::Method as Http;
        match *method {
            Http::GET | Http::HEAD => Some(Self::Get),
            Http::POST => Some(Self::Post),
            Http::PUT => Some(Self::Put),
            Http::PATCH => Some(Self::Patch),
            Http::DELETE => Some(Self::Delete),
            _ => None,
        }
    }

    pub const fn text(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }

    /// The scope operation that goes with the method where the documentation does not name another.
    pub const fn scope_operation(self) -> &'static str {
        match self {
            Self::Get => "READ",
            Self::Post => "CREATE",
            Self::Put | Self::Patch => "UPDATE",
            Self::Delete => "DELETE",
        }
    }
}

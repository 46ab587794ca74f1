//! Settings by description: one list, get, create, change and delete for every resource that is a list of documents.
//!
//! A [`Resource`] says what its documents are made of, how they are shown, and what is particular to them; the
//! functions of `read` and `change` do the rest. `field` reads the keys of a body, `reference` those that name another
//! setting, `outline` tells what they are.

mod change;
mod field;
mod outline;
mod read;
mod reference;

use std::sync::Arc;

use dealwright_wire::{ApiError, Code, Id, letters};
use serde_json::Value;

pub use change::{create, delete, update};
pub(crate) use change::{ids_param, make, named, outcome, write};
pub(crate) use field::{Field, Kind, mandatory, optional};
pub use outline::{Member, Outline, outline};
pub(crate) use read::answer;
pub use read::{get, list};

use super::entry::Entry;
use crate::cx::Cx;
use crate::documents::{Document, Keys, Setting};
use crate::error::Error;
use crate::metadata::{Reader, invalid_id, module_param};
use crate::org::Change;
use crate::request::Request;

/// A list of documents that clients read and change.
pub struct Resource<D: 'static> {
    /// Key of bodies and answers: `roles`.
    pub(crate) key: &'static str,
    /// Permission that changing it takes.
    pub(crate) permission: &'static str,
    /// Entries that one call may create or change.
    pub(crate) most: usize,
    /// Place of an id in the path, after the version.
    pub(crate) place: u8,
    /// Rows of a page at most; `None` where the list comes whole and without `info`.
    pub(crate) per_page: Option<usize>,
    pub(crate) fields: &'static [Field],
    pub(crate) said: Words,
    /// What no two of its documents may have in common.
    pub(crate) unique: &'static [Unique],
    /// The key by which a path names one as well as by its id.
    pub(crate) found_by: Option<&'static str>,
    /// What its documents lie in, where they lie in something: calls name it by a parameter.
    pub(crate) under: Option<Under<D>>,
    /// The kind of its documents, where they are settings.
    pub(crate) kind: Option<&'static str>,
    /// The module that each of them is of, where there is one; calls name it by `module`.
    pub(crate) of_module: Option<fn(&D) -> &str>,
    /// Which of them a call asks for.
    pub(crate) select: fn(&Cx, &Request, &D) -> Result<bool, ApiError>,
    pub(crate) show: fn(&Reader<'_>, &D) -> Value,
    /// Keys that only the call of one shows.
    pub(crate) only_single: &'static [&'static str],
    /// Keys of a new document beside its id, before the body's keys are added.
    pub(crate) fresh: fn(&Step<'_>) -> Result<Keys, ApiError>,
    /// Refuses what the fields alone cannot tell, and fills in what follows. Gets the document as it was, unless it
    /// is new, and as it is going to be.
    pub(crate) check: fn(&mut Step<'_>, Option<&D>, &mut D) -> Result<(), Error>,
    /// Refuses a removal or does what goes with it; then the document is removed.
    pub(crate) remove: fn(&mut Step<'_>, &D) -> Result<(), Error>,
}

/// Keys that no two documents may have in common. Texts count as the same whatever the case of their letters.
pub(crate) struct Unique {
    /// The key that is refused, and those beside it that are the same too.
    pub(crate) keys: &'static [&'static str],
    /// What is said instead of the text of `DUPLICATE_DATA`.
    pub(crate) message: Option<&'static str>,
    /// Whether the error names the other document.
    pub(crate) tells_id: bool,
}

impl Unique {
    pub(crate) const fn of(keys: &'static [&'static str]) -> Self {
        Self { keys, message: None, tells_id: false }
    }

    fn is_broken<D: Document>(&self, one: &D, other: &D) -> bool {
        let is_same = |key: &&str| match (one.key(key), other.key(key)) {
            (Some(Value::String(one)), Some(Value::String(other))) => letters::same(&one, &other),
            (one, other) => one == other,
        };
        one.id() != other.id() && self.keys.iter().all(is_same)
    }
}

/// Settings in which others lie. A list shows those in the one that the parameter names, or all; a call of one has to
/// name it.
pub(crate) struct Under<D> {
    /// Name of the parameter.
    pub(crate) param: &'static str,
    /// Their kind. They are named by id or `api_name`.
    pub(crate) kind: &'static str,
    pub(crate) of: fn(&D) -> Option<Id>,
}

impl<D> Under<D> {
    /// The one that the call names, if it names any.
    fn named(&self, cx: &Cx, request: &Request) -> Result<Option<Id>, ApiError> {
        let Some(name) = request.params.get(self.param) else { return Ok(None) };
        let is_it = |setting: &&Setting| {
            setting.id.to_string() == name || letters::same(setting.str("api_name"), name)
        };
        let found = cx.snapshot.settings(self.kind).find(is_it);
        let invalid = || ApiError::new(Code::InvalidData).param(self.param);
        found.map(|setting| Some(setting.id)).ok_or_else(invalid)
    }
}

/// Messages of what was done.
pub(crate) struct Words {
    pub(crate) created: &'static str,
    pub(crate) updated: &'static str,
    pub(crate) deleted: &'static str,
}

/// What a hook may look at and change. For a removal the entry is empty.
pub(crate) struct Step<'s> {
    pub(crate) cx: &'s Cx,
    pub(crate) request: &'s Request,
    pub(crate) change: &'s mut Change,
    pub(crate) entry: &'s Entry<'s>,
}

impl Step<'_> {
    /// An error about a key of the entry.
    pub(crate) fn error(&self, code: Code, key: &str) -> ApiError {
        self.entry.error(code, key)
    }
}

impl<D: Document> Resource<D> {
    /// A resource whose hooks do nothing, shown as it is stored.
    pub(crate) const fn new(
        key: &'static str,
        permission: &'static str,
        fields: &'static [Field],
        said: Words,
    ) -> Self {
        Self {
            key,
            permission,
            most: 100,
            place: 2,
            per_page: None,
            fields,
            said,
            unique: &[],
            found_by: None,
            under: None,
            kind: None,
            of_module: None,
            select: |_, _, _| Ok(true),
            show: |_, document| document.keys().map_or(Value::Null, Value::Object),
            only_single: &[],
            fresh: |_| Ok(Keys::new()),
            check: |_, _, _| Ok(()),
            remove: |_, _| Ok(()),
        }
    }

    /// Whether the document is one of its own.
    fn has(&self, document: &D) -> bool {
        self.kind.is_none() || document.kind() == self.kind
    }

    /// Tells which documents the call is about. Refuses a call without its module, whether there are documents or not.
    fn asked<'a>(
        &'a self,
        cx: &'a Cx,
        request: &'a Request,
    ) -> Result<impl Fn(&D) -> Result<bool, ApiError> + 'a, ApiError> {
        let module = self.of_module.map(|of| Ok::<_, ApiError>((of, module_param(&cx.snapshot, request)?)));
        let module = module.transpose()?;
        let under = match &self.under {
            None => None,
            Some(under) => under.named(cx, request)?.map(|id| (under.of, id)),
        };
        Ok(move |document: &D| {
            let is_of = module.is_none_or(|(of, module)| of(document) == module.api_name)
                && under.is_none_or(|(of, id)| of(document) == Some(id));
            Ok(is_of && (self.select)(cx, request, document)?)
        })
    }

    /// The document of the path: by its id, or by name where there are names.
    fn of_path<'a>(&self, request: &Request, all: &'a [Arc<D>]) -> Result<&'a Arc<D>, ApiError> {
        let invalid = || invalid_id(self.place);
        let text = request.segment(0);
        let found = match (text.parse::<Id>(), self.found_by) {
            (Ok(id), _) => all.iter().find(|document| document.id() == id),
            (Err(_), Some(key)) => {
                let is_it = |document: &&Arc<D>| match document.key(key) {
                    Some(Value::String(name)) => letters::same(&name, text),
                    _ => false,
                };
                all.iter().find(|document| self.has(document) && is_it(document))
            }
            (Err(_), None) => None,
        };
        found.filter(|document| self.has(document)).ok_or_else(invalid)
    }

    fn all<'a>(&'a self, documents: &'a [Arc<D>]) -> impl Iterator<Item = &'a Arc<D>> {
        documents.iter().filter(|document| self.has(document))
    }
}

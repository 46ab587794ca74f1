//! Keys of a document: what a body may say under each, and how it is kept.

use dealwright_wire::{ApiError, Code, Id, Instant};
use serde_json::{Value, json};

use super::{Step, reference};
use crate::documents::{Keys, Role, Territory, User, UserProfile};
use crate::error::Error;

/// One key of a document. A body that does not name it leaves it as it is.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// A new document must have it, and it cannot be emptied.
    pub(crate) is_mandatory: bool,
    /// It stays what it was when the document was made.
    pub(crate) is_fixed: bool,
}

pub(crate) const fn mandatory(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_mandatory: true, is_fixed: false }
}

pub(crate) const fn optional(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_mandatory: false, is_fixed: false }
}

impl Field {
    /// Refuses another value than the one the document was made with. Clients may send that one back.
    pub(crate) const fn fixed(self) -> Self {
        Self { is_fixed: true, ..self }
    }
}

/// What a value has to be.
pub(crate) enum Kind {
    /// A text of at most so many characters.
    Text(usize),
    /// A text of at most so many characters without those of the second string; else the third is said.
    Name(usize, &'static str, &'static str),
    /// A point in time, kept in seconds.
    DateTime,
    /// `true` or `false`; empty means `false`.
    Flag,
    OneOf(&'static [&'static str]),
    /// One of several options that go by more than one name. Kept under the first.
    OneOfNames(&'static [&'static [&'static str]]),
    /// A user, role, profile or territory of the org, as an id or an object with one. Kept as the id.
    User,
    Role,
    Profile,
    Territory,
    /// A setting of that kind, as an id or as an object with its `id`, `api_name` or `name`. Kept as the id. One whose
    /// `name` nothing has is made with the keys of `make`, where there is one.
    Setting {
        kind: &'static str,
        make: Option<fn(&str) -> Keys>,
    },
    /// Anything; the resource checks it.
    Any,
    /// An object or a list, kept as it came.
    Object,
    List,
}

/// Reads the keys that the entry names into `keys`.
pub(crate) fn apply(
    fields: &'static [Field],
    step: &mut Step<'_>,
    is_new: bool,
    keys: &mut Keys,
) -> Result<(), Error> {
    for field in fields {
        let name = field.name;
        let is_missing = is_new && field.is_mandatory;
        if !is_missing && !step.entry.names(name) {
            continue;
        }
        let value = field.kind.read(step, name)?;
        if value.is_null() && field.is_mandatory {
            return Err(step.entry.missing(name).into());
        }
        if field.is_fixed && !is_new && keys.get(name).is_some_and(|made| *made != value) {
            return Err(step.entry.error(Code::NotAllowedHere, name).into());
        }
        keys.insert(name.to_owned(), value);
    }
    Ok(())
}

impl Kind {
    /// What it is called in an [`Outline`](super::Outline).
    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Name(..) => "text",
            Self::DateTime => "datetime",
            Self::Flag => "boolean",
            Self::OneOf(_) | Self::OneOfNames(_) => "option",
            Self::User => "user",
            Self::Role => "role",
            Self::Profile => "profile",
            Self::Territory => "territory",
            Self::Setting { .. } => "setting",
            Self::Any => "any",
            Self::Object => "jsonobject",
            Self::List => "jsonarray",
        }
    }

    fn read(&self, step: &mut Step<'_>, name: &str) -> Result<Value, Error> {
        let entry = step.entry;
        Ok(match self {
            Self::Text(most) => json!(entry.text(name, *most)?),
            Self::Name(most, refused, message) => {
                let text = entry.text(name, *most)?;
                if text.is_some_and(|text| text.contains(|c: char| refused.contains(c))) {
                    return Err(entry.error(Code::InvalidData, name).message(*message).into());
                }
                json!(text)
            }
            Self::DateTime => match entry.text(name, 40)? {
                None => Value::Null,
                Some(text) => {
                    let at = Instant::parse(text, &step.cx.snapshot.zone);
                    json!(at.ok_or_else(|| entry.wrong_type(name, "datetime"))?.0)
                }
            },
            Self::Flag => json!(entry.flag(name)?.unwrap_or(false)),
            Self::OneOf(supported) => {
                let text = entry.text(name, 250)?;
                if text.is_some_and(|text| !supported.contains(&text)) {
                    return Err(entry.unsupported(name, supported.to_vec()).into());
                }
                json!(text)
            }
            Self::OneOfNames(supported) => {
                let Some(text) = entry.text(name, 250)? else { return Ok(Value::Null) };
                let option = supported.iter().find(|names| names.contains(&text));
                json!(option.ok_or_else(|| entry.unsupported(name, supported.concat()))?[0])
            }
            Self::User => known(step, name, |step, id| {
                step.change
                    .documents()
                    .users
                    .iter()
                    .any(|user: &std::sync::Arc<User>| user.id == id && !user.is_deleted())
            })?,
            Self::Role => known(step, name, |step, id| {
                step.change.documents().roles.iter().any(|role: &std::sync::Arc<Role>| role.id == id)
            })?,
            Self::Profile => known(step, name, |step, id| {
                step.change
                    .documents()
                    .profiles
                    .iter()
                    .any(|profile: &std::sync::Arc<UserProfile>| profile.id == id)
            })?,
            Self::Territory => known(step, name, |step, id| {
                step.change.documents().territories.iter().any(|one: &std::sync::Arc<Territory>| one.id == id)
            })?,
            Self::Setting { kind, make } => reference::read(step, name, kind, *make)?,
            Self::Any => entry.value(name).cloned().unwrap_or_default(),
            Self::Object => match entry.value(name) {
                None => Value::Null,
                Some(value @ Value::Object(_)) => value.clone(),
                Some(_) => return Err(entry.wrong_type(name, "jsonobject").into()),
            },
            Self::List => match entry.value(name) {
                None => Value::Null,
                Some(value @ Value::Array(_)) => value.clone(),
                Some(_) => return Err(entry.wrong_type(name, "jsonarray").into()),
            },
        })
    }
}

fn known(
    step: &mut Step<'_>,
    name: &str,
    is_known: impl Fn(&Step<'_>, Id) -> bool,
) -> Result<Value, ApiError> {
    let Some(id) = step.entry.reference(name)? else { return Ok(Value::Null) };
    if !is_known(step, id) {
        let invalid = step.entry.error(Code::InvalidData, name);
        return Err(invalid.message("the id given seems to be invalid").id(id));
    }
    Ok(json!(id))
}

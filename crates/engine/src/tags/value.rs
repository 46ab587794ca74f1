//! The field `Tag` of records that are written: tags by name or id, stored as ids. A name that no tag of the module
//! has becomes a new one.

use dealwright_schema::Cell;
use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code, Id};
use serde_json::Value;

use super::stored;
use super::tag::{self, PER_RECORD};
use crate::error::Error;
use crate::records::around::Stage;
use crate::records::draft::Draft;
use crate::records::writing::Writing;
use crate::tag_book;
use crate::tag_book::tag::{FIELD, Tag, folded, position};

/// How a tag is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum By {
    Id(Id),
    /// An id that was read from a record; the tag may be gone.
    Held(Id),
    Name(String),
}

/// A tag that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub by: By,
    pub color: Option<&'static str>,
    /// Where it stands in the body.
    pub path: String,
}

/// The stage of tags.
pub(crate) static STAGE: Stage = Stage {
    settle: Some(|tx, pass, drafts| Box::pin(settle(tx, pass.writing, drafts))),
    ..Stage::named("tags")
};

/// Turns the tags of all drafts into ids, with one query for the module's tags. A draft that fails gets its error.
async fn settle(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let Some(at) = position(&writing.module) else { return Ok(()) };
    let sent = |slot: &Result<Draft, ApiError>| matches!(slot, Ok(draft) if matches!(draft.cells[at], Some(Cell::Text(_))));
    if !drafts.iter().any(sent) {
        return Ok(());
    }
    let mut known = stored::of_module(tx, writing.module.id).await?;
    for slot in drafts.iter_mut() {
        let Ok(draft) = slot else { continue };
        let Some(Some(Cell::Text(text))) = draft.cells.get(at) else { continue };
        let path = format!("{}.{FIELD}", draft.path);
        let asked = read(text, &path);
        let found = match asked {
            Ok(asked) if asked.len() > PER_RECORD => Err(too_many(FIELD, path)),
            Ok(asked) => find(tx, writing, &mut known, &asked).await?,
            Err(error) => Err(error),
        };
        match found {
            Ok(tags) => draft.cells[at] = Some(column(&tags).into()),
            Err(error) => *slot = Err(error),
        }
    }
    Ok(())
}

/// What a record's column holds for these tags, each once.
pub(super) fn column(tags: &[Tag]) -> Option<String> {
    let mut ids: Vec<Id> = Vec::with_capacity(tags.len());
    for tag in tags {
        if !ids.contains(&tag.id) {
            ids.push(tag.id);
        }
    }
    tag_book::column(&ids)
}

/// `INVALID_DATA` for more tags than a record can have.
pub(super) fn too_many(name: &str, path: String) -> ApiError {
    ApiError::new(Code::InvalidData).detail("maximum_length", PER_RECORD).field(name, path)
}

fn read(text: &str, path: &str) -> Result<Vec<Asked>, ApiError> {
    let sent: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
    sent.iter().enumerate().map(|(at, one)| asked(one, format!("{path}[{at}]"))).collect()
}

/// One tag of a body: `{"name","color_code"}`, `{"id"}`, a name alone. An id wins over a name.
pub(super) fn asked(value: &Value, path: String) -> Result<Asked, ApiError> {
    let text = |key: &str| value.get(key).filter(|value| !value.is_null());
    let place = |key: &str| format!("{path}.{key}");
    let expected = |key: &str, kind: &str| {
        ApiError::new(Code::InvalidData).detail("expected_data_type", kind).field(key, place(key))
    };
    if let Some(number) = value.as_i64() {
        let id = Id::new(number).ok_or_else(|| expected("id", "bigint"))?;
        return Ok(Asked { by: By::Held(id), color: None, path });
    }
    let color = match text("color_code") {
        None => None,
        Some(given) => {
            let known = given.as_str().and_then(tag::color);
            Some(known.ok_or_else(|| {
                ApiError::new(Code::InvalidData)
                    .detail("supported_values", tag::colors())
                    .field("color_code", place("color_code"))
            })?)
        }
    };
    let by = match (text("id"), text("name").or(Some(value).filter(|value| value.is_string()))) {
        (Some(id), _) => By::Id(serde_json::from_value(id.clone()).map_err(|_| expected("id", "bigint"))?),
        (None, Some(name)) => {
            let name = name.as_str().ok_or_else(|| expected("name", "text"))?.trim();
            if let Some(refused) = tag::refusal(name) {
                return Err(refused.field("name", place("name")));
            }
            By::Name(name.to_owned())
        }
        (None, None) => {
            let fields =
                ["name", "id"].map(|key| serde_json::json!({"api_name": key, "json_path": place(key)}));
            return Err(ApiError::new(Code::ExpectedFieldMissing).detail("expected_fields", fields.to_vec()));
        }
    };
    Ok(Asked { by, color, path })
}

/// The tags that are asked for. Names that are new become tags of the module. `known` are the module's tags.
pub(super) async fn find(
    tx: &mut Conn,
    writing: &Writing,
    known: &mut Vec<Tag>,
    asked: &[Asked],
) -> Result<Result<Vec<Tag>, ApiError>, Error> {
    let mut found: Vec<Tag> = Vec::with_capacity(asked.len());
    for one in asked {
        let there = existing(known, one);
        let tag = match (there, &one.by) {
            (Some(tag), _) => {
                if let Some(error) = other_color(&tag, one) {
                    return Ok(Err(error));
                }
                tag
            }
            (None, By::Held(_)) => continue,
            (None, By::Id(id)) => {
                let error = ApiError::new(Code::TagIdNotFound).id(*id);
                return Ok(Err(error.field("id", format!("{}.id", one.path))));
            }
            (None, By::Name(name)) => match make(tx, writing, known, name, one.color).await? {
                Ok(tag) => tag,
                Err(error) => return Ok(Err(error.field("name", format!("{}.name", one.path)))),
            },
        };
        found.push(tag);
    }
    Ok(Ok(found))
}

/// The tag of the module that is meant, if it has it.
pub(super) fn existing(known: &[Tag], asked: &Asked) -> Option<Tag> {
    let found = match &asked.by {
        By::Id(id) | By::Held(id) => known.iter().find(|tag| tag.id == *id),
        By::Name(name) => {
            let wanted = folded(name);
            known.iter().find(|tag| folded(&tag.name) == wanted)
        }
    };
    found.cloned()
}

/// `MAPPING_MISMATCH`: a tag of that name has another colour.
fn other_color(tag: &Tag, asked: &Asked) -> Option<ApiError> {
    let color = asked.color.filter(|color| tag.color.as_deref() != Some(*color))?;
    let error = ApiError::new(Code::MappingMismatch)
        .message(format!("the tag has another colour than {color}"))
        .detail("mapped_field", "name")
        .field("color_code", format!("{}.color_code", asked.path));
    Some(error.id(tag.id))
}

async fn make(
    tx: &mut Conn,
    writing: &Writing,
    known: &mut Vec<Tag>,
    name: &str,
    color: Option<&'static str>,
) -> Result<Result<Tag, ApiError>, Error> {
    let new = Tag {
        id: writing.mint.next(),
        module: writing.module.id,
        name: name.to_owned(),
        color: color.map(str::to_owned),
        created_by: writing.user.get(),
        created_time: writing.now.0,
        modified_by: writing.user.get(),
        modified_time: writing.now.0,
        used_time: None,
    };
    let made = stored::create(tx, known, new).await?;
    if let Ok(tag) = &made {
        // Before the commit, so that no reader can meet a record with a tag that has no name yet.
        writing.snapshot.tags.put(tag.clone());
    }
    Ok(made)
}

//! `settings/tags`: the tags of a module.

use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_store::{Conn, Weight};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Map, Value, json};

use super::stored;
use super::tag::{self, LONGEST, PER_MODULE};
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::metadata::{module_param, path_id};
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::{self, Entry};
use crate::tag_book::tag::{Tag, folded};

const KEY: &str = "tags";

/// The tags of a module, oldest first; 204 when it has none. `my_tags=true` keeps those that the caller made;
/// `include` adds how many records carry each, and when it was last put on one.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = Arc::clone(module_param(&cx.snapshot, request)?);
        let grant = super::grant(cx, &module, Action::View, false)?;
        let mine = request.params.flag("my_tags")?.unwrap_or(false);
        let include = request.params.list("include").unwrap_or_default();
        let counted = include.contains(&"associated_record_count");
        let used = include.contains(&"last_accessed_time");
        let id = module.id;
        let (tags, counts) = cx
            .org
            .store
            .read(if counted { Weight::Scan } else { Weight::Point }, move |conn| {
                Box::pin(async move {
                    let tags = stored::of_module(conn, id).await?;
                    let counts = if counted { Some(stored::counts(conn, &grant).await?) } else { None };
                    Ok::<_, Error>((tags, counts))
                })
            })
            .await?;
        let me = cx.user_id().get();
        let shown = tags.iter().filter(|tag| !mine || tag.created_by == me).map(|tag| {
            let mut keys = tag::described(tag, cx);
            if let Some(counts) = &counts {
                let count = counts.get(&tag.id).copied().unwrap_or_default();
                keys.insert("associated_record_count".to_owned(), json!(count));
            }
            if used {
                let time =
                    tag.used_time.map(|seconds| dealwright_wire::Instant(seconds).text(&cx.snapshot.zone));
                keys.insert("last_accessed_time".to_owned(), json!(time));
            }
            Value::Object(keys)
        });
        let shown: Vec<Value> = shown.collect();
        if shown.is_empty() {
            return Ok(Reply::nothing());
        }
        let info = json!({"count": shown.len(), "allowed_count": PER_MODULE});
        Ok(Reply::value(200, &json!({KEY: shown, "info": info})))
    })
}

/// Makes tags: 201, each with an answer of its own.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = Arc::clone(module_param(&cx.snapshot, request)?);
        super::grant(cx, &module, Action::View, true)?;
        let entries = entry::parse(request, KEY, PER_MODULE)?;
        let drafts: Vec<Result<Change, ApiError>> =
            entries.iter().enumerate().map(|(at, keys)| change(keys, at, None)).collect();
        let (author, mint) = (Author::of(cx), cx.org.mint.clone());
        let results = cx
            .org
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut known = stored::of_module(tx, module.id).await?;
                    let mut results = Vec::with_capacity(drafts.len());
                    for draft in drafts {
                        results.push(match draft {
                            Ok(draft) => {
                                let tag = draft.new_tag(mint.next(), module.id, &author);
                                make(tx, &mut known, &draft, tag).await?
                            }
                            Err(error) => Err(error),
                        });
                    }
                    Ok::<_, Error>(results)
                })
            })
            .await?;
        Ok(reply(cx, 201, "tags created successfully", results))
    })
}

async fn make(
    tx: &mut Conn,
    known: &mut Vec<Tag>,
    draft: &Change,
    tag: Option<Tag>,
) -> Result<Result<Tag, ApiError>, Error> {
    let Some(tag) = tag else { return Ok(Err(draft.missing("name"))) };
    if let Some(other) = draft.clash(known, None) {
        return Ok(Err(draft.duplicate(other)));
    }
    let made = stored::create(tx, known, tag).await?;
    Ok(made.map_err(|error| error.field(KEY, "$.tags".to_owned())))
}

/// Changes tags by the `id` of each entry, or the one of the path. Their records show the change at once.
pub fn update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = Arc::clone(module_param(&cx.snapshot, request)?);
        super::grant(cx, &module, Action::View, true)?;
        let single = match request.segment(0) {
            "" => None,
            _ => Some(path_id(request, 0, 2)?),
        };
        let entries = entry::parse(request, KEY, if single.is_some() { 1 } else { PER_MODULE })?;
        let drafts: Vec<Result<Change, ApiError>> =
            entries.iter().enumerate().map(|(at, keys)| change(keys, at, single)).collect();
        let author = Author::of(cx);
        let results = cx
            .org
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let mut known = stored::of_module(tx, module.id).await?;
                    let mut results = Vec::with_capacity(drafts.len());
                    for draft in drafts {
                        results.push(match draft.and_then(|draft| draft.apply(&known, &author)) {
                            Ok(tag) => {
                                stored::update(tx, &tag).await?;
                                known
                                    .iter_mut()
                                    .filter(|other| other.id == tag.id)
                                    .for_each(|other| *other = tag.clone());
                                Ok(tag)
                            }
                            Err(error) => Err(error),
                        });
                    }
                    Ok::<_, Error>(results)
                })
            })
            .await?;
        Ok(reply(cx, 200, "tags updated successfully", results))
    })
}

/// Deletes a tag; no record carries it any more.
pub fn delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = path_id(request, 0, 2)?;
        let (tag, module) = owned(cx, id).await?;
        let gone = tag.clone();
        cx.org
            .store
            .write(move |tx| Box::pin(async move { Ok::<_, Error>(stored::delete(tx, &module, id).await?) }))
            .await?;
        cx.snapshot.tags.forget(&[id]);
        Ok(outcome::reply_under(cx, KEY, 200, vec![said(cx, "tags deleted successfully", &gone)]))
    })
}

/// The tag of the path takes over the records of the tag that `conflict_id` names, which is deleted.
pub fn merge<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = path_id(request, 0, 2)?;
        let entries = entry::parse(request, KEY, 1)?;
        let entry = Entry::of_list(&entries[0], KEY, 0);
        let conflict = entry.id("conflict_id")?.ok_or_else(|| entry.missing("conflict_id"))?;
        let (mut tag, module) = owned(cx, id).await?;
        let other = find(cx, conflict).await?.filter(|other| other.module == tag.module && conflict != id);
        if other.is_none() {
            return Err(entry.error(Code::InvalidData, "conflict_id").message("invalid tag id").into());
        }
        let author = Author::of(cx);
        (tag.modified_by, tag.modified_time) = (author.user, author.now);
        let merged = tag.clone();
        cx.org
            .store
            .write(move |tx| {
                Box::pin(async move {
                    stored::absorb(tx, &module, conflict, id).await?;
                    stored::update(tx, &merged).await?;
                    Ok::<_, Error>(())
                })
            })
            .await?;
        cx.snapshot.tags.forget(&[conflict]);
        cx.snapshot.tags.put(tag.clone());
        Ok(outcome::reply_under(cx, KEY, 200, vec![said(cx, "tags updated successfully", &tag)]))
    })
}

/// `{"count":"12"}`: how many records of the module carry the tag.
pub fn records_count<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = Arc::clone(module_param(&cx.snapshot, request)?);
        let grant = super::grant(cx, &module, Action::View, false)?;
        let id = path_id(request, 0, 2)?;
        if find(cx, id).await?.is_none_or(|tag| tag.module != module.id) {
            return Err(not_found(id).into());
        }
        let count = cx
            .org
            .store
            .read(Weight::Scan, move |conn| {
                Box::pin(async move { Ok::<_, Error>(stored::count(conn, &grant, id).await?) })
            })
            .await?;
        Ok(Reply::value(200, &json!({"count": count.to_string()})))
    })
}

/// Who changes tags, and when.
struct Author {
    user: i64,
    now: i64,
}

impl Author {
    fn of(cx: &Cx) -> Self {
        Self { user: cx.user_id().get(), now: cx.org.clock.now().0 }
    }
}

/// What an entry of a body says about a tag.
struct Change {
    at: usize,
    id: Option<Id>,
    name: Option<String>,
    color: Color,
}

/// What an entry says about the colour.
#[derive(Clone, Copy)]
enum Color {
    Kept,
    Cleared,
    Is(&'static str),
}

fn change(keys: &Map<String, Value>, at: usize, single: Option<Id>) -> Result<Change, ApiError> {
    let entry = Entry::of_list(keys, KEY, at);
    let name = entry.text("name", LONGEST)?;
    if let Some(refused) = name.and_then(tag::refusal) {
        let mut error = entry.error(refused.code, "name");
        error.details.extend(refused.details);
        return Err(error);
    }
    let color = match entry.text("color_code", 10)? {
        Some(text) => {
            let known = tag::color(text).ok_or_else(|| entry.unsupported("color_code", tag::colors()))?;
            Color::Is(known)
        }
        None if entry.names("color_code") => Color::Cleared,
        None => Color::Kept,
    };
    let id = match (single, entry.id("id")?) {
        (Some(path), Some(body)) if path != body => {
            return Err(entry.error(Code::AmbiguityDuringProcessing, "id"));
        }
        (path, body) => path.or(body),
    };
    Ok(Change { at, id, name: name.map(str::to_owned), color })
}

impl Change {
    fn place(&self, key: &str) -> String {
        format!("$.tags[{}].{key}", self.at)
    }

    fn missing(&self, key: &str) -> ApiError {
        ApiError::new(Code::MandatoryNotFound).field(key, self.place(key))
    }

    fn new_tag(&self, id: Id, module: Id, author: &Author) -> Option<Tag> {
        Some(Tag {
            id,
            module,
            name: self.name.clone()?,
            color: match self.color {
                Color::Is(color) => Some(color.to_owned()),
                Color::Kept | Color::Cleared => None,
            },
            created_by: author.user,
            created_time: author.now,
            modified_by: author.user,
            modified_time: author.now,
            used_time: None,
        })
    }

    /// The other tag of the module that has the name.
    fn clash(&self, known: &[Tag], own: Option<Id>) -> Option<Id> {
        let wanted = folded(self.name.as_deref()?);
        known
            .iter()
            .find(|other| Some(other.id) != own && folded(&other.name) == wanted)
            .map(|other| other.id)
    }

    fn duplicate(&self, other: Id) -> ApiError {
        ApiError::new(Code::DuplicateData).id(other).field("name", self.place("name"))
    }

    fn apply(&self, known: &[Tag], author: &Author) -> Result<Tag, ApiError> {
        let id = self.id.ok_or_else(|| self.missing("id"))?;
        let found = known.iter().find(|tag| tag.id == id).cloned();
        let mut tag = found.ok_or_else(|| not_found(id).field("id", self.place("id")))?;
        if let Some(other) = self.clash(known, Some(id)) {
            return Err(self.duplicate(other));
        }
        if let Some(name) = &self.name {
            tag.name.clone_from(name);
        }
        match self.color {
            Color::Kept => {}
            Color::Cleared => tag.color = None,
            Color::Is(color) => tag.color = Some(color.to_owned()),
        }
        (tag.modified_by, tag.modified_time) = (author.user, author.now);
        Ok(tag)
    }
}

/// `INVALID_DATA` for a tag that is not there.
pub(super) fn not_found(id: Id) -> ApiError {
    ApiError::new(Code::InvalidData).message("tags not found").id(id)
}

async fn find(cx: &Cx, id: Id) -> Result<Option<Tag>, Error> {
    let found = cx
        .org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move { Ok::<_, Error>(stored::by_ids(conn, &[id]).await?) })
        })
        .await?;
    Ok(found.into_iter().next())
}

/// A tag and its module, for callers who may change it.
async fn owned(cx: &Cx, id: Id) -> Result<(Tag, Arc<ModuleDef>), Error> {
    let tag = find(cx, id).await?.ok_or_else(|| not_found(id))?;
    let module = cx.snapshot.schema.module_by_id(tag.module).cloned().ok_or_else(|| not_found(id))?;
    super::grant(cx, &module, Action::View, true)?;
    Ok((tag, module))
}

fn said(cx: &Cx, message: &'static str, tag: &Tag) -> Outcome {
    Outcome::Said(Said { details: tag::described(tag, cx), ..Said::new(message) })
}

/// The answer for each entry; what was done is known to all readers from now on.
fn reply(cx: &Cx, ok: u16, message: &'static str, results: Vec<Result<Tag, ApiError>>) -> Reply {
    let outcomes = results.into_iter().map(|result| match result {
        Ok(tag) => {
            let outcome = said(cx, message, &tag);
            cx.snapshot.tags.put(tag);
            outcome
        }
        Err(error) => Outcome::Failed(error),
    });
    outcome::reply_under(cx, KEY, ok, outcomes.collect())
}

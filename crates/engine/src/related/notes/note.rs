//! A note on its way in: what it is about, and that it says something.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::{ApiError, Code, Id, Profile};
use serde_json::json;
use serde_json::value::RawValue;

use super::PARENT;
use crate::access::Action;
use crate::cx::Cx;
use crate::records::draft::{self, Draft, Pending, PendingBy};
use crate::records::parent::Parent;

/// What a note says, by position of its fields: title and content.
pub(super) fn says(module: &ModuleDef) -> [Option<usize>; 2] {
    ["Note_Title", "Note_Content"].map(|name| module.field_index(name))
}

/// Reads new notes. With a `parent` in the path, what the body says of the parent is passed over.
pub(super) fn new(
    cx: &Cx,
    module: &ModuleDef,
    records: &[&RawValue],
    parent: Option<&Parent>,
) -> Vec<Result<Draft, ApiError>> {
    let field = module.field_index(PARENT);
    let passed_over: Vec<usize> = field.filter(|_| parent.is_some()).into_iter().collect();
    let mut drafts = draft::drafts_without(cx, module, records, &passed_over);
    for slot in &mut drafts {
        let Ok(draft) = slot else { continue };
        draft.id = None;
        if let (Some(parent), Some(at)) = (parent, field) {
            let by = PendingBy::Id(parent.id);
            draft.references.push(Pending { field: at, target: parent.grant.module.id, by });
        }
        let checked = sees_parent(cx, draft).and_then(|()| says_something(cx.profile, module, draft, None));
        if let Err(error) = checked {
            *slot = Err(error);
        }
    }
    drafts
}

/// Reads changes of notes. A note stays with its parent: clients send the parent back as they read it.
pub(super) fn changes(
    cx: &Cx,
    module: &ModuleDef,
    records: &[&RawValue],
    id: Option<Id>,
) -> Vec<Result<Draft, ApiError>> {
    let passed_over: Vec<usize> = module.field_index(PARENT).into_iter().collect();
    let mut drafts = draft::drafts_without(cx, module, records, &passed_over);
    for slot in &mut drafts {
        let Ok(draft) = slot else { continue };
        draft.id = id.or(draft.id);
        if draft.id.is_none() {
            *slot = Err(ApiError::new(Code::MandatoryNotFound).field("id", format!("{}.id", draft.path)));
        }
    }
    drafts
}

/// A note can only be put on records of a module that the caller sees.
fn sees_parent(cx: &Cx, draft: &Draft) -> Result<(), ApiError> {
    for pending in &draft.references {
        if let Some(module) = cx.snapshot.schema.module_by_id(pending.target) {
            cx.grant(module, Action::View)?;
        }
    }
    Ok(())
}

/// A note has a title or content; in older versions it has content. `old` are the stored values of a note that is
/// changed.
pub(super) fn says_something(
    profile: &Profile,
    module: &ModuleDef,
    draft: &Draft,
    old: Option<&[Option<Cell<'static>>]>,
) -> Result<(), ApiError> {
    let filled = |at: Option<usize>| {
        let Some(at) = at else { return false };
        let value = draft.cells[at].as_ref().or_else(|| old?[at].as_ref());
        value.and_then(Cell::as_text).is_some_and(|text| !text.trim().is_empty())
    };
    let [title, content] = says(module);
    if filled(content) || (filled(title) && !profile.notes_need_content) {
        return Ok(());
    }
    let at = |name: &str| json!({"api_name": name, "json_path": format!("{}.{name}", draft.path)});
    if profile.notes_need_content {
        return Err(ApiError::new(Code::MandatoryNotFound)
            .field("Note_Content", format!("{}.Note_Content", draft.path)));
    }
    Err(ApiError::new(Code::ExpectedFieldMissing)
        .message("should contain either content or title")
        .detail("expected_fields", vec![at("Note_Title"), at("Note_Content")]))
}

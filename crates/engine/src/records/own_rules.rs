//! What single modules ask of their records, beyond the types of their fields: how long calls took (`calls`), comments
//! of cases and solutions, moves of appointments (`rescheduling`), rows inside the values of price books and consents.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::ApiError;
use serde_json::{Value, json};

use crate::records::draft::Draft;
use crate::records::writing::Writing;
use crate::records::{calls, rescheduling};

/// Values as they are stored, by field position.
type Old<'a> = Option<&'a [Option<Cell<'static>>]>;

/// Fields whose stored values the rules look at, so that an update reads them along.
pub(crate) fn sources(module: &ModuleDef) -> Vec<usize> {
    const NAMES: [&str; 3] = ["Comments", "Pricing_Details", "No_of_comments"];
    NAMES.iter().chain(&calls::SOURCES).filter_map(|name| module.field_index(name)).collect()
}

/// Applies the rules of the module to a draft whose references are settled.
pub(crate) fn apply(writing: &Writing, draft: &mut Draft, old: Old<'_>) -> Result<(), ApiError> {
    let module = &writing.module;
    if module.is_of_calls() {
        calls::apply(module, draft, old, writing.now)?;
    } else if module.has_comments() {
        comment(writing, draft, old);
    } else if module.is_of_price_books() {
        number(writing, draft, old, "Pricing_Details");
    } else if module.is_of_people() {
        consent(writing, draft);
    } else if let Some(old) = old.filter(|_| module.is_of_appointments()) {
        rescheduling::note(writing, draft, old);
    }
    Ok(())
}

/// A text in `Add_Comment` or `Comments` becomes one more comment, signed by the caller.
fn comment(writing: &Writing, draft: &mut Draft, old: Old<'_>) {
    let module = &writing.module;
    let Some(list) = module.field_index("Comments") else { return };
    let mut new: Vec<String> = Vec::new();
    if let Some(Some(Cell::Text(text))) = draft.cells.get(list) {
        let sent: Vec<Value> = serde_json::from_str(text).unwrap_or_default();
        // What a copied record brings along has its ids.
        if sent.iter().any(|one| one.get("id").is_some()) {
            return;
        }
        new.extend(sent.iter().filter_map(|one| one["comment_content"].as_str()).map(str::to_owned));
    }
    if let Some(add) = module.field_index("Add_Comment")
        && let Some(cell) = draft.cells[add].take()
    {
        new.extend(cell.as_text().map(str::to_owned));
    }
    draft.cells[list] = None;
    if new.is_empty() {
        return;
    }
    let stored = old.and_then(|old| old[list].as_ref()).and_then(Cell::as_text);
    let mut comments: Vec<Value> =
        stored.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let author = writing.snapshot.user(writing.user).map(|user| user.full_name());
    comments.extend(new.into_iter().map(|text| {
        json!({
            "commented_by": author,
            "commented_time": writing.now.text(&writing.snapshot.zone),
            "comment_content": text,
            "id": writing.mint.next(),
        })
    }));
    if let Some(count) = module.field_index("No_of_comments") {
        draft.cells[count] = Some((comments.len() as i64).into());
    }
    draft.cells[list] = Some(Value::Array(comments).to_string().into());
}

/// Gives the entries of a list ids: those that the record has stay, all others are new.
fn number(writing: &Writing, draft: &mut Draft, old: Old<'_>, name: &str) {
    let Some(at) = writing.module.field_index(name) else { return };
    let Some(Some(Cell::Text(text))) = draft.cells.get(at) else { return };
    let Ok(mut entries) = serde_json::from_str::<Vec<Value>>(text) else { return };
    let stored = old.and_then(|old| old[at].as_ref()).and_then(Cell::as_text);
    let stored: Vec<Value> = stored.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    for entry in &mut entries {
        let id = entry["id"].clone();
        if id.is_null() || !stored.iter().any(|one| one["id"] == id) {
            entry["id"] = json!(writing.mint.next());
        }
    }
    draft.cells[at] = Some(Value::Array(entries).to_string().into());
}

/// A consent has an id, and belongs to who gave it to us.
fn consent(writing: &Writing, draft: &mut Draft) {
    let Some(at) = writing.module.field_index("Data_Processing_Basis_Details") else { return };
    let Some(Some(Cell::Text(text))) = draft.cells.get(at) else { return };
    let Ok(mut consent) = serde_json::from_str::<Value>(text) else { return };
    if !consent.is_object() {
        return;
    }
    if consent["id"].is_null() {
        consent["id"] = json!(writing.mint.next());
    }
    let owner =
        writing.snapshot.user(writing.user).map(|user| json!({"name": user.full_name(), "id": user.id}));
    consent["Owner"] = json!(owner);
    draft.cells[at] = Some(consent.to_string().into());
}

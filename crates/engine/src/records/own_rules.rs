//! What single modules ask of their records, beyond the types of their fields: how long calls took, comments of cases
//! and solutions, rows inside the values of price books and consents.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::{ApiError, Code};
use serde_json::{Value, json};

use crate::records::draft::Draft;
use crate::records::writing::Writing;

/// Values as they are stored, by field position.
type Old<'a> = Option<&'a [Option<Cell<'static>>]>;

/// Fields whose stored values the rules look at, so that an update reads them along.
pub(crate) fn sources(module: &ModuleDef) -> Vec<usize> {
    const NAMES: [&str; 6] = [
        "Call_Type",
        "Call_Duration",
        "Call_Duration_in_seconds",
        "Comments",
        "Pricing_Details",
        "No_of_comments",
    ];
    NAMES.iter().filter_map(|name| module.field_index(name)).collect()
}

/// What stands in for a mandatory value, before it is asked whether all are there.
pub(crate) fn complete(module: &ModuleDef, draft: &mut Draft) {
    // How long a call took may be told in seconds alone.
    if module.api_name == "Calls"
        && let (Some(text), Some(seconds)) =
            (module.field_index("Call_Duration"), module.field_index("Call_Duration_in_seconds"))
        && draft.cells[text].is_none()
        && let Some(Cell::Int(length)) = draft.cells[seconds]
    {
        draft.cells[text] = Some(format!("{:02}:{:02}", length / 60, length % 60).into());
    }
}

/// Applies the rules of the module to a draft whose references are settled.
pub(crate) fn apply(writing: &Writing, draft: &mut Draft, old: Old<'_>) -> Result<(), ApiError> {
    match writing.module.api_name.as_str() {
        "Calls" => call(&writing.module, draft, old)?,
        "Cases" | "Solutions" => comment(writing, draft, old),
        "Price_Books" => number(writing, draft, old, "Pricing_Details"),
        "Leads" | "Contacts" => consent(writing, draft),
        _ => {}
    }
    Ok(())
}

/// The duration is `mm:ss` or `hh:mm:ss`, and only a missed call may have taken no time.
fn call(module: &ModuleDef, draft: &mut Draft, old: Old<'_>) -> Result<(), ApiError> {
    let (Some(kind), Some(text), Some(seconds)) = (
        module.field_index("Call_Type"),
        module.field_index("Call_Duration"),
        module.field_index("Call_Duration_in_seconds"),
    ) else {
        return Ok(());
    };
    if draft.cells[text].is_none() && draft.cells[seconds].is_some() {
        complete(module, draft);
    }
    if draft.cells[text].is_none() && draft.cells[kind].is_none() {
        return Ok(());
    }
    let field = &module.fields()[text];
    let value = |at: usize| draft.cells[at].as_ref().or_else(|| old.and_then(|old| old[at].as_ref()));
    let Some(duration) = value(text).and_then(Cell::as_text) else { return Ok(()) };
    let length = length(duration).ok_or_else(|| {
        ApiError::new(Code::InvalidData)
            .detail("regex", "^[0-9]+:[0-5][0-9](:[0-5][0-9])?$")
            .field(&field.api_name, draft.path_of(field))
    })?;
    let takes_time =
        value(kind).and_then(Cell::as_text).is_some_and(|kind| matches!(kind, "Inbound" | "Outbound"));
    if takes_time && length == 0 {
        let dependee = &module.fields()[kind];
        return Err(ApiError::new(Code::DependentMismatch)
            .message("Call Duration can not be zero.")
            .detail("dependee", json!({"api_name": dependee.api_name, "json_path": draft.path_of(dependee)}))
            .field(&field.api_name, draft.path_of(field)));
    }
    draft.cells[seconds] = Some(length.into());
    Ok(())
}

/// Seconds of `mm:ss` or `hh:mm:ss`.
fn length(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split(':').collect();
    let number = |part: &str, most: i64| {
        let digits = !part.is_empty() && part.len() <= 5 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|number: &i64| digits && *number <= most)
    };
    match parts.as_slice() {
        [minutes, seconds] => Some(number(minutes, 99_999)? * 60 + number(seconds, 59)?),
        [hours, minutes, seconds] => {
            Some(number(hours, 9_999)? * 3_600 + number(minutes, 59)? * 60 + number(seconds, 59)?)
        }
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in
            [("05:30", Some(330)), ("0:00", Some(0)), ("1:02:03", Some(3_723)), ("120:00", Some(7_200))]
        {
            assert_eq!(length(text), seconds, "{text}");
        }
        for bad in ["", "5", "05:60", "a:b", "1:2:3:4", "-1:00", ":"] {
            assert_eq!(length(bad), None, "{bad}");
        }
    }
}

//! Calls: which of them have a length, the forms it comes in, and the two fields that say what becomes of an outgoing
//! call.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_wire::{ApiError, Code, Instant};
use serde_json::json;

use crate::records::draft::Draft;

/// Values as they are stored, by field position.
type Old<'a> = Option<&'a [Option<Cell<'static>>]>;

/// Fields whose stored values the rules look at.
pub(crate) const SOURCES: [&str; 6] = [
    "Call_Type",
    "Call_Start_Time",
    "Call_Duration",
    "Call_Duration_in_seconds",
    "Outgoing_Call_Status",
    "Outbound_Call_Status",
];

/// Outgoing calls of these states have not taken place.
const AHEAD: [&str; 3] = ["Scheduled", "Overdue", "Cancelled"];
const TAKEN_PLACE: &str = "Completed";

/// Longest length, in seconds: what `hh:mm:ss` has digits for.
const LONGEST: i64 = 9_999 * 3_600 + 3_599;

/// Positions of the fields.
struct Fields {
    kind: usize,
    start: usize,
    text: usize,
    seconds: usize,
    /// What becomes of an outgoing call, by the name that all versions have.
    outgoing: Option<usize>,
    /// The same by the name that the published fields of v8 have.
    outbound: Option<usize>,
}

impl Fields {
    fn of(module: &ModuleDef) -> Option<Self> {
        let at = |name: &str| module.field_index(name);
        module.is_of_calls().then_some(())?;
        Some(Self {
            kind: at("Call_Type")?,
            start: at("Call_Start_Time")?,
            text: at("Call_Duration")?,
            seconds: at("Call_Duration_in_seconds")?,
            outgoing: at("Outgoing_Call_Status"),
            outbound: at("Outbound_Call_Status"),
        })
    }

    /// True for a call that has a length: one that somebody took part in, and that is over.
    fn takes_place<'c>(&self, value: impl Fn(usize) -> Option<&'c Cell<'static>>, now: Instant) -> bool {
        let text = |at: usize| value(at).and_then(Cell::as_text);
        let status = self.outgoing.and_then(text).or_else(|| self.outbound.and_then(text));
        let is_over = match value(self.start) {
            Some(Cell::Instant(start)) => *start <= now,
            _ => true,
        };
        text(self.kind).is_some_and(|kind| matches!(kind, "Inbound" | "Outbound"))
            && match status {
                Some(TAKEN_PLACE) => true,
                Some(status) if AHEAD.contains(&status) => false,
                _ => is_over,
            }
    }
}

/// True for the mandatory field that only calls have that took place: [`apply`] asks for it.
pub(crate) fn has_own_demand(module: &ModuleDef, field: usize) -> bool {
    module.is_of_calls() && module.fields()[field].api_name == "Call_Duration"
}

/// A length that is told in seconds alone, and the status under its other name.
fn complete(module: &ModuleDef, fields: &Fields, draft: &mut Draft) {
    if draft.cells[fields.text].is_none()
        && let Some(Cell::Int(length)) = draft.cells[fields.seconds]
    {
        draft.cells[fields.text] = Some(written(length).into());
    }
    let (Some(outgoing), Some(outbound)) = (fields.outgoing, fields.outbound) else { return };
    let (older, newer) = (draft.cells[outgoing].clone(), draft.cells[outbound].clone());
    match (older, newer) {
        (None, Some(status)) => draft.cells[outgoing] = Some(status),
        (Some(status), None) => {
            let status = match status.as_text() {
                // A call that is overdue is still planned; there is no word for one that was called off.
                Some("Overdue") => Cell::from("Scheduled".to_owned()),
                Some(text) if module.fields()[outbound].pick_value(text).is_none() => Cell::Null,
                _ => status,
            };
            draft.cells[outbound] = Some(status);
        }
        _ => {}
    }
}

/// The length is `mm:ss`, `hh:mm:ss` or a number of seconds. A call that took place has one that is not zero; one that
/// was missed or lies ahead may have none.
pub(crate) fn apply(
    module: &ModuleDef,
    draft: &mut Draft,
    old: Old<'_>,
    now: Instant,
) -> Result<(), ApiError> {
    let Some(fields) = Fields::of(module) else { return Ok(()) };
    complete(module, &fields, draft);
    let named = [Some(fields.kind), Some(fields.text), fields.outgoing, fields.outbound];
    let is_named = named.into_iter().flatten().any(|at| draft.cells[at].is_some());
    if old.is_some() && !is_named {
        return Ok(());
    }
    let before =
        |at: usize| old.and_then(|old| old[at].as_ref()).filter(|cell: &&Cell<'static>| !cell.is_null());
    let value = |at: usize| match &draft.cells[at] {
        Some(cell) => Some(cell).filter(|cell| !cell.is_null()),
        None => before(at),
    };
    let field = &module.fields()[fields.text];
    let takes_place = fields.takes_place(value, now);
    let Some(duration) = value(fields.text).and_then(Cell::as_text) else {
        // Time alone makes no call incomplete: whoever changes something else about it is not asked.
        let is_new = old.is_none() || before(fields.text).is_some() || !fields.takes_place(before, now);
        if takes_place && is_new {
            return Err(draft.mandatory(field));
        }
        if draft.cells[fields.text].is_some() {
            draft.cells[fields.seconds] = Some(Cell::Null);
        }
        return Ok(());
    };
    let length = length(duration).ok_or_else(|| {
        ApiError::new(Code::InvalidData)
            .detail("regex", "^[0-9]+(:[0-5][0-9]){0,2}$")
            .field(&field.api_name, draft.path_of(field))
    })?;
    let has_somebody =
        value(fields.kind).and_then(Cell::as_text).is_some_and(|kind| matches!(kind, "Inbound" | "Outbound"));
    let is_planned = [fields.outgoing, fields.outbound]
        .into_iter()
        .flatten()
        .any(|at| value(at).and_then(Cell::as_text).is_some_and(|status| AHEAD.contains(&status)));
    if length == 0 && has_somebody && !is_planned {
        let dependee = &module.fields()[fields.kind];
        return Err(ApiError::new(Code::DependentMismatch)
            .message("Call Duration can not be zero.")
            .detail("dependee", json!({"api_name": dependee.api_name, "json_path": draft.path_of(dependee)}))
            .field(&field.api_name, draft.path_of(field)));
    }
    if !duration.contains(':') {
        draft.cells[fields.text] = Some(written(length).into());
    }
    draft.cells[fields.seconds] = Some(length.into());
    Ok(())
}

/// Seconds as `mm:ss`.
fn written(seconds: i64) -> String {
    format!("{:02}:{:02}", seconds / 60, seconds % 60)
}

/// Seconds of `mm:ss`, of `hh:mm:ss`, or of a bare number, which is what telephony programs count.
fn length(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let number = |part: &str, most: i64| {
        let digits = !part.is_empty() && part.len() <= 8 && part.bytes().all(|b| b.is_ascii_digit());
        part.parse().ok().filter(|number: &i64| digits && *number <= most)
    };
    match parts.as_slice() {
        [seconds] => number(seconds, LONGEST),
        [minutes, seconds] => Some(number(minutes, 99_999)? * 60 + number(seconds, 59)?),
        [hours, minutes, seconds] => {
            Some(number(hours, 9_999)? * 3_600 + number(minutes, 59)? * 60 + number(seconds, 59)?)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::length;

    #[test]
    fn durations_are_read() {
        for (text, seconds) in [
            ("05:30", Some(330)),
            ("0:00", Some(0)),
            ("1:02:03", Some(3_723)),
            ("120:00", Some(7_200)),
            ("145", Some(145)),
            ("0", Some(0)),
        ] {
            assert_eq!(length(text), seconds, "{text}");
        }
        for bad in ["", "05:60", "a:b", "1:2:3:4", "-1:00", ":", "-5", "12.5", "999999999", "１２"] {
            assert_eq!(length(bad), None, "{bad}");
        }
    }
}

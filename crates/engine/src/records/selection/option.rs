//! Options of picklists as they are shown.

use dealwright_schema::FieldDef;
use dealwright_wire::json;

use crate::taxes as org_taxes;

/// Stored values of options and the JSON they are shown as.
pub(super) type Labels = Box<[(Box<str>, Box<[u8]>)]>;

/// How an option that the field does not have is shown.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Unlisted {
    Text,
    /// `{"id":null,"value"}`
    Tax,
}

/// True for picklists of which an option is shown as something else than what is stored.
pub(super) fn is_relabelled(field: &FieldDef) -> bool {
    field.pick_list_values.iter().any(|option| option.display_value != option.actual_value)
}

pub(super) fn labels(field: &FieldDef) -> Labels {
    let label = |shown: &str| {
        let mut out = Vec::new();
        json::string(&mut out, shown);
        out.into_boxed_slice()
    };
    let options = field.pick_list_values.iter();
    options.map(|option| (option.actual_value.as_str().into(), label(&option.display_value))).collect()
}

pub(super) fn taxes(field: &FieldDef) -> Labels {
    let options = field.pick_list_values.iter().map(|option| {
        let mut out = Vec::new();
        json::value(&mut out, &serde_json::json!({"id": option.id, "value": org_taxes::shown(option)}));
        (option.actual_value.as_str().into(), out.into_boxed_slice())
    });
    options.collect()
}

pub(super) fn write_option(stored: &str, labels: &Labels, unlisted: Unlisted, out: &mut Vec<u8>) {
    match (labels.iter().find(|(actual, _)| **actual == *stored), unlisted) {
        (Some((_, shown)), _) => out.extend_from_slice(shown),
        (None, Unlisted::Text) => json::string(out, stored),
        (None, Unlisted::Tax) => json::value(out, &serde_json::json!({"id": null, "value": stored})),
    }
}

/// Reminders as the oldest clients read them: `[{"unit":"15","period":"minutes"}]`.
pub(super) fn write_text_units(stored: &str, out: &mut Vec<u8>) {
    let mut reminders: serde_json::Value = serde_json::from_str(stored).unwrap_or_default();
    for reminder in reminders.as_array_mut().into_iter().flatten() {
        if let Some(unit) = reminder.get_mut("unit").filter(|unit| unit.is_i64()) {
            *unit = unit.to_string().into();
        }
    }
    json::value(out, &reminders);
}

//! A record's process in its wire form. Source: "Get blueprint" of the published API.

use dealwright_schema::ModuleDef;
use serde_json::{Value, json};

use super::process::{Process, Transition};
use super::record::Place;
use crate::cx::Cx;
use crate::metadata::{Reader, field};

/// What a transition is called that a person carries out; there are no others here.
const MANUAL: &str = "manual";

/// `now` holds the record's values of the fields that transitions ask for.
pub(super) fn process(cx: &Cx, module: &ModuleDef, place: &Place, now: &Value) -> Value {
    let Process { id, name, field, is_continuous, .. } = &place.process;
    let field = &module.fields()[*field];
    let option = field.pick_value(&place.state);
    let reader = Reader::of(cx);
    let transitions: Vec<Value> = place
        .transitions()
        .enumerate()
        .map(|(sequence, (transition, holds))| {
            shown(&reader, module, &place.process, transition, holds, sequence + 1, now)
        })
        .collect();
    json!({ "blueprint": {
        "process_info": {
            "field_id": field.id,
            "is_continuous": is_continuous,
            "api_name": field.api_name,
            "continuous": is_continuous,
            "field_label": field.field_label,
            "name": name,
            "column_name": field.api_name,
            "field_value": option.map_or(place.state.as_str(), |option| option.display_value.as_str()),
            "id": id,
            "field_name": field.field_label,
            "escalation": null,
            "current_picklist": {
                "id": option.and_then(|option| option.id),
                "value": place.state,
                "colour_code": option.and_then(|option| option.more.get("colour_code")),
            },
        },
        "transitions": transitions,
    }})
}

fn shown(
    reader: &Reader<'_>,
    module: &ModuleDef,
    process: &Process,
    transition: &Transition,
    holds: bool,
    sequence: usize,
    now: &Value,
) -> Value {
    let fields: Vec<Value> = transition
        .fields
        .iter()
        .enumerate()
        .map(|(order, (at, mandatory))| {
            let asked = &module.fields()[*at];
            let mut shown = field::write(reader, module, asked, *at as u32 + 1);
            shown.insert("mandatory".to_owned(), json!(mandatory));
            shown.insert("transition_sequence".to_owned(), json!(order + 1));
            Value::Object(shown)
        })
        .collect();
    let given: serde_json::Map<String, Value> = transition
        .fields
        .iter()
        .map(|(at, _)| {
            let name = &module.fields()[*at].api_name;
            (name.clone(), now.get(name).cloned().unwrap_or(Value::Null))
        })
        .collect();
    let needed = transition.fields.iter().filter(|(_, mandatory)| *mandatory);
    let filled = needed.clone().filter(|(at, _)| !given[&module.fields()[*at].api_name].is_null()).count();
    let share = match needed.count() {
        0 => 0.0,
        all => 100.0 * filled as f64 / all as f64,
    };
    let next = process.transitions.iter().filter(|next| next.starts_from(&transition.to));
    let next: Vec<Value> = next
        .map(|next| {
            // Criteria of what comes later cannot be known yet.
            let matched = next.criteria.is_none();
            json!({ "id": next.id, "name": next.name, "criteria_matched": matched, "type": MANUAL })
        })
        .collect();
    json!({
        "next_transitions": next,
        "percent_partial_save": share,
        "data": given,
        "next_field_value": transition.to,
        "name": transition.name,
        "criteria_matched": holds,
        "criteria_message": if holds { None } else { transition.criteria_message.as_ref() },
        "id": transition.id,
        "sequence": sequence,
        "type": MANUAL,
        "execution_time": null,
        "color_code": transition.color_code,
        "text_color_code": null,
        "parent_transition": null,
        "fields": fields,
    })
}

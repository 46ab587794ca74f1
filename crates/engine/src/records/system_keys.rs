//! The `$` keys of a full row: state of features around a record.
//!
//! Features that are not built yet have one honest state, "not in use"; the value for it stands in [`KEYS`].
//! A key comes from real state as soon as its feature does.

use dealwright_schema::ModuleDef;
use dealwright_wire::{Profile, json};

use crate::documents::OrgDetails;

/// A key, the versions that show it (`from..=to`, see [`Profile::order`]), and the value while unused.
struct Key {
    name: &'static str,
    from: u8,
    to: u8,
    value: &'static str,
}

const fn key(name: &'static str, from: u8, to: u8, value: &'static str) -> Key {
    Key { name, from, to, value }
}

const NEWEST: u8 = u8::MAX;

static KEYS: &[Key] = &[
    key("$approval", 20, NEWEST, r#"{"delegate":false,"approve":false,"reject":false,"resubmit":false}"#),
    key("$approved", 20, 60, "true"),
    key("$approval_state", 40, NEWEST, r#""approved""#),
    key("$review_process", 20, NEWEST, r#"{"approve":false,"reject":false,"resubmit":false}"#),
    key("$review", 20, NEWEST, "null"),
    key("$editable", 20, NEWEST, "true"),
    key("$sharing_permission", 40, NEWEST, r#""full_access""#),
    key("$locked_for_me", 50, NEWEST, "false"),
    key("$state", 20, 50, r#""save""#),
    key("$in_merge", 40, NEWEST, "false"),
    key("$process_flow", 20, NEWEST, "false"),
    key("$orchestration", 21, NEWEST, "false"),
    key("$pathfinder", 40, NEWEST, "false"),
    key("$currency_symbol", 20, NEWEST, ""),
    key("$field_states", 21, NEWEST, "null"),
    key("$zia_visions", 40, NEWEST, "null"),
    key("$zia_owner_assignment", 40, NEWEST, r#""owner_recommendation_unavailable""#),
    key("$wizard_connection_path", 40, NEWEST, "null"),
    key("$followers", 20, 20, "null"),
    key("$followed", 20, 20, "false"),
    key("$converted", 20, 50, "false"),
    key("$converted_detail", 20, NEWEST, "{}"),
    key("$se_module", 20, NEWEST, ""),
    key("$event_cancelled", 21, NEWEST, ""),
];

/// The keys of notes.
static NOTE_KEYS: &[Key] = &[
    key("$attachments", 20, NEWEST, "null"),
    key("$editable", 20, NEWEST, "true"),
    key("$sharing_permission", 40, NEWEST, r#""full_access""#),
    key("$is_shared_to_client", 20, NEWEST, "false"),
    key("$voice_note", 20, NEWEST, "false"),
    key("$size", 20, NEWEST, "null"),
    key("$state", 20, NEWEST, r#""save""#),
    key("$se_module", 20, 50, ""),
];

/// Where moves of appointments show a key in another form than all other records.
static KEYS_OF_MOVES: &[Key] = &[key("$review_process", 20, NEWEST, "false")];

/// The keys that records of the module can have.
fn keys(module: &ModuleDef) -> &'static [Key] {
    if module.is_of_notes() { NOTE_KEYS } else { KEYS }
}

fn find(name: &str, module: &ModuleDef) -> Option<&'static Key> {
    let particular = if module.is_of_moves() { KEYS_OF_MOVES } else { &[] };
    particular.iter().chain(keys(module)).find(|key| key.name == name)
}

/// Names of the keys that a full row of the module shows in a version.
pub(crate) fn names(module: &ModuleDef, version: &Profile) -> impl Iterator<Item = &'static str> {
    let is_lead = module.is_of_leads();
    let is_event = module.is_of_events();
    let has_any_lookup = module.fields().iter().any(|f| f.is_any_module() && f.data_type.is_lookup_of_one());
    let order = version.order;
    let is_note = module.is_of_notes();
    keys(module)
        .iter()
        .filter(move |key| (key.from..=key.to).contains(&order))
        .filter(move |key| is_lead || !key.name.starts_with("$converted"))
        .filter(move |key| has_any_lookup || is_note || key.name != "$se_module")
        .filter(move |key| is_event || key.name != "$event_cancelled")
        .map(|key| key.name)
}

/// The JSON value of a key; `None` when there is no such key.
pub(crate) fn value(name: &str, module: &ModuleDef, org: &OrgDetails) -> Option<Box<[u8]>> {
    let key = find(name, module)?;
    if name == "$currency_symbol" {
        let mut symbol = Vec::new();
        json::string(&mut symbol, &org.currency_symbol);
        return Some(symbol.into_boxed_slice());
    }
    Some(key.value.as_bytes().into())
}

//! One module in its wire form.

use dealwright_schema::ModuleDef;
use serde_json::{Map, Value, json};

use super::activities::{self, Activity};
use super::{Reader, custom_views, field, layouts, object, shapes};

/// Keys that records of the module may carry besides their fields.
const RECORD_KEYS: [&str; 20] = [
    "$approval_state",
    "$converted_detail",
    "$currency_symbol",
    "$review",
    "$review_process",
    "$approval",
    "$in_merge",
    "$process_flow",
    "$orchestration",
    "$pathfinder",
    "$stop_processing",
    "$zia_visions",
    "$layout_id",
    "$editable",
    "$field_states",
    "$locked_for_me",
    "$sharing_permission",
    "$wizard_connection_path",
    "$cpq_executions",
    "$zia_owner_assignment",
];

const FLAGS: [&str; 23] = [
    "creatable",
    "editable",
    "deletable",
    "viewable",
    "convertable",
    "api_supported",
    "quick_create",
    "show_as_tab",
    "presence_sub_menu",
    "sub_menu_available",
    "feeds_required",
    "recycle_bin_on_delete",
    "global_search_supported",
    "lookupable",
    "isBlueprintSupported",
    // Older versions show these too, and newer clients still know them.
    "triggers_supported",
    "inventory_template_supported",
    "emailTemplate_support",
    "email_parser_supported",
    "filter_supported",
    "scoring_supported",
    "webform_supported",
    "kanban_view_supported",
];

/// The module as the list shows it.
pub(super) fn listed(reader: &Reader<'_>, module: &ModuleDef) -> Map<String, Value> {
    let mut out = identity(module);
    out.extend(abilities(module));
    let said = |key: &str| module.described.get(key).cloned();
    let profiles = profiles(reader, module);
    out.extend(object(json!({
        "public_fields_configured": false,
        "business_card_field_limit": said("business_card_field_limit").unwrap_or_else(|| json!(5)),
        "profile_count": profiles.len(),
        "has_more_profiles": false,
        "profiles": profiles,
        "private_profile": null,
        "parent_module": parent(reader, module),
        "web_link": null,
        "arguments": [],
        "description": said("description"),
        "modified_time": said("modified_time"),
        "modified_by": said("modified_by"),
    })));
    out
}

/// What the module is called and where it stands.
fn identity(module: &ModuleDef) -> Map<String, Value> {
    let name = module.api_name.as_str();
    let said = |key: &str| module.described.get(key).cloned();
    let text = |key: &str, otherwise: &str| said(key).unwrap_or_else(|| json!(otherwise));
    let status = text("status", "visible");
    object(json!({
        "id": module.id,
        "api_name": name,
        "module_name": text("module_name", name),
        "singular_label": text("singular_label", name),
        "plural_label": text("plural_label", name),
        "actual_singular_label": text("actual_singular_label", name),
        "actual_plural_label": text("actual_plural_label", name),
        "generated_type": text("generated_type", "default"),
        "access_type": text("access_type", "org_based"),
        "visibility": said("visibility").unwrap_or_else(|| json!(1)),
        "visible": status == "visible",
        "status": status,
        "sequence_number": said("sequence_number"),
    }))
}

/// What can be done with the module.
fn abilities(module: &ModuleDef) -> Map<String, Value> {
    FLAGS.iter().map(|&key| (key.to_owned(), json!(module.flag(key)))).collect()
}

/// The module as the single call shows it: with what the list leaves out. Its fields, layouts and related lists have
/// calls of their own and are not repeated here; their keys are.
pub(crate) fn details(reader: &Reader<'_>, module: &ModuleDef) -> Map<String, Value> {
    let mut out = listed(reader, module);
    let names = |key: &str| module.described.get(key).and_then(Value::as_array).cloned().unwrap_or_default();
    let is_leads = module.is_of_leads();
    let columns = names("default_view_fields");
    let related = module.described.get("related_list_fields").and_then(Value::as_array).cloned();
    let cards: Vec<Value> = columns
        .iter()
        .take(5)
        .filter_map(|name| field::named(reader, module, name.as_str()?).map(|field| json!(field.api_name)))
        .collect();
    out.extend(object(json!({
        "per_page": 50,
        "$field_states": if is_leads { json!(["convert_scheduler"]) } else { json!([]) },
        "$properties": RECORD_KEYS,
        "$on_demand_properties": [],
        "display_field": shapes::display_field(reader.profile, module),
        "search_layout_fields": listed_names(reader, module, names("search_layout_fields")),
        "lookup_field_properties": {"fields": lookup_fields(reader, module, &names("lookup_fields"))},
        "related_list_properties": {
            "sort_by": null,
            "sort_order": null,
            "fields": listed_names(reader, module, related.unwrap_or(columns)),
        },
        "custom_view": custom_views::default_view(reader, module),
        "business_card_fields": cards,
        "kanban_view": false,
        "chart_view": false,
        "chart_view_supported": false,
        "zia_view": false,
        "default_mapping_fields": [],
        "layout_associations": layouts::association(module),
        "filter_status": module.flag("filter_supported"),
        "activity_badge": null,
        "masked_fields_count": 0,
        "territory": null,
        "track_current_data": false,
        "fields": null,
        "layouts": null,
        "related_lists": null,
    })));
    out
}

/// The names of fields that the version lists.
fn listed_names(reader: &Reader<'_>, module: &ModuleDef, mut names: Vec<Value>) -> Vec<Value> {
    names.retain(|name| name.as_str().is_some_and(|name| field::named(reader, module, name).is_some()));
    names
}

/// Profiles whose users may see the module.
fn profiles(reader: &Reader<'_>, module: &ModuleDef) -> Vec<Value> {
    let snapshot = reader.snapshot;
    let seeing = snapshot.profiles.iter().filter(|profile| activities::is_seen_by(snapshot, profile, module));
    seeing.map(|profile| json!({"name": profile.name, "id": profile.id})).collect()
}

fn parent(reader: &Reader<'_>, module: &ModuleDef) -> Value {
    if Activity::named(&module.api_name).is_some()
        && let Some(all) = activities::find(reader.snapshot, reader.profile)
    {
        return json!({"api_name": all.api_name, "id": all.id});
    }
    module.parent.as_deref().map_or_else(|| json!({}), |parent| reader.module_reference(parent))
}

fn lookup_fields(reader: &Reader<'_>, module: &ModuleDef, names: &[Value]) -> Vec<Value> {
    let fields = names.iter().filter_map(|name| field::named(reader, module, name.as_str()?)).zip(1..);
    fields
        .map(|(field, sequence)| json!({"sequence_number": sequence, "api_name": field.api_name, "id": field.id}))
        .collect()
}

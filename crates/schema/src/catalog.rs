//! The standard modules, one file each in `catalog/`, and the schema of a new org made from them.
//!
//! In the files, keys that hold for most fields are left out; the defaults stand in `field` below.

use std::collections::HashMap;

use dealwright_wire::{Id, Mint};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::field::{AutoNumber, FieldDef, Links, Lookup, PickValue, Unique};
use crate::field_types::DataType;
use crate::module::{ModuleDef, Section};
use crate::rows;

macro_rules! files {
    ($($name:literal)*) => { &[$(include_str!(concat!("../catalog/", $name, ".json"))),*] };
}

/// In tab order of a fresh org.
const FILES: &[&str] = files! {
    "Home" "Leads" "Contacts" "Accounts" "Deals" "Tasks" "Events" "Calls" "Reports" "Analytics"
    "Products" "Quotes" "Sales_Orders" "Purchase_Orders" "Invoices" "SalesInbox" "Feeds" "Campaigns"
    "Vendors" "Price_Books" "Cases" "Solutions" "Documents" "Forecasts" "Visits" "Social"
    "Google_AdWords" "Approvals" "Projects" "Services__s" "Appointments__s" "Emails" "Notes"
    "Attachments" "DealHistory" "Actions_Performed" "Quoted_Items" "Ordered_Items" "Purchase_Items"
    "Invoiced_Items" "Email_Sentiment" "Email_Analytics" "Email_Template_Analytics" "Consents"
    "Data_Subject_Requests" "Scoring_Rules__s" "Entity_Scores__s" "Appointments_Rescheduled_History__s"
    "Locking_Information__s" "Users"
};

/// Optional features whose fields a new org has.
const FEATURES: [&str; 5] =
    ["pipelines", "multiple_layouts", "forecasts", "gdpr_compliance", "territory_management"];

/// Fields whose values have a form that their data type does not tell: the field, and the key of its type.
const OWN_TYPES: [(&str, &str); 5] = [
    ("Participants", "participants"),
    ("Pricing_Details", "pricing_details"),
    ("Comments", "comments"),
    ("Tax", "tax"),
    ("Data_Processing_Basis_Details", "consent_lookup"),
];

/// What lookups of users point to although it is no module: it has calls of its own.
const OF_USERS: [&str; 2] = ["Roles", "Profiles"];

/// Activities belong to a contact, or to a lead.
const CONTACT_OR_LEAD: (&str, &str) = ("Who_Id", "Leads");

#[derive(Deserialize)]
struct ModuleFile {
    api_name: String,
    display_field: Option<String>,
    #[serde(default)]
    layout_sections: Vec<Section>,
    #[serde(default)]
    fields: Vec<FieldFile>,
    #[serde(flatten)]
    described: Map<String, Value>,
}

#[derive(Deserialize)]
struct FieldFile {
    api_name: String,
    field_label: String,
    data_type: String,
    json_type: String,
    length: Option<u32>,
    decimal_place: Option<u8>,
    #[serde(default)]
    system_mandatory: bool,
    #[serde(default)]
    layout_required: bool,
    #[serde(default)]
    read_only: bool,
    #[serde(default)]
    unique: bool,
    lookup: Option<LookupFile>,
    subform: Option<Map<String, Value>>,
    auto_number: Option<AutoNumber>,
    #[serde(default)]
    pick_list_values: Vec<PickValue>,
    default_value: Option<Value>,
    section: Option<String>,
    present_if: Option<String>,
    #[serde(flatten)]
    described: Map<String, Value>,
}

#[derive(Deserialize)]
struct LookupFile {
    module: String,
}

/// The modules of a new org, with ids from `mint`.
pub fn standard_modules(mint: &Mint) -> Vec<ModuleDef> {
    let files: Vec<ModuleFile> = FILES
        .iter()
        .map(|text| serde_json::from_str(text).expect("catalog files are checked by a test"))
        .collect();
    let names: Vec<String> = files.iter().map(|file| file.api_name.clone()).collect();
    let mut modules: Vec<ModuleDef> = files.into_iter().map(|file| module(file, &names, mint)).collect();
    link_users(&mut modules, mint);
    modules
}

/// Tells one state of the standard modules from another: a hash (FNV-1a) of their files and of the tables above, which
/// say what of the files counts. It changes with every edit of the catalog.
pub fn fingerprint() -> String {
    /// What opening an org adds beyond the catalog; another text lets it be added once more.
    const ADDED: &str = "modules of uploads";
    let own_types = OWN_TYPES.iter().flat_map(|(name, key)| [*name, *key]);
    let texts = FILES.iter().copied().chain(FEATURES).chain(own_types).chain(OF_USERS).chain([ADDED]);
    let bytes = texts.flat_map(str::bytes);
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{hash:016x}")
}

/// Gives each lookup of several users the module of its links.
fn link_users(modules: &mut Vec<ModuleDef>, mint: &Mint) {
    let mut made = Vec::new();
    for module in modules.iter_mut() {
        let several = |field: &&FieldDef| field.data_type.name() == "multiuserlookup";
        let fields: Vec<(Id, String)> =
            module.fields().iter().filter(several).map(|field| (field.id, field.api_name.clone())).collect();
        for (id, name) in fields {
            let api_name = format!("{}_X_Users", module.api_name.trim_end_matches("__s"));
            let names = rows::Names { api_name: &api_name, label: &name, number: made.len() + 1 };
            let own = module.api_name.clone();
            made.push(rows::links(mint, names, module, None, &own, &name));
            if let Some(field) = module.field_by_id_mut(id) {
                field.subform = Some(api_name);
                field.links = Some(Links {
                    own,
                    connected: name.clone(),
                    module: None,
                    api_name: None,
                    display_label: field.field_label.clone(),
                });
            }
        }
    }
    modules.append(&mut made);
}

fn module(file: ModuleFile, names: &[String], mint: &Mint) -> ModuleDef {
    let mut module = ModuleDef::empty(mint.next(), &file.api_name, mint.next());
    let has_records = !file.fields.is_empty() && file.api_name != "Users";
    module.table = has_records.then(|| file.api_name.to_ascii_lowercase());
    module.display_field = file.display_field;
    module.parent = file
        .described
        .get("parent_module")
        .and_then(|parent| parent.get("api_name"))
        .and_then(Value::as_str)
        .map(str::to_owned);
    module.layout_sections = file.layout_sections;
    for section in &mut module.layout_sections {
        section.id = Some(mint.next());
    }
    module.described = file.described;
    number(&mut module.described, "related_lists", mint);
    number(&mut module.described, "default_views", mint);
    for given in file.fields {
        let present = given.present_if.as_deref().is_none_or(|feature| FEATURES.contains(&feature));
        // A few fields point to modules that only come with a feature of their own.
        let reachable = given.lookup.as_ref().is_none_or(|lookup| {
            let target = lookup.module.as_str();
            target == "se_module" || OF_USERS.contains(&target) || names.iter().any(|name| name == target)
        });
        if present && reachable {
            let field = field(given, &module, mint);
            module.add_field(field);
        }
    }
    module.indexes = indexes(&module);
    module
}

/// Gives each entry of a described list an id of its own.
fn number(described: &mut Map<String, Value>, key: &str, mint: &Mint) {
    for entry in described.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten() {
        entry["id"] = json!(mint.next());
    }
}

fn field(file: FieldFile, module: &ModuleDef, mint: &Mint) -> FieldDef {
    let own_type =
        OWN_TYPES.iter().find(|(name, _)| *name == file.api_name && file.json_type.starts_with("json"));
    let own_type = own_type.and_then(|(_, key)| DataType::by_key(key));
    let points = |data_type: &DataType| data_type.get().is_lookup();
    let lookup = file.lookup.filter(|_| own_type.as_ref().is_none_or(points));
    let lookup = lookup.map(|lookup| Lookup {
        also: match CONTACT_OR_LEAD {
            (name, also) if name == file.api_name => vec![also.to_owned()],
            _ => Vec::new(),
        },
        api_name: related_list(module, &lookup.module),
        display_label: Some(module.text("plural_label").to_owned()),
        module: lookup.module,
    });
    let mut pick_list_values = file.pick_list_values;
    for value in &mut pick_list_values {
        value.id = Some(mint.next());
    }
    number_categories(&mut pick_list_values, mint);
    FieldDef {
        id: mint.next(),
        column: system_column(&file.api_name, module),
        api_name: file.api_name,
        field_label: file.field_label,
        data_type: own_type
            .or_else(|| DataType::find(&file.data_type, Some(&file.json_type)))
            .expect("catalog files name known data types; a test reads them all"),
        json_type: file.json_type,
        length: file.length,
        decimal_place: file.decimal_place,
        system_mandatory: file.system_mandatory,
        layout_required: file.layout_required,
        read_only: file.read_only,
        custom_field: false,
        unique: file.unique.then_some(Unique { case_sensitive: false }),
        external: None,
        lookup,
        links: None,
        subform: file.subform.and_then(|s| s.get("module").and_then(Value::as_str).map(str::to_owned)),
        auto_number: file.auto_number,
        formula: None,
        rollup_summary: None,
        pick_list_values,
        default_value: file.default_value,
        section: file.section,
        described: file.described,
    }
}

/// Gives each forecast category an id of its own; options of the same category share it.
fn number_categories(options: &mut [PickValue], mint: &Mint) {
    let mut ids: HashMap<String, Id> = HashMap::new();
    for category in options.iter_mut().filter_map(|option| option.more.get_mut("forecast_category")) {
        if let Some(name) = category.get("name").and_then(Value::as_str) {
            let id = *ids.entry(name.to_owned()).or_insert_with(|| mint.next());
            category["id"] = json!(id);
        }
    }
}

/// Related list on the target of a lookup, named after the module that points to it.
fn related_list(module: &ModuleDef, target: &str) -> Option<String> {
    (target != "se_module").then(|| module.api_name.replace("Sales_Orders", "SalesOrders"))
}

/// Columns that the engine itself reads and writes have speaking names; others are numbered.
fn system_column(api_name: &str, module: &ModuleDef) -> Option<String> {
    let name = match api_name {
        "id" => "id",
        "Owner" => "owner",
        "Created_Time" => "created_time",
        "Modified_Time" => "modified_time",
        "Created_By" => "created_by",
        "Modified_By" => "modified_by",
        "Tag" => "tag",
        "Layout" => "layout",
        "Parent_Id" => "parent_id",
        _ => return None,
    };
    module.table.as_ref().map(|_| name.to_owned())
}

/// What people look records up by: name, owner, change time, email, every lookup; a subform's rows by their parent.
fn indexes(module: &ModuleDef) -> Vec<Vec<String>> {
    let mut found: Vec<Vec<String>> = Vec::new();
    if module.table.is_none() {
        return found;
    }
    if module.parent.is_some() {
        // By product, because products list the documents they stand in.
        let points_up = |field: &&FieldDef| {
            let target = field.lookup_module();
            field.api_name == "Parent_Id" || target == module.parent.as_deref() || target == Some("Products")
        };
        return module.fields().iter().filter(points_up).map(|field| vec![field.api_name.clone()]).collect();
    }
    if module.api_name == "Deals" {
        found.push(vec!["Stage".to_owned(), "Amount".to_owned()]);
    }
    for field in module.fields() {
        let name = &field.api_name;
        let shown =
            module.display_field.as_ref() == Some(name) && name != "Full_Name" && field.unique.is_none();
        let wanted = shown
            || matches!(name.as_str(), "Owner" | "Modified_Time")
            || (field.data_type.name() == "email" && field.unique.is_none())
            || name == "Last_Name"
            || name == "Tag"
            || field.data_type.name() == "lookup"
            || name == "Parent_Id";
        if wanted {
            found.push(vec![name.clone()]);
        }
    }
    found
}

/// Ids used in a module, to start a mint above them.
pub fn highest_id(modules: &[ModuleDef]) -> Option<Id> {
    let of_module = |m: &ModuleDef| {
        let sections = m.layout_sections.iter().filter_map(|s| s.id);
        let fields =
            m.fields().iter().flat_map(|f| f.pick_list_values.iter().filter_map(|v| v.id).chain([f.id]));
        let lists = ["related_lists", "default_views"].into_iter().flat_map(|key| {
            m.described.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(|entry| {
                entry.get("id").and_then(Value::as_str).and_then(|text| text.parse().ok())
            })
        });
        [m.id, m.layout_id].into_iter().chain(sections).chain(fields).chain(lists).max()
    };
    modules.iter().filter_map(of_module).max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::indexes::index_of;

    #[test]
    fn every_file_of_the_catalog_is_read_and_every_name_is_found_again() {
        let modules = standard_modules(&Mint::seeded(1));
        // The fiftieth and one more: the links of a service's members.
        assert_eq!(modules.len(), 51);
        for module in &modules {
            for field in module.fields() {
                assert!(module.field(&field.api_name).is_some(), "{}.{}", module.api_name, field.api_name);
            }
            if let Some(shown) = &module.display_field
                && module.table.is_some()
            {
                assert!(module.field(shown).is_some(), "{}.{shown}", module.api_name);
            }
        }
        assert!(highest_id(&modules).is_some());
    }

    /// Who reaches a record follows from its owner, or from what it hangs on. A module that has neither is seen by
    /// everybody, so it has to be named here.
    #[test]
    fn a_record_has_an_owner_or_hangs_on_one_that_has() {
        // Visits are public, and nothing makes any.
        const FOR_EVERYBODY: [&str; 1] = ["Visits"];
        let modules = standard_modules(&Mint::seeded(1));
        let served = modules.iter().filter(|module| module.has_records() && module.flag("api_supported"));
        let open: Vec<&str> = served
            .filter(|module| module.field("Owner").is_none() && module.parent_field().is_none())
            .map(|module| module.api_name.as_str())
            .collect();
        assert_eq!(open, FOR_EVERYBODY);
        for hanging in ["Notes", "Attachments", "DealHistory", "Quoted_Items"] {
            let module = modules.iter().find(|module| module.api_name == hanging).unwrap();
            assert!(module.parent_field().is_some(), "{hanging} hangs on nothing");
        }
    }

    #[test]
    fn records_are_found_by_change_name_and_lookup_through_an_index() {
        let mut count = 0;
        for module in standard_modules(&Mint::seeded(1)).iter().filter(|module| module.table.is_some()) {
            for field in module.fields() {
                let is_name = module.display_field.as_ref() == Some(&field.api_name);
                let is_lookup = field.data_type.get().is_lookup();
                let is_column_of_rows = module.parent.is_some() && field.api_name != "Parent_Id";
                if !is_column_of_rows && (is_name || is_lookup || field.api_name == "Modified_Time") {
                    assert!(index_of(module, field).is_some(), "{}.{}", module.api_name, field.api_name);
                    count += 1;
                }
            }
        }
        assert!(count > 90, "{count}");
    }

    #[test]
    fn lookups_point_to_modules_that_exist() {
        let modules = standard_modules(&Mint::seeded(1));
        for module in &modules {
            for target in module.fields().iter().filter_map(FieldDef::lookup_module) {
                // What a user is and may do are settings, which the published metadata shows as lookups.
                let is_setting = module.api_name == "Users" && matches!(target, "Roles" | "Profiles");
                assert!(
                    is_setting || modules.iter().any(|m| m.api_name == target),
                    "{} → {target}",
                    module.api_name
                );
            }
        }
    }
}

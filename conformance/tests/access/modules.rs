//! The modules of an org as their metadata describes them, and records made from nothing but that.

use std::collections::BTreeMap;

use dealwright_testkit::Api;
use serde_json::{Map, Value, json};

/// A module that `settings/modules` lists, with its fields and related lists.
#[derive(Debug, Clone)]
pub(super) struct Module {
    pub(super) name: String,
    pub(super) id: String,
    /// Records of it are made by `POST` of the module's own path.
    pub(super) is_creatable: bool,
    /// The module whose records its own are rows of; empty when they stand for themselves.
    pub(super) parent: String,
    pub(super) fields: Vec<Value>,
    /// Name of a related list, and the module whose records it shows.
    pub(super) related: Vec<(String, String)>,
}

/// What a field holds that refers to something else.
#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub(super) field: String,
    /// Text of the value, with marks for ids and names.
    pub(super) value: String,
    /// Members that have to stand beside it, as JSON text.
    pub(super) beside: String,
}

/// The modules whose records are made through something else than `POST` of their own path.
const MADE_OTHERWISE: [&str; 6] = [
    "Attachments",
    "Users",
    "Actions_Performed",
    "Locking_Information__s",
    "Data_Subject_Requests",
    "Consents",
];

/// Reads all modules of the org.
pub(super) async fn read(api: &Api) -> Vec<Module> {
    let all = api.get("settings/modules").await.json()["modules"].clone();
    let mut modules = Vec::new();
    for one in all.as_array().expect("modules").iter().filter(|one| one["api_supported"] == true) {
        let name = one["api_name"].as_str().expect("a name").to_owned();
        let list = |answer: dealwright_testkit::Answer, key: &str| -> Vec<Value> {
            if answer.status == 200 {
                answer.json()[key].as_array().cloned().unwrap_or_default()
            } else {
                Vec::new()
            }
        };
        let fields = list(api.get(&format!("settings/fields?module={name}")).await, "fields");
        let related = list(api.get(&format!("settings/related_lists?module={name}")).await, "related_lists");
        let related = related.iter().filter_map(|list| {
            let target = list["connectedmodule"].as_str().or_else(|| list["module"]["api_name"].as_str());
            Some((list["api_name"].as_str()?.to_owned(), target.unwrap_or_default().to_owned()))
        });
        modules.push(Module {
            id: one["id"].as_str().expect("an id").to_owned(),
            is_creatable: one["creatable"] == true
                && !MADE_OTHERWISE.contains(&name.as_str())
                && one["generated_type"] != "linking"
                && one["generated_type"] != "subform",
            parent: text(&one["parent_module"], "api_name").to_owned(),
            related: related.collect(),
            fields,
            name,
        });
    }
    modules
}

fn text<'v>(value: &'v Value, key: &str) -> &'v str {
    value[key].as_str().unwrap_or_default()
}

/// The module that a lookup points to.
pub(super) fn target(field: &Value) -> &str {
    text(&field["lookup"]["module"], "api_name")
}

impl Module {
    /// The field that names a record.
    pub(super) fn name_field(&self) -> &str {
        let named = self.fields.iter().find(|field| field["display_field"] == true);
        let name = named.map_or("id", |field| text(field, "api_name"));
        // The name of a person is put together.
        if name == "Full_Name" { "Last_Name" } else { name }
    }

    /// Names of fields whose values are held by one record only.
    pub(super) fn unique_fields(&self) -> Vec<String> {
        let unique = self.fields.iter().filter(|field| {
            field["unique"].as_object().is_some_and(|unique| !unique.is_empty())
                && field["operation_type"]["api_create"] == true
                && !field["data_type"].as_str().unwrap_or_default().contains("number")
        });
        unique.map(|field| text(field, "api_name").to_owned()).collect()
    }

    /// Values for the fields that can be written, `mark` in each that holds text: all of them, or what a record cannot do
    /// without. What refers to other records stays empty unless `with` says what to put there.
    pub(super) fn draft(&self, mark: &str, all: bool, with: &BTreeMap<String, Value>) -> Map<String, Value> {
        let mut record = Map::new();
        for field in &self.fields {
            let name = text(field, "api_name");
            let is_needed = field["system_mandatory"] == true || name == self.name_field();
            if let Some(value) = with.get(name) {
                record.insert(name.to_owned(), value.clone());
                continue;
            }
            let may = field["operation_type"]["api_create"] == true && field["read_only"] != true;
            if !(is_needed || (all && may)) {
                continue;
            }
            if let Some(value) = value(field, mark) {
                record.insert(name.to_owned(), value);
            }
        }
        for (module, members) in NEEDED {
            if *module == self.name {
                let members: Map<String, Value> = serde_json::from_str(members).expect("members are JSON");
                for (key, value) in members {
                    record.entry(key).or_insert(value);
                }
            }
        }
        record
    }

    /// Every place of a record's body where the id or name of another record may stand, by the fields of the module.
    /// `rows` finds the module of a subform.
    pub(super) fn references(&self, modules: &[Module]) -> Vec<Reference> {
        let mut found = Vec::new();
        let mut add = |field: &str, value: String, beside: &str| {
            found.push(Reference { field: field.to_owned(), value, beside: beside.to_owned() });
        };
        let holds = |name: &str| modules.iter().any(|module| module.name == name && module.is_creatable);
        for field in &self.fields {
            let name = text(field, "api_name");
            match text(field, "data_type") {
                "lookup" if target(field) == "se_module" => {
                    for module in ["Deals", "Accounts", "Leads", "Quotes"] {
                        let beside = format!(r#","$se_module":"{module}""#);
                        add(name, format!(r#"{{"id":"<!{module}>"}}"#), &beside);
                    }
                }
                "lookup" if holds(target(field)) => {
                    let target = target(field);
                    add(name, format!(r#"{{"id":"<!{target}>"}}"#), "");
                    add(name, format!(r#""<!{target}>""#), "");
                    add(name, format!(r#"{{"name":"<!{target}.name>"}}"#), "");
                    if name == "Who_Id" {
                        add(name, r#"{"id":"<!Leads>"}"#.to_owned(), r#","$se_module":"Leads""#);
                    }
                }
                "multi_module_lookup" => {
                    for module in ["Deals", "Contacts"] {
                        add(
                            name,
                            format!(r#"{{"id":"<!{module}>","module":{{"api_name":"{module}"}}}}"#),
                            "",
                        );
                    }
                }
                "multiselectlookup" => {
                    let target = text(&field["multiselectlookup"]["connected_module"], "api_name");
                    add(name, format!(r#"[{{"{target}":{{"id":"<!{target}>"}}}}]"#), "");
                }
                "subform" => {
                    let rows = text(&field["associated_module"], "module");
                    let rows =
                        if rows.is_empty() { text(&field["associated_module"], "api_name") } else { rows };
                    add(name, format!(r#"[{{"id":"<!row.{name}>","Description":"taken"}}]"#), "");
                    add(name, format!(r#"[{{"id":"<!row.{name}>","_delete":null}}]"#), "");
                    let Some(rows) = modules.iter().find(|module| module.name == rows) else { continue };
                    for column in rows.fields.iter().filter(|field| text(field, "data_type") == "lookup") {
                        let (column, target) = (text(column, "api_name"), target(column));
                        if column == "Parent_Id" || !holds(target) {
                            continue;
                        }
                        let has = |name: &str| rows.fields.iter().any(|one| one["api_name"] == name);
                        let mut rest = String::new();
                        if column != "Product_Name" && has("Product_Name") {
                            rest.push_str(r#","Product_Name":"<Products>""#);
                        }
                        if has("Quantity") {
                            rest.push_str(r#","Quantity":1"#);
                        }
                        add(name, format!(r#"[{{"{column}":{{"id":"<!{target}>"}}{rest}}}]"#), "");
                        add(name, format!(r#"[{{"{column}":{{"name":"<!{target}.name>"}}{rest}}}]"#), "");
                    }
                }
                "fileupload" | "imageupload" => add(name, r#"[{"File_Id__s":"<!file>"}]"#.to_owned(), ""),
                _ if name == "Participants" => {
                    for (kind, module) in [("contact", "Contacts"), ("lead", "Leads")] {
                        add(name, format!(r#"[{{"type":"{kind}","participant":"<!{module}>"}}]"#), "");
                    }
                }
                _ => {}
            }
        }
        found
    }
}

/// What the metadata does not tell: members without which a record of the module is refused.
const NEEDED: &[(&str, &str)] = &[
    ("Deals", r#"{"Closing_Date":"2027-06-30"}"#),
    ("Leads", r#"{"Company":"Acme"}"#),
    ("Events", r#"{"Start_DateTime":"2027-06-05T12:30:00Z","End_DateTime":"2027-06-05T13:30:00Z"}"#),
    ("Calls", r#"{"Call_Start_Time":"2027-01-10T12:00:00Z","Call_Type":"Inbound","Call_Duration":"05:30"}"#),
];

/// A value for a field; `None` for types that the draft leaves out.
pub(super) fn value(field: &Value, mark: &str) -> Option<Value> {
    let name = text(field, "api_name");
    if field["json_type"]
        .as_str()
        .is_some_and(|kind| kind.starts_with("json") && field["data_type"] != "multiselectpicklist")
    {
        return None;
    }
    let length = usize::try_from(field["length"].as_u64().unwrap_or(100)).unwrap_or(100);
    Some(match text(field, "data_type") {
        "text" | "textarea" | "profileimage" if name == "Call_Duration" => return None,
        "text" | "textarea" => json!(mark.chars().take(length).collect::<String>()),
        "email" => json!(format!("{}@example.com", mark.replace(' ', ".").to_lowercase())),
        "phone" => json!(digits(mark)),
        "website" => json!(format!("https://{}.example.com", mark.replace(' ', "-").to_lowercase())),
        "picklist" => {
            let options = field["pick_list_values"].as_array()?;
            let used = options.iter().find(|one| one["actual_value"] != "-None-")?;
            used["actual_value"].clone()
        }
        "multiselectpicklist" => json!([field["pick_list_values"][0]["actual_value"]]),
        "date" => json!("2027-06-30"),
        "datetime" => json!("2027-06-30T10:00:00-08:00"),
        "integer" | "bigint" | "double" | "currency" | "percent" => json!(1),
        _ => return None,
    })
}

/// A number to call that tells marks apart.
pub(super) fn digits(mark: &str) -> String {
    let sum = mark.bytes().fold(7_u64, |sum, byte| (sum * 31 + u64::from(byte)) % 1_000_000_007);
    format!("+49{sum:010}")
}

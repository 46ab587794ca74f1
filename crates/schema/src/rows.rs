//! Modules that come with a field: the rows of a subform, and the links of a multi-select lookup.

use dealwright_wire::Mint;
use serde_json::{Map, Value, json};

use crate::field::{FieldDef, Lookup, UPLOADS};
use crate::field_types::DataType;
use crate::module::{ModuleDef, Section};
use crate::org::OrgSchema;

/// Column of the record that a row belongs to.
pub const PARENT_COLUMN: &str = "parent_id";

/// What a new module of rows is called.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    pub api_name: &'a str,
    pub label: &'a str,
    /// Number among the modules that came with fields.
    pub number: usize,
}

/// The module for the rows of a new subform of `parent`, without fields of its own yet.
pub fn subform(mint: &Mint, names: Names<'_>, parent: &ModuleDef) -> ModuleDef {
    let mut module = module(mint, names, parent, "subform");
    let section = "Subform Information";
    module.layout_sections = vec![Section {
        id: Some(mint.next()),
        api_name: section.to_owned(),
        display_label: section.to_owned(),
        column_count: 2,
        sequence_number: 1,
    }];
    let own = own_field(mint, "Parent_Id", "Parent ID", parent);
    add_system_fields(mint, &mut module, own);
    module
}

/// The module for the links of a new multi-select lookup: `own` is the row's field for the record that has the lookup,
/// `connected` the one for what is linked: records of `target`, or users.
pub fn links(
    mint: &Mint,
    names: Names<'_>,
    parent: &ModuleDef,
    target: Option<&ModuleDef>,
    own: &str,
    connected: &str,
) -> ModuleDef {
    let mut module = module(mint, names, parent, "linking");
    let own = own_field(mint, own, parent.text("singular_label"), parent);
    add_system_fields(mint, &mut module, own);
    let (kind, label) = match target {
        Some(target) => ("lookup", target.text("singular_label")),
        None => ("userlookup", "User"),
    };
    let mut field = plain_field(mint, connected, label, kind);
    field.system_mandatory = true;
    field.lookup = target.map(|target| lookup_of(target, parent));
    module.display_field = Some(connected.to_owned());
    module.add_field(field);
    module.indexes.push(vec![connected.to_owned()]);
    module
}

fn module(mint: &Mint, names: Names<'_>, parent: &ModuleDef, kind: &str) -> ModuleDef {
    let mut module = ModuleDef::empty(mint.next(), names.api_name, mint.next());
    // Names of modules can come again after one was deleted, ids cannot.
    module.table = Some(format!("rows_{}", module.id));
    module.parent = Some(parent.api_name.clone());
    module.described = described(names, parent, kind);
    module
}

fn described(names: Names<'_>, parent: &ModuleDef, kind: &str) -> Map<String, Value> {
    let keys = json!({
        "module_name": format!("LinkingModule{}", names.number),
        "singular_label": names.label,
        "plural_label": names.label,
        "actual_singular_label": names.label,
        "actual_plural_label": names.label,
        "generated_type": kind,
        "api_supported": true,
        "viewable": true,
        "creatable": false,
        "editable": false,
        "deletable": true,
        "visibility": 2,
        "status": "visible",
        "access_type": "org_based",
        "parent_module": {"api_name": parent.api_name},
        "related_lists": [],
        "default_views": [],
    });
    match keys {
        Value::Object(keys) => keys,
        _ => Map::new(),
    }
}

fn own_field(mint: &Mint, api_name: &str, label: &str, parent: &ModuleDef) -> FieldDef {
    let mut field = plain_field(mint, api_name, label, "lookup");
    field.column = Some(PARENT_COLUMN.to_owned());
    field.read_only = true;
    field.lookup = Some(lookup_of(parent, parent));
    field
}

fn lookup_of(target: &ModuleDef, of: &ModuleDef) -> Lookup {
    Lookup {
        module: target.api_name.clone(),
        also: Vec::new(),
        // The lists of a link are told by the field that it came with.
        api_name: None,
        display_label: Some(of.text("plural_label").to_owned()),
    }
}

fn add_system_fields(mint: &Mint, module: &mut ModuleDef, own: FieldDef) {
    module.indexes = vec![vec![own.api_name.clone()]];
    let mut id = plain_field(mint, "id", "Record Id", "bigint");
    id.column = Some("id".to_owned());
    module.add_field(id);
    module.add_field(own);
    for (name, label, kind) in [
        ("Created_By", "Created By", "ownerlookup"),
        ("Modified_By", "Modified By", "ownerlookup"),
        ("Created_Time", "Created Time", "datetime"),
        ("Modified_Time", "Modified Time", "datetime"),
    ] {
        let mut field = plain_field(mint, name, label, kind);
        field.column = Some(name.to_ascii_lowercase());
        field.read_only = true;
        module.add_field(field);
    }
}

/// A field with what is usual for its type.
fn plain_field(mint: &Mint, api_name: &str, label: &str, kind: &str) -> FieldDef {
    let data_type = DataType::by_key(kind).expect("the kinds above are data types");
    let field = FieldDef::plain(mint.next(), api_name.to_owned(), label.to_owned(), data_type);
    FieldDef { length: field.length.or(Some(120)), ..field }
}

/// The hidden module that comes with a field of files or images, and tells what its values are made of. It has no records:
/// the values stand in the record.
pub fn uploads(mint: &Mint, names: Names<'_>, parent: &ModuleDef) -> ModuleDef {
    let mut module = module(mint, names, parent, "subform");
    module.table = None;
    for (key, value) in
        [("status", json!("system_hidden")), ("visibility", json!(0)), ("api_supported", json!(false))]
    {
        module.described.insert(key.to_owned(), value);
    }
    for (name, label, kind) in [
        ("id", "Record Id", "bigint"),
        ("File_Id__s", "File Id", "text"),
        ("File_Name__s", "File Name", "text"),
        ("Size__s", "Size", "bigint"),
    ] {
        let mut field = plain_field(mint, name, label, kind);
        field.read_only = true;
        module.add_field(field);
    }
    module
}

/// The hidden module of a field of files or images, which is told of it. `None` for other types.
pub fn of_uploads(
    mint: &Mint,
    schema: &OrgSchema,
    parent: &ModuleDef,
    field: &mut FieldDef,
) -> Option<ModuleDef> {
    let begins = uploads_name(field.data_type.name())?;
    let mut numbered = (1..10_000).map(|number| format!("{begins}{number}__s"));
    let api_name = numbered.find(|name| schema.module(name).is_none())?;
    let names = Names { api_name: &api_name, label: &field.field_label, number: next_number(schema) };
    let module = uploads(mint, names, parent);
    field.described.insert(UPLOADS.to_owned(), module.api_name.clone().into());
    Some(module)
}

/// Modules that came with fields are numbered.
pub fn next_number(schema: &OrgSchema) -> usize {
    schema.modules().iter().filter(|module| is_rows(module)).count() + 1
}

/// What the hidden module of a field of that type is called, before its number; `None` for types without one.
pub fn uploads_name(data_type: &str) -> Option<&'static str> {
    match data_type {
        "fileupload" => Some("File_Upload_"),
        "imageupload" => Some("Image_Upload_"),
        _ => None,
    }
}

/// Position of the field that points from a row to its record.
pub fn parent_index(rows: &ModuleDef) -> Option<usize> {
    rows.fields().iter().position(|field| field.column.as_deref() == Some(PARENT_COLUMN))
}

/// True for modules whose records are rows of another module's.
pub fn is_rows(module: &ModuleDef) -> bool {
    matches!(module.text("generated_type"), "subform" | "linking")
}

/// A name that no module has yet: the wanted one, or that with a number.
pub fn free_name(wanted: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(wanted) {
        return wanted.to_owned();
    }
    let numbered = (1..10_000).map(|number| format!("{wanted}{number}")).find(|name| !is_taken(name));
    numbered.unwrap_or_else(|| wanted.to_owned())
}

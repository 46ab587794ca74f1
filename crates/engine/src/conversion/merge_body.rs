//! What the caller wants of a merge: the children, and whose values the master gets.

use dealwright_schema::{FieldDef, Form, ModuleDef};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use crate::attachments::of_record;
use crate::records::draft;
use crate::settings::entry::Entry;

/// Records that are merged into a master at most.
const CHILDREN: usize = 2;

const NO_CHILDREN: &str = " Atleast one child record id is required to be merged.";
const TOO_MANY_CHILDREN: &str = " More than 2 child record ids cannot be merged.";

/// Fields of deals that follow from others, and what is said of them.
const FOLLOWING: [(&str, &str); 4] = [
    ("Closing_Date", "Closing date will be automatically populated based on master record"),
    ("Stage", "Stage field will be automatically populated based on chosen Pipeline"),
    (
        "Probability",
        "Probability and Expected Revenue fields will be automatically populated based on chosen Stage",
    ),
    (
        "Expected_Revenue",
        "Probability and Expected Revenue fields will be automatically populated based on chosen Stage",
    ),
];

/// A record that goes into the master, and the fields whose values it gives.
#[derive(Debug, Clone)]
pub(super) struct Child {
    pub id: Id,
    /// Where it stands: `$.merge[0].data[1]`.
    pub path: String,
    pub fields: Vec<usize>,
    /// Of fields that hold files: the rows that are meant; those of other fields, and of fields without a word here,
    /// are all meant.
    pub files: Vec<(usize, Vec<Id>)>,
}

/// One merge as it is wanted.
#[derive(Debug, Clone)]
pub(super) struct MergeBody {
    pub children: Vec<Child>,
    /// `data` and `master_record_fields` as the status shows them.
    pub shown: Value,
}

/// Who names a field, for the words of the errors.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Child,
    Master,
}

impl MergeBody {
    /// Reads the one entry of `merge`.
    pub(super) fn read(module: &ModuleDef, entry: &Entry<'_>, master: Id) -> Result<Self, ApiError> {
        let given = entry.entries("data")?;
        if given.is_empty() {
            let error = entry.error(Code::InvalidData, "data").message(NO_CHILDREN);
            return Err(error.detail("minimum_length", "1"));
        }
        if given.len() > CHILDREN {
            let error = entry.error(Code::InvalidData, "data").message(TOO_MANY_CHILDREN);
            return Err(error.detail("maximum_length", CHILDREN));
        }
        let mut children: Vec<Child> = Vec::new();
        let (mut taken, mut rows) = (Vec::new(), Vec::new());
        for child in &given {
            let id = child.id("id")?.ok_or_else(|| child.missing("id").message("required id not found"))?;
            if id == master || children.iter().any(|other| other.id == id) {
                return Err(child
                    .error(Code::DuplicateData, "id")
                    .message("Valid record ids need to be given for merging"));
            }
            let named = fields(module, child, "_fields", Side::Child, &mut taken)?;
            rows.push(json!({ "id": id, "_fields": named.shown }));
            children.push(Child {
                id,
                path: child.path().to_owned(),
                fields: named.fields,
                files: named.files,
            });
        }
        let kept = fields(module, entry, "master_record_fields", Side::Master, &mut taken)?.shown;
        refuse_torn_contact(module, entry, &children)?;
        Ok(Self { children, shown: json!({ "data": rows, "master_record_fields": kept }) })
    }
}

/// The fields that one record is named with.
#[derive(Default)]
struct Named {
    fields: Vec<usize>,
    files: Vec<(usize, Vec<Id>)>,
    shown: Vec<Value>,
}

/// The fields under `key`, and how they are shown again. `taken` are those named before.
fn fields(
    module: &ModuleDef,
    entry: &Entry<'_>,
    key: &str,
    side: Side,
    taken: &mut Vec<usize>,
) -> Result<Named, ApiError> {
    let mut found = Named::default();
    for named in entry.entries(key)? {
        let name = named.text("api_name", 100)?.ok_or_else(|| {
            named.missing("api_name").message(match side {
                Side::Child => "API name of the field is not mentioned",
                Side::Master => "API name not mentioned for the master record",
            })
        })?;
        if let Some((_, message)) =
            FOLLOWING.iter().find(|(field, _)| *field == name && module.api_name == "Deals")
        {
            return Err(named.error(Code::NotAllowedHere, "api_name").message(*message));
        }
        let at = module.field_index(name).filter(|&at| is_mergeable(&module.fields()[at]));
        let at = at.ok_or_else(|| named.error(Code::InvalidData, "api_name"))?;
        if taken.contains(&at) {
            return Err(named
                .error(Code::DuplicateData, "api_name")
                .message("When one field is mentioned more than once"));
        }
        let files = files(&module.fields()[at], &named, side)?;
        if !files.is_empty() {
            found.files.push((at, files));
        }
        taken.push(at);
        found.fields.push(at);
        let data = named.value("_data").cloned().unwrap_or_else(|| json!([]));
        found.shown.push(json!({ "api_name": name, "_data": data }));
    }
    Ok(found)
}

/// True for fields whose values a record may take from another.
fn is_mergeable(field: &FieldDef) -> bool {
    field.column.is_some()
        && !field.read_only
        && !draft::is_system(&field.api_name)
        && field.auto_number.is_none()
        && !matches!(field.data_type.get().form, Form::Subform | Form::Layout)
}

/// Fields that hold files say which of them are meant: ids of rows, or nothing for all.
fn files(field: &FieldDef, named: &Entry<'_>, side: Side) -> Result<Vec<Id>, ApiError> {
    if !of_record::holds_files(field) {
        return Ok(Vec::new());
    }
    if !named.names("_data") {
        let path = named.error(Code::DependentFieldMissing, "api_name").details["json_path"].clone();
        return Err(named
            .error(Code::DependentFieldMissing, "_data")
            .message(match side {
                Side::Child => "_data array is not mentioned for the child record",
                Side::Master => "_data array is not mentioned for the master record",
            })
            .detail("dependee", json!({ "api_name": "api_name", "json_path": path })));
    }
    let given = named.entries("_data")?;
    given.iter().map(|row| row.id("id")?.ok_or_else(|| row.missing("id"))).collect()
}

/// A contact reports to somebody of its own account: both come from the same record.
fn refuse_torn_contact(module: &ModuleDef, entry: &Entry<'_>, children: &[Child]) -> Result<(), ApiError> {
    if module.api_name != "Contacts" {
        return Ok(());
    }
    let source = |name: &str| {
        let at = module.field_index(name);
        children.iter().find(|child| at.is_some_and(|at| child.fields.contains(&at))).map(|child| child.id)
    };
    if source("Reporting_To") == source("Account_Name") {
        return Ok(());
    }
    Err(entry
        .error(Code::InvalidData, "data")
        .message("Reporting to and account should belong to the same record"))
}

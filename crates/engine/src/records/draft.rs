//! From a record as it was sent to values that have the right form: checked field by field, references still open.

use dealwright_schema::field_types::By;
use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, Value, ValueCx, rows};
use dealwright_wire::{ApiError, Code, Id, letters};
use serde_json::value::RawValue;

use crate::cx::Cx;
use crate::files::given::{self, Given};
use crate::files::moves::Moves;
use crate::records::body::{self, RecordInput};
use crate::records::calls;
use crate::records::external::{self, Externals};
use crate::records::line_items;
use crate::snapshot::Snapshot;

/// Fields that only the server writes.
const SYSTEM: [&str; 8] = [
    "id",
    "Created_Time",
    "Modified_Time",
    "Created_By",
    "Modified_By",
    "Full_Name",
    "Last_Activity_Time",
    "Stage_Modified_Time",
];

/// Rows of one subform at most.
const ROWS: usize = 200;

/// A record on its way in.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    /// Where it stands in the body: `$.data[3]`.
    pub path: String,
    /// Which record is meant; `None` for a new one.
    pub id: Option<Id>,
    /// Values by field position. `None`: not sent.
    pub cells: Vec<Option<Cell<'static>>>,
    /// Lookups still to be found in the store.
    pub references: Vec<Pending>,
    /// Modules of found polymorphic lookups, by field position.
    pub modules: Vec<(usize, Id)>,
    /// Subforms that were sent, by field position.
    pub subforms: Vec<(usize, Vec<Draft>)>,
    /// Rows that those subforms had before the change, as JSON, by field position.
    pub rows_before: Vec<(usize, String)>,
    /// File and image upload fields that were sent, by field position.
    pub files: Vec<(usize, Vec<Given>)>,
    /// What becomes of files when the record is written.
    pub file_moves: Moves,
    /// Multi-select fields whose options are added.
    pub append: Vec<usize>,
    /// Row of a subform that shall go.
    pub delete: bool,
    /// Discount of a line item in percent.
    pub discount_percent: Option<rust_decimal::Decimal>,
    /// A layout was named, so that what it demands is demanded.
    pub has_layout: bool,
    /// Value of the external field that names the record in place of its id.
    pub external: Option<String>,
}

/// A lookup whose target has to be found or checked.
#[derive(Debug, Clone)]
pub(crate) struct Pending {
    pub field: usize,
    pub target: Id,
    pub by: PendingBy,
}

#[derive(Debug, Clone)]
pub(crate) enum PendingBy {
    Id(Id),
    Name(String),
    /// By the value of an external field of the target.
    External {
        field: String,
        value: String,
    },
}

impl Draft {
    /// A draft without values.
    pub(crate) fn empty(module: &ModuleDef, path: String) -> Self {
        Self {
            path,
            id: None,
            cells: vec![None; module.fields().len()],
            references: Vec::new(),
            modules: Vec::new(),
            subforms: Vec::new(),
            rows_before: Vec::new(),
            files: Vec::new(),
            file_moves: Moves::default(),
            append: Vec::new(),
            delete: false,
            discount_percent: None,
            has_layout: false,
            external: None,
        }
    }

    /// `$.data[3].Field`
    pub(crate) fn path_of(&self, field: &FieldDef) -> String {
        format!("{}.{}", self.path, field.api_name)
    }

    /// True when the field was sent with something in it.
    pub(crate) fn fills(&self, field: usize) -> bool {
        self.cells[field].as_ref().is_some_and(|cell| !cell.is_null())
            || self.references.iter().any(|pending| pending.field == field)
            || self.subforms.iter().any(|(at, rows)| *at == field && rows.iter().any(|row| !row.delete))
            || self.files.iter().any(|(at, rows)| *at == field && rows.iter().any(|row| !row.delete))
    }

    /// True when the field was sent, also when it was sent empty.
    pub(crate) fn names(&self, field: usize) -> bool {
        self.cells[field].is_some()
            || self.fills(field)
            || self.subforms.iter().any(|(at, _)| *at == field)
            || self.files.iter().any(|(at, _)| *at == field)
    }

    /// `MANDATORY_NOT_FOUND` for a field of this record.
    pub(crate) fn mandatory(&self, field: &FieldDef) -> ApiError {
        let error = ApiError::new(Code::MandatoryNotFound).field(&field.api_name, self.path_of(field));
        match self.id {
            Some(id) => error.id(id),
            None => error,
        }
    }
}

/// Reads each element of `data`; a record that is refused keeps its place.
pub(crate) fn drafts(cx: &Cx, module: &ModuleDef, records: &[&RawValue]) -> Vec<Result<Draft, ApiError>> {
    read_all(cx, module, records, &Externals::default(), &[])
}

/// [`drafts`], passing over some fields, by position.
pub(crate) fn drafts_without(
    cx: &Cx,
    module: &ModuleDef,
    records: &[&RawValue],
    passed_over: &[usize],
) -> Vec<Result<Draft, ApiError>> {
    read_all(cx, module, records, &Externals::default(), passed_over)
}

/// [`drafts`], with records named by external fields.
pub(crate) fn drafts_with(
    cx: &Cx,
    module: &ModuleDef,
    records: &[&RawValue],
    externals: &Externals,
) -> Vec<Result<Draft, ApiError>> {
    read_all(cx, module, records, externals, &[])
}

fn read_all(
    cx: &Cx,
    module: &ModuleDef,
    records: &[&RawValue],
    externals: &Externals,
    passed_over: &[usize],
) -> Vec<Result<Draft, ApiError>> {
    let place = |at: usize| ("data", format!("$.data[{at}]"));
    let records = records.iter().enumerate();
    records.map(|(at, raw)| read(cx, module, raw, place(at), externals, passed_over)).collect()
}

/// Reads one record that stands under the key `key`, at `path` of the body.
pub(crate) fn draft(
    cx: &Cx,
    module: &ModuleDef,
    raw: &RawValue,
    key: &str,
    path: String,
) -> Result<Draft, ApiError> {
    read(cx, module, raw, (key, path), &Externals::default(), &[])
}

/// Reads one record; `place` is the key it stands under and its path.
fn read(
    cx: &Cx,
    module: &ModuleDef,
    raw: &RawValue,
    place: (&str, String),
    externals: &Externals,
    passed_over: &[usize],
) -> Result<Draft, ApiError> {
    let reader = Reader {
        cx,
        externals,
        snapshot: &cx.snapshot,
        value_cx: ValueCx { zone: &cx.snapshot.zone, compat: cx.compat },
        lenient: cx.is_lenient(),
    };
    let (key, path) = place;
    let Some(mut input) = body::record(raw, module, reader.lenient) else {
        return Err(ApiError::new(Code::InvalidData)
            .detail("expected_data_type", "jsonobject")
            .field(key, path));
    };
    if input.second_name {
        cx.note("close-date");
    }
    input.values.retain(|(at, _)| !passed_over.contains(at));
    reader.draft(module, path, &input, &[])
}

struct Reader<'a> {
    cx: &'a Cx,
    externals: &'a Externals,
    snapshot: &'a Snapshot,
    value_cx: ValueCx<'a>,
    lenient: bool,
}

impl Reader<'_> {
    /// `above` are the names of the subforms around the record, from the outside.
    fn draft(
        &self,
        module: &ModuleDef,
        path: String,
        input: &RecordInput<'_>,
        above: &[&str],
    ) -> Result<Draft, ApiError> {
        let mut draft = Draft::empty(module, path);
        draft.delete = input.delete;
        draft.append.clone_from(&input.append);
        let own = self.externals.own.filter(|_| above.is_empty());
        if let Some(raw) = input.id.filter(|raw| *raw != "null" && own.is_some()) {
            draft.external = external::value_text(raw);
        } else if let Some(raw) = input.id.filter(|raw| *raw != "null") {
            draft.id = Some(id(raw).ok_or_else(|| bad_id(&draft.path, raw))?);
        }
        // `$se_module` beside both kinds of parents tells about the one that can be anything.
        let is_for_other =
            input.values.iter().any(|(at, raw)| module.fields()[*at].is_any_module() && *raw != "null");
        for &(at, raw) in &input.values {
            let field = &module.fields()[at];
            let is_parent = field.column.as_deref() == Some(rows::PARENT_COLUMN) && !above.is_empty();
            if field.read_only || is_parent || SYSTEM.contains(&field.api_name.as_str()) {
                continue;
            }
            if let Some(name) = self.externals.lookup(above, field)
                && raw != "null"
            {
                let pending = external::pending(self.snapshot, field, at, name, raw);
                draft
                    .references
                    .push(pending.map_err(|error| error.field(&field.api_name, draft.path_of(field)))?);
                continue;
            }
            if let Some(percent) = line_items::percent(module, field, raw) {
                draft.discount_percent = Some(percent);
                continue;
            }
            match field.parse(raw, &self.value_cx) {
                Ok(Value::Ignored) => {}
                Ok(Value::Cell(Cell::Null)) if line_items::is_discount(module, field) => {
                    draft.cells[at] = Some(Cell::Int(0));
                }
                Ok(Value::Cell(cell)) => {
                    if self.lenient && field.is_unlisted(&cell) {
                        self.cx.note("picklist-values");
                    }
                    draft.cells[at] = Some(cell.into_owned());
                }
                Ok(Value::User(reference)) => {
                    draft.cells[at] = Some(self.user(&draft, field, &reference.by)?);
                }
                Ok(Value::Record(reference)) => {
                    let se_module =
                        input.se_module.as_deref().filter(|_| field.is_any_module() || !is_for_other);
                    self.record(&mut draft, at, field, reference, se_module)?;
                }
                Ok(Value::Rows(raw)) => {
                    let rows = self.rows(&draft, field, raw, above)?;
                    draft.subforms.retain(|(other, _)| *other != at);
                    draft.subforms.push((at, rows));
                }
                Ok(Value::Files(raw)) => {
                    let rows = given::read(raw, &draft.path_of(field))?;
                    draft.files.retain(|(other, _)| *other != at);
                    draft.files.push((at, rows));
                }
                Err(refused) => {
                    let (place, key) = refused.place();
                    let path = format!("{}{place}", draft.path_of(field));
                    let name = key.unwrap_or(&field.api_name).to_owned();
                    return Err(refused.error.field(&name, path));
                }
            }
        }
        if draft.external.is_none()
            && let Some(own) = own
        {
            draft.external = draft.cells[own].as_ref().and_then(Cell::as_text).map(str::to_owned);
        }
        Self::check_layout(module, &mut draft)?;
        Ok(draft)
    }

    /// A layout that is named is the module's, and fields that are not in it are passed over.
    fn check_layout(module: &ModuleDef, draft: &mut Draft) -> Result<(), ApiError> {
        let Some(at) = module.fields().iter().position(|field| field.data_type.get().form == Form::Layout)
        else {
            return Ok(());
        };
        let Some(Cell::Int(id)) = draft.cells[at] else { return Ok(()) };
        let field = &module.fields()[at];
        if id != module.layout_id.get() {
            let error = ApiError::new(Code::InvalidData).message("the id given seems to be invalid");
            return Err(error.field(&field.api_name, draft.path_of(field)).detail("id", id.to_string()));
        }
        draft.has_layout = true;
        for (at, field) in module.fields().iter().enumerate() {
            if field.section.is_none() && field.data_type.get().form != Form::Layout {
                draft.cells[at] = None;
                draft.references.retain(|pending| pending.field != at);
            }
        }
        Ok(())
    }

    fn user(&self, draft: &Draft, field: &FieldDef, by: &By<'_>) -> Result<Cell<'static>, ApiError> {
        let user = match by {
            By::Id(id) => self.snapshot.user(*id),
            By::Email(email) => self.snapshot.users.iter().find(|user| letters::same(&user.email, email)),
            By::Name(name) => self.snapshot.users.iter().find(|user| letters::same(&user.full_name(), name)),
        };
        user.filter(|user| user.is_active).map(|user| user.id.into()).ok_or_else(|| {
            ApiError::new(Code::InvalidData)
                .message("the id given seems to be invalid")
                .field(&field.api_name, draft.path_of(field))
        })
    }

    fn record(
        &self,
        draft: &mut Draft,
        at: usize,
        field: &FieldDef,
        reference: dealwright_schema::Reference<'_>,
        se_module: Option<&str>,
    ) -> Result<(), ApiError> {
        let name = if let Some(name) = field.lookup_module() {
            let also = field.lookup.as_ref().map_or(&[][..], |lookup| &lookup.also);
            let named = reference.module.as_deref().or(se_module);
            also.iter().find(|also| Some(also.as_str()) == named).map_or(name, String::as_str).to_owned()
        } else {
            let given = reference.module.as_deref().or(se_module).map(str::to_owned);
            given.ok_or_else(|| {
                ApiError::new(Code::DependentFieldMissing)
                    .detail("dependee", serde_json::json!({ "api_name": "$se_module", "json_path": format!("{}.$se_module", draft.path) }))
                    .field(&field.api_name, draft.path_of(field))
            })?
        };
        let target = self.snapshot.schema.module(&name).filter(|module| module.has_records());
        let target = target.ok_or_else(|| {
            ApiError::new(Code::InvalidData)
                .message("the module name given seems to be invalid")
                .field(&field.api_name, draft.path_of(field))
        })?;
        let by = match reference.by {
            By::Id(id) => PendingBy::Id(id),
            By::Name(name) => PendingBy::Name(name.into_owned()),
            By::Email(_) => {
                return Err(ApiError::new(Code::InvalidData)
                    .detail("expected_data_type", "bigint")
                    .field("id", format!("{}.id", draft.path_of(field))));
            }
        };
        draft.cells[at] = None;
        draft.references.retain(|pending| pending.field != at);
        draft.references.push(Pending { field: at, target: target.id, by });
        Ok(())
    }

    fn rows(
        &self,
        draft: &Draft,
        field: &FieldDef,
        raw: &str,
        above: &[&str],
    ) -> Result<Vec<Draft>, ApiError> {
        let refused = |error: ApiError| error.field(&field.api_name, draft.path_of(field));
        let module = field.subform.as_deref().and_then(|name| self.snapshot.schema.module(name));
        let module = module.ok_or_else(|| refused(ApiError::new(Code::InvalidData)))?;
        let rows: Vec<&RawValue> = serde_json::from_str(raw).map_err(|_| {
            refused(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonarray"))
        })?;
        if rows.len() > ROWS {
            return Err(refused(ApiError::new(Code::LimitExceeded).detail("maximum_length", ROWS)));
        }
        rows.iter()
            .enumerate()
            .map(|(at, raw)| {
                let path = format!("{}[{at}]", draft.path_of(field));
                let input = body::record(raw, module, self.lenient).ok_or_else(|| {
                    let error = ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonobject");
                    error.field(&field.api_name, path.clone())
                })?;
                let above: Vec<&str> = above.iter().copied().chain([field.api_name.as_str()]).collect();
                let mut row = self.draft(module, path, &input, &above)?;
                self.take_user(module, field, &mut row);
                if row.id.is_none() {
                    check_mandatory(module, &row)?;
                }
                Ok(row)
            })
            .collect()
    }

    /// A row of linked users may name the user by the bare id: no row has an id of a user.
    fn take_user(&self, module: &ModuleDef, field: &FieldDef, row: &mut Draft) {
        let links = field.links.as_ref().filter(|links| links.module.is_none());
        let connected = links.and_then(|links| module.field_index(&links.connected));
        let user = row.id.and_then(|id| self.snapshot.user(id)).filter(|user| user.is_active);
        if let (Some(connected), Some(user)) = (connected, user)
            && row.cells[connected].is_none()
        {
            row.cells[connected] = Some(user.id.into());
            row.id = None;
        }
    }
}

fn id(raw: &str) -> Option<Id> {
    serde_json::from_str(raw).ok()
}

fn bad_id(path: &str, raw: &str) -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the id given seems to be invalid")
        .detail("id", raw.trim_matches('"'))
        .detail("expected_data_type", "bigint")
        .field("id", format!("{path}.id"))
}

/// Every mandatory field is there; for new records and for replaced ones.
pub(crate) fn check_mandatory(module: &ModuleDef, draft: &Draft) -> Result<(), ApiError> {
    for (at, field) in module.fields().iter().enumerate() {
        let demanded = field.system_mandatory || (draft.has_layout && field.layout_required);
        if demanded && !draft.fills(at) && !calls::has_own_demand(module, at) {
            return Err(draft.mandatory(field));
        }
    }
    Ok(())
}

/// No mandatory field is emptied; for changes that name only some fields.
pub(crate) fn check_not_emptied(module: &ModuleDef, draft: &Draft) -> Result<(), ApiError> {
    for (at, field) in module.fields().iter().enumerate() {
        let emptied = field.system_mandatory && draft.names(at) && !draft.fills(at);
        let emptied = emptied && !calls::has_own_demand(module, at);
        // A subform that is sent with rows to delete may still keep others.
        if emptied && (field.data_type.get().form != Form::Subform || empties_subform(draft, at)) {
            return Err(draft.mandatory(field));
        }
    }
    Ok(())
}

fn empties_subform(draft: &Draft, field: usize) -> bool {
    draft.subforms.iter().any(|(at, rows)| *at == field && rows.is_empty())
}

/// True for fields that only the server writes.
pub(crate) fn is_system(api_name: &str) -> bool {
    SYSTEM.contains(&api_name)
}

//! `X-EXTERNAL`: records named by the value of an external field in place of their id.
//!
//! The header lists paths, separated by commas: `Leads.External_ID` for the records of the call, in its path or its
//! body; `Quotes.Account_Name.External_ID` for what a lookup points to; and
//! `Quotes.Quoted_Items.Product_Name.External_ID` for what a lookup in the rows of a subform points to.

use std::collections::HashMap;

use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_store::Weight;
use dealwright_wire::{ApiError, Code, Id, letters};

use crate::access::Grant;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::draft::{Draft, Pending, PendingBy};
use crate::records::find;
use crate::records::get::parse_id;
use crate::records::outcome::{Done, Outcome};
use crate::request::Request;
use crate::snapshot::Snapshot;

/// What the header says about one module.
#[derive(Debug, Default)]
pub(crate) struct Externals {
    /// Position of the field that names the records themselves.
    pub own: Option<usize>,
    /// Names of the fields on the way to a lookup, and the external field of its target.
    lookups: Vec<(Vec<String>, String)>,
}

impl Externals {
    /// Reads the header. Paths that begin with another module are passed over.
    pub(crate) fn of(cx: &Cx, module: &ModuleDef, request: &Request) -> Result<Self, ApiError> {
        let mut found = Self::default();
        let Some(header) = &request.external else { return Ok(found) };
        for path in header.split(',').map(str::trim) {
            let mut names = path.split('.').map(str::trim);
            if !names.next().is_some_and(|name| name.eq_ignore_ascii_case(&module.api_name)) {
                continue;
            }
            let names: Vec<&str> = names.collect();
            match names.as_slice() {
                [own] => found.own = Some(own_field(module, own)?),
                [way @ .., name] if !way.is_empty() => {
                    check_way(&cx.snapshot, module, way, name)?;
                    found
                        .lookups
                        .push((way.iter().map(|&name| name.to_owned()).collect(), (*name).to_owned()));
                }
                _ => return Err(unfit(path)),
            }
        }
        Ok(found)
    }

    /// External field by which the lookup is given, in a record inside these subforms.
    pub(crate) fn lookup(&self, above: &[&str], field: &FieldDef) -> Option<&str> {
        let is_way = |way: &Vec<String>| {
            way.iter().map(String::as_str).eq(above.iter().copied().chain([field.api_name.as_str()]))
        };
        self.lookups.iter().find(|(way, _)| is_way(way)).map(|(_, name)| name.as_str())
    }

    /// What names the record of each draft, to be shown beside the ids of what was done.
    pub(crate) fn values(drafts: &[Result<Draft, ApiError>]) -> Vec<Option<String>> {
        let value =
            |slot: &Result<Draft, ApiError>| slot.as_ref().ok().and_then(|draft| draft.external.clone());
        drafts.iter().map(value).collect()
    }

    /// The outcomes with the external field and its value in their details.
    pub(crate) fn outcomes(
        &self,
        module: &ModuleDef,
        results: Vec<Result<Done, ApiError>>,
        values: Vec<Option<String>>,
    ) -> Vec<Outcome> {
        let name = self.own.map(|at| module.fields()[at].api_name.clone());
        let outcome = |(result, value): (Result<Done, ApiError>, Option<String>)| match (result, &name, value)
        {
            (Ok(done), Some(name), Some(value)) => Outcome::External(done, name.clone(), value),
            (Ok(done), ..) => Outcome::Done(done),
            (Err(error), ..) => Outcome::Failed(error),
        };
        results.into_iter().zip(values).map(outcome).collect()
    }

    /// Finds the records that drafts name by the external field. One that names none stays without an id; a value
    /// that no record has is an error where `must_exist` says so.
    pub(crate) async fn identify(
        &self,
        cx: &Cx,
        grant: &Grant,
        drafts: &mut [Result<Draft, ApiError>],
        must_exist: bool,
    ) -> Result<(), Error> {
        let Some(field) = self.own.map(|at| &grant.module.fields()[at]) else { return Ok(()) };
        let values: Vec<String> =
            drafts.iter().flatten().filter_map(|draft| draft.external.clone()).collect();
        let found = find_all(cx, grant, field, &values).await?;
        for slot in drafts.iter_mut() {
            let Ok(draft) = slot else { continue };
            let Some(value) = &draft.external else { continue };
            match one(&found, value) {
                Ok(None) if !must_exist => {}
                Ok(None) => {
                    *slot = Err(nothing(&field.api_name).field(&field.api_name, draft.path_of(field)));
                }
                Ok(id) => draft.id = id,
                Err(error) => *slot = Err(error.field(&field.api_name, draft.path_of(field))),
            }
        }
        Ok(())
    }
}

/// The records that a list of a query names: by id, or by the external field. Each in its place.
pub(crate) async fn listed(
    cx: &Cx,
    grant: &Grant,
    externals: &Externals,
    values: &[&str],
) -> Result<Vec<Result<Id, ApiError>>, Error> {
    let Some(field) = externals.own.map(|at| &grant.module.fields()[at]) else {
        return Ok(values.iter().map(|text| parse_id(text)).collect());
    };
    let values: Vec<String> = values.iter().map(|&value| value.to_owned()).collect();
    let found = find_all(cx, grant, field, &values).await?;
    let id = |value: &String| one(&found, value)?.ok_or_else(|| nothing(&field.api_name));
    Ok(values.iter().map(id).collect())
}

/// The record a path names: by id, or by the external field the header names.
pub(crate) async fn path_id(cx: &Cx, grant: &Grant, request: &Request) -> Result<Id, Error> {
    let externals = Externals::of(cx, &grant.module, request)?;
    let Some(field) = externals.own.map(|at| &grant.module.fields()[at]) else {
        return Ok(parse_id(request.segment(1))?);
    };
    let value = request.segment(1);
    if value.is_empty() || value.contains('\0') {
        let error = ApiError::new(Code::InvalidData).message("The value of the external field is invalid.");
        return Err(error.detail("api_name", field.api_name.as_str()).into());
    }
    let found = find_all(cx, grant, field, &[value.to_owned()]).await?;
    Ok(one(&found, value)?.ok_or_else(|| nothing(&field.api_name))?)
}

/// The record that a text from the path or a parameter names, when the header names an external field of its
/// module; `None` when it does not, so that the text is an id.
pub(crate) async fn named(
    cx: &Cx,
    grant: &Grant,
    request: &Request,
    value: &str,
) -> Result<Option<Id>, Error> {
    let Some(field) = field(&grant.module, request)? else { return Ok(None) };
    let found = find_all(cx, grant, field, &[value.to_owned()]).await?;
    Ok(Some(one(&found, value)?.ok_or_else(|| nothing(&field.api_name))?))
}

/// The records whose external field has one of the values, in their order, with one query.
pub(crate) async fn named_many(
    cx: &Cx,
    grant: &Grant,
    request: &Request,
    values: &[String],
) -> Result<Vec<Result<Id, ApiError>>, Error> {
    let Some(field) = field(&grant.module, request)? else { return Ok(Vec::new()) };
    let found = find_all(cx, grant, field, values).await?;
    let id = |value: &String| one(&found, value)?.ok_or_else(|| nothing(&field.api_name));
    Ok(values.iter().map(id).collect())
}

/// The external field that the header names for the records of `module` themselves.
pub(crate) fn field<'m>(module: &'m ModuleDef, request: &Request) -> Result<Option<&'m FieldDef>, ApiError> {
    let header = request.external.as_deref().unwrap_or_default();
    let name = header.split(',').map(str::trim).find_map(|path| {
        let (of, name) = path.split_once('.')?;
        (of.eq_ignore_ascii_case(&module.api_name) && !name.contains('.')).then_some(name)
    });
    let at = name.map(|name| own_field(module, name)).transpose()?;
    Ok(at.map(|at| &module.fields()[at]))
}

/// The text of an external value: a string, or the digits of a number.
pub(crate) fn value_text(raw: &str) -> Option<String> {
    match serde_json::from_str(raw) {
        Ok(serde_json::Value::String(text)) => Some(text.trim().to_owned()),
        Ok(serde_json::Value::Number(number)) => Some(number.to_string()),
        _ => None,
    }
    .filter(|text| !text.is_empty() && !text.contains('\0'))
}

/// A lookup that is given by an external field of its target: the value alone, or in an object under the field's name
/// or under `id`.
pub(crate) fn pending(
    snapshot: &Snapshot,
    field: &FieldDef,
    at: usize,
    name: &str,
    raw: &str,
) -> Result<Pending, ApiError> {
    let expected = || ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonobject");
    let target = field.lookup_module().and_then(|name| snapshot.schema.module(name)).ok_or_else(expected)?;
    let value = if raw.starts_with('{') {
        let object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(raw).map_err(|_| expected())?;
        object.get(name).or_else(|| object.get("id")).and_then(|value| value_text(&value.to_string()))
    } else {
        value_text(raw)
    };
    let by = PendingBy::External { field: name.to_owned(), value: value.ok_or_else(expected)? };
    Ok(Pending { field: at, target: target.id, by })
}

/// The one record of the value; an error when several have it.
pub(crate) fn one(found: &HashMap<String, Vec<Id>>, value: &str) -> Result<Option<Id>, ApiError> {
    match found.get(&*letters::fold(value)).map(Vec::as_slice) {
        None | Some([]) => Ok(None),
        Some([one]) => Ok(Some(*one)),
        Some(_) => {
            Err(ApiError::new(Code::DuplicateData).message("The external field contains duplicate data."))
        }
    }
}

/// No record has the value.
pub(crate) fn nothing(field: &str) -> ApiError {
    ApiError::new(Code::InvalidData).message(Code::NotFound.message()).detail("api_name", field)
}

/// The caller's to see, whatever the call is going to do with them: what must not be done is refused later.
async fn find_all(
    cx: &Cx,
    grant: &Grant,
    field: &FieldDef,
    values: &[String],
) -> Result<HashMap<String, Vec<Id>>, Error> {
    // PostgreSQL takes no NUL, and no record has one.
    let values: Vec<String> = values.iter().filter(|value| !value.contains('\0')).cloned().collect();
    let (grant, name) = (grant.to_view(), field.api_name.clone());
    cx.org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move { find::by_values(conn, &grant, &name, &values).await })
        })
        .await
}

fn own_field(module: &ModuleDef, name: &str) -> Result<usize, ApiError> {
    let is_external = |at: &usize| {
        let field = &module.fields()[*at];
        field.external.is_some() && field.column.is_some()
    };
    module.field_index(name).filter(is_external).ok_or_else(|| unfit(name))
}

/// The way leads through subforms to a lookup whose target has the external field.
fn check_way(snapshot: &Snapshot, module: &ModuleDef, way: &[&str], name: &str) -> Result<(), ApiError> {
    let mut module = module;
    for (at, step) in way.iter().enumerate() {
        let field = module.field(step).ok_or_else(|| unfit(step))?;
        let next = if at + 1 == way.len() { field.lookup_module() } else { field.subform.as_deref() };
        module = next.and_then(|name| snapshot.schema.module(name)).ok_or_else(|| unfit(step))?;
    }
    own_field(module, name).map(drop)
}

fn unfit(name: &str) -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("The external field given seems to be invalid")
        .detail("api_name", name)
}

//! `X-EXTERNAL: Module.Field`: records addressed by the value of an external field instead of their id.

use dealwright_schema::{FieldDef, ModuleDef, Value, ValueCx};
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};

use crate::cx::Cx;
use crate::error::Error;
use crate::records::get::parse_id;
use crate::request::Request;

/// The record a path names: by id, or by the external field the header names.
pub(crate) async fn path_id(cx: &Cx, module: &ModuleDef, request: &Request) -> Result<Id, Error> {
    match field(module, request)? {
        None => Ok(parse_id(request.segment(1))?),
        Some(field) => find(cx, module, field, request.segment(1)).await,
    }
}

/// The record that a text from the path or a parameter names, when the header names an external field of its
/// module; `None` when it does not, so that the text is an id.
pub(crate) async fn named(
    cx: &Cx,
    module: &ModuleDef,
    request: &Request,
    value: &str,
) -> Result<Option<Id>, Error> {
    match field(module, request)? {
        None => Ok(None),
        Some(field) => find(cx, module, field, value).await.map(Some),
    }
}

/// The external field of `module` that the header names.
pub(crate) fn field<'m>(module: &'m ModuleDef, request: &Request) -> Result<Option<&'m FieldDef>, ApiError> {
    let Some(header) = &request.external else { return Ok(None) };
    let named = header.split(',').map(str::trim).find_map(|part| {
        let (of, name) = part.split_once('.')?;
        of.eq_ignore_ascii_case(&module.api_name).then_some(name)
    });
    let Some(name) = named else { return Ok(None) };
    let invalid = || {
        ApiError::new(Code::InvalidData)
            .message("The external field given seems to be invalid")
            .detail("api_name", name)
    };
    module
        .field(name)
        .filter(|field| field.external.is_some() && field.column.is_some())
        .map(Some)
        .ok_or_else(invalid)
}

/// The one record whose external field has the value.
async fn find(cx: &Cx, module: &ModuleDef, field: &FieldDef, value: &str) -> Result<Id, Error> {
    let invalid = || {
        ApiError::new(Code::InvalidData)
            .message("The value of the external field is invalid.")
            .detail("api_name", field.api_name.as_str())
    };
    let mut raw = Vec::new();
    dealwright_wire::json::string(&mut raw, value);
    let raw = String::from_utf8(raw).unwrap_or_default();
    let value_cx = ValueCx { zone: &cx.snapshot.zone, compat: cx.compat };
    let Ok(Value::Cell(cell)) = field.parse(&raw, &value_cx) else { return Err(invalid().into()) };
    let (table, column) =
        (module.table.as_deref().unwrap_or_default(), field.column.as_deref().unwrap_or_default());
    let dialect = cx.org.store.dialect();
    let (column, argument) = (format!("t.\"{column}\""), "?1".to_owned());
    let test = if field.data_type.get().is_text() {
        format!("{} = {argument}", dialect.fold(&column))
    } else {
        format!("{column} = {argument}")
    };
    let cell = match cell.into_owned() {
        dealwright_schema::Cell::Text(text) => text.to_ascii_lowercase().into(),
        other => other,
    };
    let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE {test} LIMIT 2"));
    let found: Vec<Id> = cx
        .org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(
                async move { Ok::<_, Error>(conn.all(&sql, &[cell], |row| Row::must(row.id(0)?, 0)).await?) },
            )
        })
        .await?;
    match found.as_slice() {
        [one] => Ok(*one),
        [] => Err(invalid()
            .message(
                "There is no data for the ID specified or there is no matching record in the given module.",
            )
            .into()),
        _ => Err(ApiError::new(Code::DuplicateData)
            .message("The external field contains duplicate data.")
            .into()),
    }
}

/// The records whose external field has one of the values, in their order, with one query.
pub(crate) async fn named_many(
    cx: &Cx,
    module: &ModuleDef,
    request: &Request,
    values: &[String],
) -> Result<Vec<Result<Id, ApiError>>, Error> {
    let Some(field) = field(module, request)? else { return Ok(Vec::new()) };
    let invalid = || ApiError::new(Code::InvalidData).message("The value of the external field is invalid.");
    let (table, column) =
        (module.table.as_deref().unwrap_or_default(), field.column.as_deref().unwrap_or_default());
    let (dialect, column) = (cx.org.store.dialect(), format!("t.\"{column}\""));
    let is_text = field.data_type.get().is_text();
    let keys: Vec<Option<Key>> = values.iter().map(|value| Key::of(value, is_text)).collect();
    let known = keys.iter().flatten();
    let (test, argument): (String, dealwright_schema::Cell<'static>) = if is_text {
        let texts = known.filter_map(Key::text).collect::<Vec<String>>();
        (dialect.in_texts(&dialect.fold(&column), "?1"), dealwright_schema::Cell::Texts(texts.into()))
    } else {
        let numbers = known.filter_map(Key::number).collect::<Vec<i64>>();
        (dialect.in_ids(&column, "?1"), dealwright_schema::Cell::Ids(numbers.into()))
    };
    let sql = Sql::from(format!("SELECT t.id, {column} FROM {{{table}}} t WHERE {test}"));
    let found: Vec<(Id, Option<Key>)> = cx
        .org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let read = |row: &Row<'_>| {
                    let key = if is_text {
                        row.text(1)?.map(|text| Key::Text(text.to_ascii_lowercase()))
                    } else {
                        row.int(1)?.map(Key::Number)
                    };
                    Ok((Row::must(row.id(0)?, 0)?, key))
                };
                Ok::<_, Error>(conn.all(&sql, &[argument], read).await?)
            })
        })
        .await?;
    let one = |key: &Option<Key>| {
        let key = key.as_ref().ok_or_else(invalid)?;
        let mut matching = found.iter().filter(|(_, other)| other.as_ref() == Some(key));
        match (matching.next(), matching.next()) {
            (Some((id, _)), None) => Ok(*id),
            (None, _) => Err(invalid().message(Code::NotFound.message())),
            _ => {
                Err(ApiError::new(Code::DuplicateData).message("The external field contains duplicate data."))
            }
        }
    };
    let name = field.api_name.as_str();
    Ok(keys.iter().map(|key| one(key).map_err(|error| error.detail("api_name", name))).collect())
}

/// An external value as it is compared.
#[derive(PartialEq, Eq)]
enum Key {
    /// In ASCII lower case.
    Text(String),
    Number(i64),
}

impl Key {
    fn of(value: &str, is_text: bool) -> Option<Self> {
        if value.contains('\0') {
            return None;
        }
        if is_text {
            Some(Self::Text(value.to_ascii_lowercase()))
        } else {
            value.parse().ok().map(Self::Number)
        }
    }

    fn text(&self) -> Option<String> {
        if let Self::Text(text) = self { Some(text.clone()) } else { None }
    }

    fn number(&self) -> Option<i64> {
        if let Self::Number(number) = self { Some(*number) } else { None }
    }
}

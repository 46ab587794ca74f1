//! `GET /{module}/{id}`: one whole record with its subforms.

use std::sync::Arc;

use dealwright_schema::field::Links;
use dealwright_schema::rows::PARENT_COLUMN;
use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::{ApiError, Code, Id, Instant, json};

use crate::access::Grant;
use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::selection::{Selection, Shape};
use crate::records::{external, line_items, page};
use crate::request::{Answer, Reply, Request};

/// Rows of one subform that are shown with their record. Source: records reference, section 3.1.
const ROWS: usize = 200;

/// Reads one record: 200, 204 when there is none with that id, 304 when it did not change.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { read(cx, request, Shape::One).await })
}

/// [`get`], with a key of the caller's beside those of the record.
pub(crate) async fn read_with(
    cx: &Cx,
    request: &Request,
    beside: Option<(&str, &str)>,
) -> Result<Reply, Error> {
    whole(cx, request, Shape::One, beside).await
}

pub(crate) async fn read(cx: &Cx, request: &Request, shape: Shape) -> Result<Reply, Error> {
    whole(cx, request, shape, None).await
}

async fn whole(
    cx: &Cx,
    request: &Request,
    shape: Shape,
    beside: Option<(&str, &str)>,
) -> Result<Reply, Error> {
    let grant = page::grant_to_view(cx, request.segment(0))?;
    let id = external::path_id(cx, &grant, request).await?;
    let fields = request.params.list("fields").map(|names| names.join(","));
    let mut reader = Reader::new(cx, &grant, fields.as_deref(), shape);
    if let Some((key, value)) = beside {
        reader.beside.push(b',');
        json::string(&mut reader.beside, key);
        reader.beside.push(b':');
        json::string(&mut reader.beside, value);
    }
    let since = request.if_modified_since;
    let found = cx
        .org
        .store
        .read(Weight::Point, move |conn| Box::pin(async move { reader.one(conn, id, since).await }))
        .await?;
    Ok(match found {
        Found::Nothing => Reply::nothing(),
        Found::Unchanged => Reply::not_modified(),
        Found::Record(body) => Reply::json(200, body),
    })
}

/// The id in a path; what is not a numeral of that size names nothing.
pub(crate) fn parse_id(text: &str) -> Result<Id, ApiError> {
    text.parse().map_err(|_| {
        ApiError::new(Code::InvalidData)
            .message("the id given seems to be invalid")
            .detail("resource_path_index", 1)
            .detail("id", text)
    })
}

enum Found {
    Nothing,
    Unchanged,
    Record(Vec<u8>),
}

/// What is needed to read whole records, free of the request's lifetime.
struct Reader {
    selection: Arc<Selection>,
    sql: Sql,
    /// What the statement is told after the id.
    args: Vec<Cell<'static>>,
    snapshot: Arc<crate::snapshot::Snapshot>,
    subforms: Vec<Subform>,
    /// Written behind the keys of the record.
    beside: Vec<u8>,
    /// `$has_more` is shown: in whole records, and where it is asked for.
    tells_more: bool,
}

struct Subform {
    /// Field, and the key its rows stand under in this version.
    key: Vec<u8>,
    selection: Arc<Selection>,
    sql: Sql,
    flat: bool,
}

impl Reader {
    fn new(cx: &Cx, grant: &Grant, fields: Option<&str>, shape: Shape) -> Self {
        let selection = page::selection(cx, grant, fields, shape);
        let table = grant.table();
        // The place of the id.
        let mut args = vec![Cell::Null];
        let scope = grant.and_rows("t", &mut args);
        // Some modules do not keep it: their records always count as changed.
        let keeps_time = grant.module.field("Modified_Time").is_some();
        let modified = if keeps_time { "t.modified_time" } else { "CAST(NULL AS timestamptz)" };
        let text = |sql: &str| format!("SELECT {sql}, {modified} FROM {{{table}}} t WHERE t.id = ?1{scope}");
        // What a limited caller reaches differs from one to the next.
        let sql = if grant.is_scoped() {
            Sql::from(text(&selection.columns(grant, &mut args)))
        } else {
            selection.statement(text)
        };
        let subforms =
            selection.subforms.iter().filter_map(|name| Subform::new(cx, &grant.module, name)).collect();
        let asked = |names: &str| names.split(',').any(|name| name == "$has_more");
        let tells_more = !cx.profile.flat_line_items && fields.is_none_or(asked);
        Self {
            selection,
            sql,
            args,
            snapshot: Arc::clone(&cx.snapshot),
            subforms,
            beside: Vec::new(),
            tells_more,
        }
    }

    async fn one(&self, conn: &mut Conn, id: Id, since: Option<Instant>) -> Result<Found, Error> {
        let mut out = Vec::with_capacity(4096);
        out.extend_from_slice(b"{\"data\":[");
        let mut unchanged = false;
        let mut args = self.args.clone();
        args[0] = id.into();
        let found = conn
            .each(&self.sql, &args, &mut |row| {
                let modified = row.instant(self.selection.width)?;
                unchanged = since.zip(modified).is_some_and(|(since, modified)| modified <= since);
                self.selection.write_open(row, &self.snapshot, &mut out)
            })
            .await?;
        if found == 0 {
            return Ok(Found::Nothing);
        }
        if unchanged {
            return Ok(Found::Unchanged);
        }
        let mut more = Vec::with_capacity(self.subforms.len());
        for subform in &self.subforms {
            out.push(b',');
            more.push(subform.write(conn, id, &self.snapshot, &mut out).await?);
        }
        if self.tells_more && !more.is_empty() {
            out.extend_from_slice(b",\"$has_more\":{");
            for (at, (subform, more)) in self.subforms.iter().zip(more).enumerate() {
                if at > 0 {
                    out.push(b',');
                }
                out.extend_from_slice(&subform.key);
                json::bool(&mut out, more);
            }
            out.push(b'}');
        }
        out.extend_from_slice(&self.beside);
        out.extend_from_slice(b"}]}");
        Ok(Found::Record(out))
    }
}

impl Subform {
    fn new(cx: &Cx, module: &ModuleDef, name: &str) -> Option<Self> {
        let field = module.field(name)?;
        let rows = cx.snapshot.schema.module(field.subform.as_deref()?)?;
        let grant = cx.grant(rows, crate::access::Action::View).ok()?;
        let connected = field.links.as_ref().map(|links| links.connected.as_str());
        let selection = page::selection(cx, &grant, connected, Shape::SubformRow);
        let (table, parent) = (unasked::table(rows, Why::Part)?, PARENT_COLUMN);
        let linked =
            field.links.as_ref().and_then(|links| only_existing(cx, rows, links)).unwrap_or_default();
        let order = rows.field("Sequence_Number").and_then(|f| f.column.as_deref());
        let order = order.map(|column| format!("t.\"{column}\", ")).unwrap_or_default();
        let sql = selection.statement(|sql| {
            format!(
                "SELECT {sql} FROM {{{table}}} t WHERE t.\"{parent}\" = ?1{linked} ORDER BY {order}t.id LIMIT {}",
                ROWS + 1
            )
        });
        let flat = cx.profile.flat_line_items && line_items::is_line_items(rows);
        let mut key = Vec::new();
        json::string(&mut key, if flat { line_items::FLAT_KEY } else { name });
        key.push(b':');
        Some(Self { key, selection, sql, flat })
    }

    /// Writes the rows. True when there are more than are shown.
    async fn write(
        &self,
        conn: &mut Conn,
        parent: Id,
        snapshot: &crate::snapshot::Snapshot,
        out: &mut Vec<u8>,
    ) -> Result<bool, StoreError> {
        out.extend_from_slice(&self.key);
        out.push(b'[');
        let mut written = 0;
        conn.each(&self.sql, &[parent.into()], &mut |row: &Row<'_>| {
            written += 1;
            if written > ROWS {
                return Ok(());
            }
            if written > 1 {
                out.push(b',');
            }
            if !self.flat {
                return self.selection.write(row, snapshot, out);
            }
            let mut whole = Vec::new();
            self.selection.write(row, snapshot, &mut whole)?;
            line_items::write_flat(&whole, out);
            Ok(())
        })
        .await?;
        out.push(b']');
        Ok(written > ROWS)
    }
}

/// Leaves out links to records that are not there: they come back with the record.
fn only_existing(cx: &Cx, rows: &ModuleDef, links: &Links) -> Option<String> {
    let target = cx.snapshot.schema.module(links.module.as_deref()?)?;
    let (table, column) =
        (unasked::table(target, Why::Part)?, rows.field(&links.connected)?.column.as_deref()?);
    Some(format!(" AND EXISTS (SELECT 1 FROM {{{table}}} n WHERE n.id = t.\"{column}\")"))
}

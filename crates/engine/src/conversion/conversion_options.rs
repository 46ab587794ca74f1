//! `GET /Leads/{id}/__conversion_options`: the records that a conversion of the lead would use or could use.

use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id, json as write};
use serde_json::{Value, json};

use super::lead::cell;
use super::matching::{self, Match};
use crate::access::unasked::{self, Why};
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::metadata::{Reader, module};
use crate::records::guard;
use crate::records::mapping;
use crate::records::selection::{Selection, Shape};
use crate::records::stored::{self, Stored};
use crate::records::{get, page};
use crate::request::{Answer, Reply, Request};
use crate::snapshot::Snapshot;

/// Records of one kind at most.
const MOST: i64 = 10;

/// What a person needs to see of each record to choose.
const SHOWN: [(&str, &str); 3] = [
    ("Contacts", "Full_Name,Email,Phone,Account_Name,Owner"),
    ("Accounts", "Account_Name,Phone,Website,Owner"),
    ("Deals", "Deal_Name,Stage,Amount,Closing_Date,Account_Name,Contact_Name,Owner"),
];

/// A kind of record that the lead may become: what the caller may see of it.
struct Shown {
    grant: Grant,
    selection: Arc<Selection>,
}

/// The matches of a lead: 200, also when there are none; 204 when there is no such lead or it is converted.
pub fn conversion_options<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = cx.snapshot.module(request.segment(0))?;
        if module.api_name != "Leads" {
            return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0).into());
        }
        let leads = cx.grant(module, Action::View)?;
        let id = get::parse_id(request.segment(1))?;
        let mut shown = Vec::new();
        for (name, fields) in SHOWN {
            // Records that the caller may not see are no options for him.
            let grant = cx.grant(cx.snapshot.module(name)?, Action::View).ok();
            shown.push(grant.map(|grant| {
                let selection = page::selection(cx, &grant, Some(fields), Shape::List);
                Shown { grant, selection }
            }));
        }
        let preferred = cx.snapshot.schema.module("Contacts");
        let preferred = preferred.map(|contacts| Value::Object(module::details(&Reader::of(cx), contacts)));
        let finder = Finder { snapshot: Arc::clone(&cx.snapshot), leads, shown, preferred };
        let found = cx
            .org
            .store
            .read(Weight::Scan, move |conn| Box::pin(async move { finder.find(conn, id).await }))
            .await?;
        Ok(found.map_or_else(Reply::nothing, |body| Reply::json(200, body)))
    })
}

struct Finder {
    snapshot: Arc<Snapshot>,
    leads: Grant,
    /// In the order of [`SHOWN`].
    shown: Vec<Option<Shown>>,
    /// The module that matches come from first, as the metadata describes it.
    preferred: Option<Value>,
}

impl Finder {
    async fn find(&self, conn: &mut Conn, id: Id) -> Result<Option<Vec<u8>>, Error> {
        let leads = &self.leads.module;
        let Some(lead) = self.lead(conn, id).await? else { return Ok(None) };
        let mut ids: [Vec<i64>; 3] = Default::default();
        let mut values = serde_json::Map::new();
        for (at, (name, _)) in SHOWN.iter().enumerate() {
            values.insert((*name).to_owned(), json!([]));
            let Some(shown) = &self.shown[at] else { continue };
            let module = &shown.grant.module;
            let of_lead = mapping::of_lead(leads, &lead, module, "$").unwrap_or_default();
            if *name == "Deals" {
                ids[at] = deals_of(conn, module, &ids[0], &ids[1]).await?;
                continue;
            }
            let found = matching::matches(conn, &shown.grant, &of_lead, MOST).await?;
            values.insert((*name).to_owned(), matched_value(module, &found, &of_lead));
            ids[at] = found.into_iter().map(|found| found.id.get()).collect();
        }
        let mut out = Vec::with_capacity(1024);
        out.extend_from_slice(b"{\"__conversion_options\":{\"module_preference\":");
        write::value(&mut out, &json!(self.preferred));
        for (at, (name, _)) in SHOWN.iter().enumerate() {
            out.push(b',');
            write::string(&mut out, name);
            out.extend_from_slice(b":[");
            if let Some(shown) = &self.shown[at] {
                self.rows(conn, shown, &ids[at], &mut out).await?;
            }
            out.push(b']');
        }
        out.extend_from_slice(b",\"preference_field_matched_value\":");
        write::value(&mut out, &values);
        // Each module has one layout.
        out.extend_from_slice(b",\"modules_with_multiple_layouts\":[]}}");
        Ok(Some(out))
    }

    async fn lead(&self, conn: &mut Conn, id: Id) -> Result<Option<Stored>, Error> {
        let leads = &self.leads.module;
        let is_seen = !self.leads.is_scoped()
            || guard::levels(conn, &self.leads, &[id.get()]).await?.contains_key(&id.get());
        if !is_seen {
            return Ok(None);
        }
        let lead =
            stored::look_at(conn, leads, &[id.get()], &stored::all_fields(leads)).await?.remove(&id.get());
        Ok(lead.filter(|lead| !matches!(cell(leads, lead, "Converted__s"), Some(Cell::Bool(true)))))
    }

    async fn rows(
        &self,
        conn: &mut Conn,
        shown: &Shown,
        ids: &[i64],
        out: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let table = shown.grant.table();
        let test = conn.dialect().in_ids("t.id", "?1");
        let mut args = vec![Cell::Ids(ids.to_vec().into())];
        let columns = shown.selection.columns(&shown.grant, &mut args);
        let scope = shown.grant.and_rows("t", &mut args);
        let sql = Sql::from(format!("SELECT {columns} FROM {{{table}}} t WHERE {test}{scope} ORDER BY t.id"));
        let mut first = true;
        conn.each(&sql, &args, &mut |row: &Row<'_>| {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            shown.selection.write(row, &self.snapshot, out)
        })
        .await?;
        Ok(())
    }
}

/// The field that decided and the lead's value in it.
fn matched_value(module: &ModuleDef, found: &[Match], values: &mapping::Values) -> Value {
    let Some(field) = found.first().map(|found| &module.fields()[found.field]) else { return json!([]) };
    let value = values.iter().find(|(at, _)| module.fields()[*at].api_name == field.api_name);
    let value = match value.map(|(_, cell)| cell) {
        Some(Cell::Text(text)) => text.to_string(),
        Some(Cell::Int(number)) => number.to_string(),
        _ => String::new(),
    };
    json!([{ "field": { "api_name": field.api_name, "id": field.id }, "matched_lead_value": value }])
}

/// Deals of the contacts and accounts that the lead matches, newest first.
async fn deals_of(
    conn: &mut Conn,
    deals: &ModuleDef,
    contacts: &[i64],
    accounts: &[i64],
) -> Result<Vec<i64>, Error> {
    let column = |name: &str| deals.field(name).and_then(|field| field.column.as_deref());
    let (Some(table), Some(contact), Some(account)) =
        (unasked::table(deals, Why::Granted), column("Contact_Name"), column("Account_Name"))
    else {
        return Ok(Vec::new());
    };
    if contacts.is_empty() && accounts.is_empty() {
        return Ok(Vec::new());
    }
    let dialect = conn.dialect();
    let sql = Sql::from(format!(
        "SELECT t.id FROM {{{table}}} t WHERE {} OR {} ORDER BY t.id DESC LIMIT ?3",
        dialect.in_ids(&format!("t.\"{contact}\""), "?1"),
        dialect.in_ids(&format!("t.\"{account}\""), "?2"),
    ));
    let args = [Cell::Ids(contacts.into()), Cell::Ids(accounts.into()), MOST.into()];
    Ok(conn.all(&sql, &args, |row| Row::must(row.int(0)?, 0)).await?)
}

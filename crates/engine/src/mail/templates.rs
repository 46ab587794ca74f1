//! `GET settings/email_templates` and `settings/inventory_templates`. The API only reads them: every org starts with a
//! few e-mail templates, and has none for inventory.

use std::collections::HashMap;

use dealwright_schema::{Cell, ModuleDef, Storage};
use dealwright_store::{Batch, Column, Conn, Row, Sql, StoreError, Weight};
use dealwright_wire::{ApiError, Code, Id, Instant, Mint};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::display;
use crate::error::Error;
use crate::metadata;
use crate::org::areas::Founding;
use crate::request::{Answer, Reply, Request};

/// A template that new orgs have.
struct Stock {
    module: &'static str,
    name: &'static str,
    subject: &'static str,
    content: &'static str,
}

static STOCK: [Stock; 3] = [
    Stock {
        module: "Leads",
        name: "Introduction",
        subject: "${Organization.Company_Name} and ${Leads.Company}",
        content: include_str!("stock/introduction.html"),
    },
    Stock {
        module: "Contacts",
        name: "Follow-up",
        subject: "Thank you for your time, ${Contacts.First_Name}",
        content: include_str!("stock/follow_up.html"),
    },
    Stock {
        module: "Deals",
        name: "Proposal",
        subject: "Our proposal: ${Deals.Deal_Name}",
        content: include_str!("stock/proposal.html"),
    },
];

/// Where the first templates lie.
const FOLDER: &str = "Public Email Templates";
/// Category that new orgs' templates are of.
const CATEGORY: &str = "system_templates";

/// A template for mails about records of a module.
pub(super) struct Template {
    pub id: Id,
    pub module: Id,
    folder: (Id, String),
    pub name: String,
    pub subject: String,
    /// HTML with merge fields.
    pub content: String,
    created_at: i64,
    created_by: Id,
}

/// Rows of the templates that a new org has.
pub(crate) async fn seed(tx: &mut Conn, founding: &Founding) -> Result<(), Error> {
    let Founding { mint, modules, admin, now } = founding;
    Ok(insert(tx, &stock(mint, modules, *admin, now.0)).await?)
}

fn stock(mint: &Mint, modules: &[ModuleDef], admin: Id, now: i64) -> Vec<Vec<Cell<'static>>> {
    let folder = mint.next();
    let rows = STOCK.iter().filter_map(|stock| {
        let module = modules.iter().find(|module| module.api_name == stock.module)?;
        Some(vec![
            mint.next().into(),
            module.id.into(),
            folder.into(),
            FOLDER.into(),
            stock.name.into(),
            stock.subject.into(),
            stock.content.into(),
            now.into(),
            admin.into(),
        ])
    });
    rows.collect()
}

/// Stores templates in the running transaction.
async fn insert(tx: &mut Conn, rows: &[Vec<Cell<'static>>]) -> Result<(), StoreError> {
    let columns = [
        ("id", Storage::Int),
        ("module_id", Storage::Int),
        ("folder_id", Storage::Int),
        ("folder", Storage::Text),
        ("name", Storage::Text),
        ("subject", Storage::Text),
        ("content", Storage::Text),
        ("created_at", Storage::Int),
        ("created_by", Storage::Int),
    ]
    .map(|(name, storage)| Column::new(name, storage));
    tx.insert_many(&Batch { table: "_mail_templates", columns: &columns, rows }).await
}

fn read(row: &Row<'_>) -> Result<Template, StoreError> {
    let text = |at: usize| Ok::<_, StoreError>(row.text(at)?.unwrap_or_default().to_owned());
    let id = |at: usize| Row::must(row.id(at)?, at);
    Ok(Template {
        id: id(0)?,
        module: id(1)?,
        folder: (id(2)?, text(3)?),
        name: text(4)?,
        subject: text(5)?,
        content: text(6)?,
        created_at: row.int(7)?.unwrap_or_default(),
        created_by: id(8)?,
    })
}

const COLUMNS: &str =
    "t.id, t.module_id, t.folder_id, t.folder, t.name, t.subject, t.content, t.created_at, t.created_by";

/// Templates that meet a condition, the oldest first.
async fn select(cx: &Cx, condition: &str, args: Vec<Cell<'static>>) -> Result<Vec<Template>, Error> {
    let sql =
        Sql::from(format!("SELECT {COLUMNS} FROM {{_mail_templates}} t WHERE {condition} ORDER BY t.id"));
    cx.org
        .store
        .read(Weight::Point, move |conn| Box::pin(async move { Ok(conn.all(&sql, &args, read).await?) }))
        .await
}

/// The template of that id.
pub(super) async fn find(cx: &Cx, id: Id) -> Result<Option<Template>, Error> {
    Ok(select(cx, "t.id = ?1", vec![id.into()]).await?.pop())
}

/// The module's template of that name, in its exact case.
pub(super) async fn find_by_name(cx: &Cx, module: Id, name: &str) -> Result<Option<Template>, Error> {
    let args = vec![module.into(), name.to_owned().into()];
    Ok(select(cx, "t.module_id = ?1 AND t.name = ?2", args).await?.pop())
}

/// What became of the mails that were made from templates.
#[derive(Default)]
struct Usage {
    sent: i64,
    delivered: i64,
    bounced: i64,
    last: Option<i64>,
}

async fn usage(cx: &Cx) -> Result<HashMap<Id, Usage>, Error> {
    let sql = Sql::from(
        "SELECT m.template_id, count(*), sum(CASE WHEN m.state = 'sent' THEN 1 ELSE 0 END), \
         sum(CASE WHEN m.state = 'bounced' THEN 1 ELSE 0 END), max(m.at) \
         FROM {_mails} m WHERE m.template_id IS NOT NULL GROUP BY m.template_id",
    );
    let read = |row: &Row<'_>| {
        let number = |at: usize| Ok::<_, StoreError>(row.int(at)?.unwrap_or_default());
        let usage = Usage { sent: number(1)?, delivered: number(2)?, bounced: number(3)?, last: row.int(4)? };
        Ok(row.id(0)?.map(|id| (id, usage)))
    };
    let found = cx
        .org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move { Ok::<_, Error>(conn.all(&sql, &[], read).await?) })
        })
        .await?;
    Ok(found.into_iter().flatten().collect())
}

/// The e-mail templates of a module, or of all: 200, or 204 when there are none.
pub fn list_email_templates<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (number, per_page) = metadata::paging(request)?;
        refuse_filters(request)?;
        let mut found = match module_param(cx, request)? {
            Some(module) => select(cx, "t.module_id = ?1", vec![module.into()]).await?,
            None => select(cx, "1 = 1", Vec::new()).await?,
        };
        if request.params.get("category").is_some_and(|category| category != CATEGORY) {
            found.clear();
        }
        let usage = usage(cx).await?;
        sort(request, &mut found, &usage)?;
        let shown: Vec<Value> = found.iter().map(|template| show(cx, template, &usage, false)).collect();
        let (rows, info) = metadata::page(&shown, number, per_page);
        if rows.is_empty() {
            return Ok(Reply::nothing());
        }
        Ok(Reply::value(200, &json!({ "email_templates": rows, "info": info })))
    })
}

/// One e-mail template with its content; 204 when there is none of that id.
pub fn get_email_template<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = metadata::path_id(request, 0, 2)?;
        let Some(template) = find(cx, id).await? else { return Ok(Reply::nothing()) };
        let mut row = show(cx, &template, &usage(cx).await?, true);
        if display::wants_html(request)? {
            for key in ["content", "mail_content"] {
                row[key] = display::shown(request, template.content.clone(), true)?;
            }
        }
        Ok(Reply::value(200, &json!({ "email_templates": [row], "info": metadata::single_info() })))
    })
}

/// The inventory templates: 204, there are none.
pub fn list_inventory_templates<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        metadata::paging(request)?;
        refuse_filters(request)?;
        module_param(cx, request)?;
        Ok(Reply::nothing())
    })
}

/// One inventory template: 204, there is none.
pub fn get_inventory_template<'a>(_: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        metadata::path_id(request, 0, 2)?;
        Ok(Reply::nothing())
    })
}

/// A list that ignored its filter would be a wrong answer.
fn refuse_filters(request: &Request) -> Result<(), ApiError> {
    match request.params.get("filters") {
        None => Ok(()),
        Some(_) => {
            Err(ApiError::new(Code::NotSupported).message("filters is not served yet").param("filters"))
        }
    }
}

fn module_param(cx: &Cx, request: &Request) -> Result<Option<Id>, ApiError> {
    let Some(name) = request.params.get("module") else { return Ok(None) };
    let module = cx.snapshot.schema.module(name);
    module.map(|module| Some(module.id)).ok_or_else(|| ApiError::new(Code::InvalidModule).param("module"))
}

/// By name, or by the time of making or of last use, as `sort_by` says.
fn sort(request: &Request, found: &mut [Template], usage: &HashMap<Id, Usage>) -> Result<(), ApiError> {
    const KEYS: [&str; 3] = ["name", "modified_time", "last_usage_time"];
    let last = |template: &Template| usage.get(&template.id).and_then(|usage| usage.last);
    match request.params.get("sort_by") {
        None | Some("name") => found.sort_by(|one, other| one.name.cmp(&other.name)),
        Some("modified_time") => found.sort_by_key(|template| template.created_at),
        Some("last_usage_time") => found.sort_by_key(last),
        Some(_) => return Err(metadata::unknown_value("sort_by", &KEYS)),
    }
    match request.params.get("sort_order") {
        None | Some("asc") => Ok(()),
        Some("desc") => {
            found.reverse();
            Ok(())
        }
        Some(_) => Err(metadata::unknown_value("sort_order", &["asc", "desc"])),
    }
}

fn show(cx: &Cx, template: &Template, usage: &HashMap<Id, Usage>, whole: bool) -> Value {
    let none = Usage::default();
    let usage = usage.get(&template.id).unwrap_or(&none);
    let module = cx.snapshot.schema.module_by_id(template.module);
    let user = cx.snapshot.user(template.created_by);
    let user = json!({ "name": user.map(|user| user.full_name()), "id": template.created_by });
    let time = |seconds: i64| Instant(seconds).text(&cx.snapshot.zone);
    let mut shown = json!({
        "id": template.id,
        "name": template.name,
        "subject": template.subject,
        "module": module.map(|module| json!({ "api_name": module.api_name, "id": module.id })),
        "folder": { "name": template.folder.1, "id": template.folder.0 },
        "category": CATEGORY,
        "editor_mode": "rich_text",
        "favorite": false,
        "associated": false,
        "consent_linked": false,
        "attachments": [],
        "created_time": time(template.created_at),
        "created_by": user,
        "modified_time": time(template.created_at),
        "modified_by": user,
        "last_usage_time": usage.last.map(time),
        // Nobody counts who opens a mail.
        "last_version_statistics": {
            "tracked": null, "delivered": usage.delivered, "opened": null, "bounced": usage.bounced,
            "sent": usage.sent, "clicked": null,
        },
    });
    if whole {
        for key in ["content", "mail_content"] {
            shown[key] = json!(template.content);
        }
    }
    shown
}

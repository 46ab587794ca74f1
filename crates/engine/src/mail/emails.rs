//! `GET /{module}/{id}/Emails` and `/{module}/{id}/Emails/{message_id}`: the mails of a record.

use dealwright_schema::Cell;
use dealwright_store::{Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::place::Place;
use super::stored::{self, Mail};
use super::{drafts, files};
use crate::access::Action;
use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::display;
use crate::error::Error;
use crate::request::{Answer, Reply, Request};

/// Mails on one page. Source: "E-mail related records".
const PER_PAGE: usize = 10;

/// What `type` chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Without `type`: everything but what waits for its time.
    All,
    /// Mails from users' own mailboxes.
    User,
    Sent,
    Scheduled,
    Drafts,
    /// The same of the contacts of an account or a deal.
    ContactsSent,
    ContactsScheduled,
    ContactsDrafts,
}

/// `type` by its name.
const KINDS: [(&str, Kind); 7] = [
    ("user_emails", Kind::User),
    ("sent_from_crm", Kind::Sent),
    ("scheduled_in_crm", Kind::Scheduled),
    ("drafts", Kind::Drafts),
    ("all_contacts_sent_crm_emails", Kind::ContactsSent),
    ("all_contacts_scheduled_crm_emails", Kind::ContactsScheduled),
    ("all_contacts_draft_crm_emails", Kind::ContactsDrafts),
];

/// Names of the types that records of a module have.
pub(super) fn types(module: &str) -> Vec<&'static str> {
    let has_contacts = contacts_of(module).is_some();
    let names = KINDS.iter().map(|(name, _)| *name);
    names.filter(|name| has_contacts || !name.starts_with("all_contacts")).collect()
}

/// Lookup by which the contacts of a module's records are found: the contact's own, or the record's.
fn contacts_of(module: &str) -> Option<(&'static str, &'static str)> {
    match module {
        "Accounts" => Some(("Contacts", "Account_Name")),
        "Deals" => Some(("Deals", "Contact_Name")),
        _ => None,
    }
}

/// A page of mails, newest first: 200, or 204 when there are none.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        let kind = kind(request, &place.grant.module.api_name)?;
        // A list that ignored its filter would be a wrong answer.
        if let Some(param) = ["filter", "filters"].into_iter().find(|name| request.params.get(name).is_some())
        {
            let error = ApiError::new(Code::NotSupported).message(format!("{param} is not served yet"));
            return Err(error.param(param).into());
        }
        let from = index(request)?;
        let mut query = Query { conditions: Vec::new(), args: vec![cx.user_id().into()] };
        let of_contacts = matches!(kind, Kind::ContactsSent | Kind::ContactsScheduled | Kind::ContactsDrafts);
        if matches!(kind, Kind::Drafts | Kind::ContactsDrafts) {
            let id = query.bind(place.record);
            let records =
                if of_contacts { contacts(cx, &place, &id, &mut query.args)? } else { format!("= {id}") };
            return drafts::as_emails(cx, &records, query.args, from, PER_PAGE).await;
        }
        let id = query.bind(place.record);
        query.conditions.push(if of_contacts {
            format!("m.record_id {}", contacts(cx, &place, &id, &mut query.args)?)
        } else {
            format!("(m.record_id = {id} OR m.linked_record = {id})")
        });
        query.conditions.push(stored::visible_to("?1"));
        query.only(cx, kind);
        if let Some(owner) = owner(cx, request)? {
            let argument = query.bind(owner);
            query.conditions.push(format!("m.owner_id = {argument}"));
        }
        let (mails, names) = query.run(cx, from).await?;
        Ok(page(cx, &mails, &names, from))
    })
}

/// One mail with its content. Reading it makes it read.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        owner(cx, request)?;
        kind(request, &place.grant.module.api_name)?;
        let Some((mut mail, names, files)) = find(cx, &place, request.segment(2)).await? else {
            return Ok(Reply::nothing());
        };
        if !mail.is_read && mail.owner == cx.user_id() {
            mark_read(cx, mail.id).await?;
            mail.is_read = true;
        }
        let mut row = mail.show(&cx.snapshot, &names, cx.org.clock.now());
        let content = files::content(&cx.org, mail.content).await?;
        row.insert("content".to_owned(), display::shown(request, content, mail.format == "html")?);
        row.insert("mail_format".to_owned(), mail.format.clone().into());
        row.insert("reply_to".to_owned(), json!(mail.people.reply_to));
        let attached = files.iter().filter(|file| !file.is_inline).map(files::MailFile::show);
        row.insert("attachments".to_owned(), attached.collect());
        // Blind copies are between the sender and those who got them.
        if mail.owner == cx.user_id() {
            row.insert("bcc".to_owned(), json!(mail.people.bcc));
        }
        Ok(answer(cx, vec![row.into()], info(1, 0, false)))
    })
}

/// A mail of a record by the name clients have for it, if the caller sees it.
pub(super) async fn find(
    cx: &Cx,
    place: &Place,
    message_id: &str,
) -> Result<Option<(Mail, Names, Vec<files::MailFile>)>, Error> {
    // What is no name of a mail is not asked for.
    if !message_id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Ok(None);
    }
    let sql = Sql::from(format!(
        "SELECT {} FROM {{_mails}} m WHERE m.message_id = ?1 AND (m.record_id = ?2 OR m.linked_record = ?2) AND {}",
        stored::COLUMNS,
        stored::visible_to("?3")
    ));
    let args: [Cell<'static>; 3] = [message_id.to_owned().into(), place.record.into(), cx.user_id().into()];
    let snapshot = std::sync::Arc::clone(&cx.snapshot);
    cx.org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let Some(mail) = conn.first(&sql, &args, stored::read).await? else { return Ok(None) };
                let files = files::of_mail(conn, mail.id).await?;
                let names = stored::linked_names(conn, &snapshot, std::slice::from_ref(&mail)).await?;
                Ok(Some((mail, names, files)))
            })
        })
        .await
}

type Names = std::collections::HashMap<(Id, Id), String>;

/// Conditions of a list and what is bound in them; `?1` is the caller.
struct Query {
    conditions: Vec<String>,
    args: Vec<Cell<'static>>,
}

impl Query {
    fn bind(&mut self, value: impl Into<Cell<'static>>) -> String {
        self.args.push(value.into());
        format!("?{}", self.args.len())
    }

    /// What `type` leaves.
    fn only(&mut self, cx: &Cx, kind: Kind) {
        let now = self.bind(cx.org.clock.now().0);
        let is_scheduled = format!("(m.state = 'waiting' AND m.attempts = 0 AND m.at > {now})");
        match kind {
            Kind::User => self.conditions.push("m.source = 'mailbox'".to_owned()),
            Kind::Sent | Kind::ContactsSent => self.conditions.push("m.source = 'crm'".to_owned()),
            _ => {}
        }
        self.conditions.push(match kind {
            Kind::Scheduled | Kind::ContactsScheduled => is_scheduled,
            _ => format!("NOT {is_scheduled}"),
        });
    }

    /// One mail more than the page holds, to know whether there are more.
    async fn run(mut self, cx: &Cx, from: usize) -> Result<(Vec<Mail>, Names), Error> {
        let (limit, offset) = (self.bind(PER_PAGE as i64 + 1), self.bind(from as i64));
        let sql = Sql::from(format!(
            "SELECT {} FROM {{_mails}} m WHERE {} ORDER BY m.at DESC, m.id DESC LIMIT {limit} OFFSET {offset}",
            stored::COLUMNS,
            self.conditions.join(" AND ")
        ));
        let snapshot = std::sync::Arc::clone(&cx.snapshot);
        cx.org
            .store
            .read(Weight::Scan, move |conn| {
                Box::pin(async move {
                    let mails = conn.all(&sql, &self.args, stored::read).await?;
                    let names = stored::linked_names(conn, &snapshot, &mails).await?;
                    Ok::<_, Error>((mails, names))
                })
            })
            .await
    }
}

/// A test for the ids of a record's contacts, for callers who may view contacts.
fn contacts(cx: &Cx, place: &Place, id: &str, args: &mut Vec<Cell<'static>>) -> Result<String, Error> {
    let (of, lookup) = contacts_of(&place.grant.module.api_name).ok_or(Code::InvalidData)?;
    let contacts = cx.grant(cx.snapshot.module("Contacts")?, Action::View)?;
    let module = cx.snapshot.module(of)?;
    let column = module.field(lookup).and_then(|field| field.column.as_deref());
    let (Some(table), Some(column), Some(people)) =
        (unasked::table(module, Why::Condition), column, Some(contacts.table()))
    else {
        return Err(Code::NotSupportedHere.into());
    };
    let scope = contacts.and_rows("t", args);
    let named = if of == "Contacts" {
        format!("t.\"{column}\" = {id}")
    } else {
        format!("t.id IN (SELECT r.\"{column}\" FROM {{{table}}} r WHERE r.id = {id})")
    };
    Ok(format!("IN (SELECT t.id FROM {{{people}}} t WHERE {named}{scope})"))
}

fn kind(request: &Request, module: &str) -> Result<Kind, ApiError> {
    let Some(name) = request.params.get("type") else { return Ok(Kind::All) };
    let known = KINDS.iter().find(|(known, _)| *known == name && types(module).contains(known));
    known.map(|(_, kind)| *kind).ok_or_else(|| {
        ApiError::new(Code::InvalidData).param("type").detail("supported_values", types(module))
    })
}

fn owner(cx: &Cx, request: &Request) -> Result<Option<Id>, ApiError> {
    let Some(text) = request.params.get("owner_id") else { return Ok(None) };
    let user = text.parse::<Id>().ok().filter(|id| cx.snapshot.user(*id).is_some());
    user.map(Some).ok_or_else(|| ApiError::new(Code::InvalidData).param("owner_id"))
}

/// Number of the first mail to show, as `next_index` gives it.
fn index(request: &Request) -> Result<usize, ApiError> {
    match request.params.get("index").map(str::parse::<u32>) {
        None => Ok(0),
        Some(Ok(index)) => Ok(index as usize),
        Some(Err(_)) => Err(ApiError::new(Code::InvalidData).param("index")),
    }
}

fn page(cx: &Cx, mails: &[Mail], names: &Names, from: usize) -> Reply {
    if mails.is_empty() {
        return Reply::nothing();
    }
    let (more, now) = (mails.len() > PER_PAGE, cx.org.clock.now());
    let mails = mails.iter().take(PER_PAGE);
    let rows: Vec<Value> = mails.map(|mail| mail.show(&cx.snapshot, names, now).into()).collect();
    let info = info(rows.len(), from, more);
    answer(cx, rows, info)
}

/// `info` of a page that begins at `from`.
pub(super) fn info(count: usize, from: usize, more: bool) -> Value {
    json!({
        "count": count,
        "next_index": more.then(|| (from + PER_PAGE).to_string()),
        "prev_index": (from > 0).then(|| from.saturating_sub(PER_PAGE).to_string()),
        "per_page": PER_PAGE,
        "more_records": more,
    })
}

/// Mails under the key of the version.
pub(super) fn answer(cx: &Cx, rows: Vec<Value>, info: Value) -> Reply {
    let root = if cx.profile.emails_root { "Emails" } else { "email_related_list" };
    Reply::value(200, &json!({ root: rows, "info": info }))
}

async fn mark_read(cx: &Cx, mail: Id) -> Result<(), Error> {
    cx.org
        .store
        .write(move |tx| {
            Box::pin(async move {
                tx.exec(&Sql::from("UPDATE {_mails} SET is_read = 1 WHERE id = ?1"), &[mail.into()]).await?;
                Ok(())
            })
        })
        .await
}

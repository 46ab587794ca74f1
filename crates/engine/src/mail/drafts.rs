//! `/{module}/{id}/__email_drafts`: mails that a user has begun. Nobody else sees them.

use dealwright_schema::Cell;
use dealwright_store::{Row, Sql, StoreError, Weight};
use dealwright_wire::{ApiError, Code, Id, Instant};
use serde_json::{Map, Value, json};

use super::address::Address;
use super::place::Place;
use super::{emails, files, from_addresses, letter, templates};
use crate::cx::Cx;
use crate::display;
use crate::error::Error;
use crate::files::stored_file::Holder;
use crate::files::sweep;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::{self, Entry};

/// Key of bodies and answers.
const ROOT: &str = "__email_drafts";
/// Drafts in one call.
const DRAFTS: usize = 10;
/// Drafts that a user may have on one record; lists have no pages.
const MOST: usize = 200;

/// A stored draft.
struct Draft {
    id: Id,
    created: Instant,
    modified: Instant,
    /// What was sent, in the form in which it is shown.
    keys: Map<String, Value>,
}

const COLUMNS: &str = "d.id, d.created_at, d.modified_at, d.doc";

fn read(row: &Row<'_>) -> Result<Draft, StoreError> {
    let shape = |error: serde_json::Error| StoreError::Shape { column: 3, found: error.to_string() };
    Ok(Draft {
        id: Row::must(row.id(0)?, 0)?,
        created: Instant(row.int(1)?.unwrap_or_default()),
        modified: Instant(row.int(2)?.unwrap_or_default()),
        keys: serde_json::from_str(row.text(3)?.unwrap_or_default()).map_err(shape)?,
    })
}

/// The caller's drafts on a record, newest first: 200, or 204 when there are none.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        let found = of_record(cx, &place, None).await?;
        Ok(answer(cx, request, &found)?)
    })
}

/// One draft; 204 when there is none of that id.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        let Ok(id) = request.segment(2).parse() else { return Err(unknown_draft().into()) };
        let found = of_record(cx, &place, Some(id)).await?;
        Ok(answer(cx, request, &found)?)
    })
}

/// Begins drafts. Each fails alone.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        let entries = entry::parse(request, ROOT, DRAFTS)?;
        let there = of_record(cx, &place, None).await?.len();
        if there + entries.len() > MOST {
            return Err(ApiError::new(Code::LimitExceeded).detail("limit", MOST).into());
        }
        let (mut work, mut outcomes) = (Vec::new(), Vec::new());
        for (at, keys) in entries.iter().enumerate() {
            let entry = Entry::of_list(keys, ROOT, at);
            let made = match entry.value("from") {
                None => Err(entry.missing("from").into()),
                Some(_) => change(cx, &place, &entry, empty()).await,
            };
            outcomes.push(take(made, cx.org.mint.next(), "email draft created successfully", &mut work)?);
        }
        let (module, record, owner) = (place.grant.module.id, place.record, cx.user_id());
        let now = cx.org.clock.now().0;
        write(cx, &place, work, move |id, doc| {
        let sql = Sql::from(
            "INSERT INTO {_mail_drafts} (id, module_id, record_id, owner_id, created_at, modified_at, doc) \
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        );
        (sql, vec![id.into(), module.into(), record.into(), owner.into(), now.into(), doc.into()])
    })
    .await?;
        Ok(outcome::reply_under(cx, ROOT, 201, outcomes))
    })
}

/// Changes the drafts that the entries name by `id`. Keys that are not sent stay.
pub fn update_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        let entries = entry::parse(request, ROOT, DRAFTS)?;
        let mut named = Vec::with_capacity(entries.len());
        for (at, keys) in entries.iter().enumerate() {
            let entry = Entry::of_list(keys, ROOT, at);
            named.push(entry.id("id").and_then(|id| id.ok_or_else(|| entry.missing("id"))));
        }
        update(cx, &place, &entries, named).await
    })
}

/// Changes one draft.
pub fn update_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        let id: Id = request.segment(2).parse().map_err(|_| unknown_draft())?;
        let entries = entry::parse(request, ROOT, 1)?;
        if of_record(cx, &place, Some(id)).await?.is_empty() {
            return Err(unknown_draft().into());
        }
        update(cx, &place, &entries, vec![Ok(id)]).await
    })
}

/// Removes one draft.
pub fn delete<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        let id: Id = request.segment(2).parse().map_err(|_| unknown_draft())?;
        let (record, owner, holder) = (place.record, cx.user_id(), holder(&place));
        let gone = cx
            .org
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let sql = Sql::from(
                        "DELETE FROM {_mail_drafts} WHERE id = ?1 AND record_id = ?2 AND owner_id = ?3",
                    );
                    let gone = tx.exec(&sql, &[id.into(), record.into(), owner.into()]).await?;
                    if gone > 0 {
                        files::replace(tx, &[], id, owner, holder).await?;
                    }
                    Ok::<_, Error>(gone)
                })
            })
            .await?;
        if gone == 0 {
            return Err(unknown_draft().into());
        }
        sweep::soon(&cx.org);
        let said = Said::of(id, "email draft deleted successfully");
        Ok(outcome::reply_under(cx, ROOT, 200, vec![Outcome::Said(said)]))
    })
}

/// `INVALID_DATA` for the draft in a path.
fn unknown_draft() -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("the related id given seems to be invalid")
        .detail("resource_path_index", 3)
}

async fn update(
    cx: &Cx,
    place: &Place,
    entries: &[Map<String, Value>],
    named: Vec<Result<Id, ApiError>>,
) -> Result<Reply, Error> {
    let mut there = of_record(cx, place, None).await?;
    let (mut work, mut outcomes) = (Vec::new(), Vec::new());
    for ((at, keys), id) in entries.iter().enumerate().zip(named) {
        let entry = Entry::of_list(keys, ROOT, at);
        let draft = id.and_then(|id| {
            let draft = there.iter_mut().find(|draft| draft.id == id);
            draft.ok_or_else(|| {
                entry.error(Code::InvalidData, "id").message("the id given seems to be invalid")
            })
        });
        let draft = match draft {
            Ok(draft) => draft,
            Err(error) => {
                outcomes.push(Outcome::Failed(error));
                continue;
            }
        };
        let changed = change(cx, place, &entry, draft.keys.clone()).await;
        // A draft that is named twice is changed twice.
        if let Ok((keys, _)) = &changed {
            draft.keys.clone_from(keys);
        }
        outcomes.push(take(changed, draft.id, "email draft updated successfully", &mut work)?);
    }
    let now = cx.org.clock.now().0;
    write(cx, place, work, move |id, doc| {
        let sql = Sql::from("UPDATE {_mail_drafts} SET doc = ?2, modified_at = ?3 WHERE id = ?1");
        (sql, vec![id.into(), doc.into(), now.into()])
    })
    .await?;
    Ok(outcome::reply_under(cx, ROOT, 200, outcomes))
}

/// What a draft becomes: its keys, and its files when they change.
type Changed = (Map<String, Value>, Option<Vec<files::MailFile>>);

/// A draft that is to be written.
struct Work {
    id: Id,
    doc: String,
    files: Option<Vec<files::MailFile>>,
}

/// Notes a draft to be written, or why it cannot be.
fn take(
    made: Result<Changed, Error>,
    id: Id,
    message: &'static str,
    work: &mut Vec<Work>,
) -> Result<Outcome, Error> {
    match made {
        Ok((keys, files)) => {
            work.push(Work { id, doc: Value::Object(keys).to_string(), files });
            Ok(Outcome::Said(Said::of(id, message)))
        }
        Err(Error::Api(error)) if error.code != Code::NotSupported => Ok(Outcome::Failed(error)),
        Err(error) => Err(error),
    }
}

fn holder(place: &Place) -> Holder {
    Holder { module: place.grant.module.id, record: place.record, field: None }
}

async fn write(
    cx: &Cx,
    place: &Place,
    work: Vec<Work>,
    statement: impl Fn(Id, String) -> (Sql, Vec<Cell<'static>>) + Send + Sync + 'static,
) -> Result<(), Error> {
    if work.is_empty() {
        return Ok(());
    }
    let (user, holder) = (cx.user_id(), holder(place));
    let changes_files = work.iter().any(|one| one.files.is_some());
    cx.org
        .store
        .write(move |tx| {
            Box::pin(async move {
                for one in work {
                    let (sql, args) = statement(one.id, one.doc);
                    tx.exec(&sql, &args).await?;
                    if let Some(files) = one.files {
                        files::replace(tx, &files, one.id, user, holder).await?;
                    }
                }
                Ok::<_, Error>(())
            })
        })
        .await?;
    if changes_files {
        sweep::soon(&cx.org);
    }
    Ok(())
}

/// A draft with nothing in it.
fn empty() -> Map<String, Value> {
    let keys = json!({
        "from": null, "to": [], "reply_to": null, "cc": [], "bcc": [], "template": null, "inventory_details": null,
        "attachments": [], "schedule_details": null, "rich_text": true, "email_opt_out": false, "subject": null,
        "content": null,
    });
    match keys {
        Value::Object(keys) => keys,
        _ => Map::new(),
    }
}

/// The draft with what an entry says. Null empties a key.
async fn change(
    cx: &Cx,
    place: &Place,
    entry: &Entry<'_>,
    mut draft: Map<String, Value>,
) -> Result<Changed, Error> {
    let mut files = None;
    let mut set = |key: &str, value: Value| draft.insert(key.to_owned(), value);
    if entry.names("from") {
        let from = entry.text("from", 100)?.ok_or_else(|| entry.missing("from"))?;
        let wrong = || entry.error(Code::InvalidData, "from");
        let given = Address::new(None, from).ok_or_else(|| wrong().detail("expected_data_type", "email"))?;
        let own = from_addresses::allowed(cx, &given, false);
        let own = own.ok_or_else(|| wrong().message("the from address is none of yours"))?;
        set("from", own.email.into());
    }
    for key in ["to", "cc", "bcc"] {
        if entry.names(key) {
            set(key, json!(Address::list(entry, key)?));
        }
    }
    if entry.names("reply_to") {
        let given = entry.text("reply_to", 100)?;
        if given.is_some_and(|text| Address::new(None, text).is_none()) {
            let error = entry.error(Code::InvalidData, "reply_to");
            return Err(error.detail("expected_data_type", "email").into());
        }
        set("reply_to", json!(given));
    }
    if entry.names("subject") {
        set("subject", json!(letter::subject(entry)?));
    }
    if entry.names("content") {
        set("content", json!(entry.whole_text("content")?));
    }
    for key in ["rich_text", "email_opt_out"] {
        if let Some(flag) = entry.flag(key)? {
            set(key, flag.into());
        }
    }
    if entry.names("schedule_details") {
        set("schedule_details", schedule(cx, entry)?);
    }
    if entry.entry("inventory_details")?.is_some_and(|given| !given.is_empty()) {
        let error = entry.error(Code::NotSupported, "inventory_details");
        return Err(error.message("inventory_details is not served yet").into());
    }
    if entry.names("attachments") {
        let named = files::attached(cx, entry, place.record, None).await?;
        set("attachments", named.iter().map(files::MailFile::show_in_draft).collect());
        files = Some(named);
    }
    if entry.names("template") {
        let template = match entry.entry("template")?.filter(|template| !template.is_empty()) {
            None => Value::Null,
            Some(named) => {
                let id = named.id("id")?.ok_or_else(|| named.missing("id"))?;
                let found = templates::find(cx, id).await?;
                let found = found.ok_or_else(|| named.error(Code::InvalidData, "id"))?;
                json!({ "id": id, "name": found.name })
            }
        };
        set("template", template);
    }
    Ok((draft, files))
}

/// `schedule_details`: when the draft shall be sent, in the org's time zone.
fn schedule(cx: &Cx, entry: &Entry<'_>) -> Result<Value, ApiError> {
    let Some(details) = entry.entry("schedule_details")?.filter(|details| !details.is_empty()) else {
        return Ok(Value::Null);
    };
    let time = details.text("time", 40)?.ok_or_else(|| details.missing("time"))?;
    let at = Instant::parse(time, &cx.snapshot.zone)
        .ok_or_else(|| details.error(Code::InvalidData, "time").detail("expected_data_type", "datetime"))?;
    Ok(json!({ "time": at.text(&cx.snapshot.zone) }))
}

async fn of_record(cx: &Cx, place: &Place, only: Option<Id>) -> Result<Vec<Draft>, Error> {
    let one = if only.is_some() { " AND d.id = ?3" } else { "" };
    let sql = Sql::from(format!(
        "SELECT {COLUMNS} FROM {{_mail_drafts}} d WHERE d.record_id = ?1 AND d.owner_id = ?2{one} ORDER BY d.id DESC"
    ));
    let mut args: Vec<Cell<'static>> = vec![place.record.into(), cx.user_id().into()];
    args.extend(only.map(Cell::from));
    cx.org
        .store
        .read(Weight::Point, move |conn| Box::pin(async move { Ok(conn.all(&sql, &args, read).await?) }))
        .await
}

fn answer(cx: &Cx, request: &Request, drafts: &[Draft]) -> Result<Reply, ApiError> {
    if drafts.is_empty() {
        return Ok(Reply::nothing());
    }
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let mut row = draft.show(cx);
        if let Some(content) = row["content"].as_str() {
            row["content"] = display::shown(request, content.to_owned(), draft.is_html())?;
        }
        rows.push(row);
    }
    Ok(Reply::value(200, &json!({ ROOT: rows })))
}

impl Draft {
    fn show(&self, cx: &Cx) -> Value {
        let mut row = Map::new();
        row.insert("id".to_owned(), json!(self.id));
        row.insert("modified_time".to_owned(), self.modified.text(&cx.snapshot.zone).into());
        row.insert("created_time".to_owned(), self.created.text(&cx.snapshot.zone).into());
        row.extend(self.keys.clone());
        row.insert("summary".to_owned(), self.summary().into());
        row.into()
    }

    fn summary(&self) -> String {
        let content = self.keys.get("content").and_then(Value::as_str).unwrap_or_default();
        letter::summary(content, self.is_html())
    }

    fn is_html(&self) -> bool {
        self.keys.get("rich_text") == Some(&Value::Bool(true))
    }

    /// As a row of `Emails`. Its name there is its id.
    fn as_email(&self, cx: &Cx) -> Value {
        let list = |key: &str| {
            self.keys.get(key).filter(|list| list.as_array().is_some_and(|list| !list.is_empty()))
        };
        let time = self.modified.text(&cx.snapshot.zone);
        let user = &cx.actor.user;
        json!({
            "attachments": null,
            "thread_id": self.id,
            "cc": list("cc"),
            "summary": self.summary(),
            "owner": { "name": user.full_name(), "id": user.id },
            "read": true,
            "sent": false,
            "subject": self.keys.get("subject"),
            "activity_info": null,
            "intent": null,
            "sentiment_info": null,
            "emotion": null,
            "message_id": self.id,
            "source": "crm",
            "linked_record": null,
            "sent_time": null,
            "from": { "user_name": user.full_name(), "email": self.keys.get("from") },
            "to": self.keys.get("to"),
            "time": time,
            "status": [{ "type": "draft", "bounced_time": null, "bounced_reason": null }],
            "has_attachment": list("attachments").is_some(),
            "has_thread_attachment": list("attachments").is_some(),
            "editable": true,
        })
    }
}

/// A page of the caller's drafts in the form of `Emails`. `records` is a test for the id of their record; `args` are
/// what is bound in it, the caller first.
pub(super) async fn as_emails(
    cx: &Cx,
    records: &str,
    mut args: Vec<Cell<'static>>,
    from: usize,
    per_page: usize,
) -> Result<Reply, Error> {
    args.push((per_page as i64 + 1).into());
    args.push((from as i64).into());
    let sql = Sql::from(format!(
        "SELECT {COLUMNS} FROM {{_mail_drafts}} d WHERE d.owner_id = ?1 AND d.record_id {records} \
         ORDER BY d.modified_at DESC, d.id DESC LIMIT ?{} OFFSET ?{}",
        args.len() - 1,
        args.len()
    ));
    let found = cx
        .org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move { Ok::<_, Error>(conn.all(&sql, &args, read).await?) })
        })
        .await?;
    if found.is_empty() {
        return Ok(Reply::nothing());
    }
    let rows: Vec<Value> = found.iter().take(per_page).map(|draft| draft.as_email(cx)).collect();
    let info = emails::info(rows.len(), from, found.len() > per_page);
    Ok(emails::answer(cx, rows, info))
}

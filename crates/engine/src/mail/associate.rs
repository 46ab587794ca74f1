//! `POST /{module}/{id}/actions/associate_email`: mails from a user's own mailbox that belong to a record; and
//! `GET actions/email_available`: whether a mail is known already.

use std::collections::HashSet;

use dealwright_schema::Cell;
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id, Instant};
use serde_json::{Value, json};

use super::address::{self, Address};
use super::files;
use super::letter::{self, Letter};
use super::place::Place;
use super::stored::{self, People, Source};
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::{self, Entry};

/// Mails in one call.
const MAILS: usize = 100;
/// Key of the mail's own `Message-ID`.
const ORIGINAL: &str = "original_message_id";
/// Characters of a `Message-ID`: what fits into a line of a header (RFC 5322, 2.1.1).
const LONGEST_ID: usize = 998;

/// Stores mails that were sent or received elsewhere. Each fails alone.
pub fn associate_email<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        // The published description says `Emails`, the published samples `data`.
        let root = if has_key(request, "Emails") || !has_key(request, "data") { "Emails" } else { "data" };
        let entries = entry::parse(request, root, MAILS)?;
        let named = entries.iter().filter_map(|keys| keys.get(ORIGINAL)?.as_str()).map(bare).collect();
        let mut known = associated(cx, place.record, named).await?;
        let (mut letters, mut outcomes) = (Vec::new(), Vec::new());
        for (at, keys) in entries.iter().enumerate() {
            let entry = Entry::of_list(keys, root, at);
            match compose(cx, place.record, &entry, &known).await {
                Ok(letter) => {
                    known.insert(letter.original_id.clone());
                    let said = Said::new("email associated successfully");
                    outcomes.push(Outcome::Said(said.detail("message_id", letter.message_id.clone())));
                    letters.push(letter);
                }
                Err(Error::Api(error)) => outcomes.push(Outcome::Failed(error)),
                Err(error) => return Err(error),
            }
        }
        letter::store(cx, &place, letters).await?;
        Ok(outcome::reply_under(cx, root, 201, outcomes))
    })
}

fn has_key(request: &Request, key: &str) -> bool {
    serde_json::from_slice::<Value>(&request.body).is_ok_and(|body| body.get(key).is_some())
}

/// Reads and checks one mail. `known` are the ids that the record has already.
async fn compose(cx: &Cx, record: Id, entry: &Entry<'_>, known: &HashSet<String>) -> Result<Letter, Error> {
    let people = People {
        from: Address::under(entry, "from")?.ok_or_else(|| entry.missing("from"))?,
        to: Address::list(entry, "to")?,
        cc: Address::list(entry, "cc")?,
        bcc: Address::list(entry, "bcc")?,
        reply_to: Address::under(entry, "reply_to")?,
    };
    if people.to.is_empty() {
        return Err(entry.missing("to").into());
    }
    let original = entry.text(ORIGINAL, LONGEST_ID)?.ok_or_else(|| entry.missing(ORIGINAL))?;
    if address::breaks_a_header(original) {
        return Err(entry.error(Code::InvalidData, ORIGINAL).into());
    }
    let original_id = bare(original);
    let is_sent = entry.flag("sent")?.ok_or_else(|| entry.missing("sent"))?;
    let time = entry.text("date_time", 40)?.ok_or_else(|| entry.missing("date_time"))?;
    let at = Instant::parse(time, &cx.snapshot.zone).ok_or_else(|| {
        entry.error(Code::InvalidData, "date_time").detail("expected_data_type", "datetime")
    })?;
    let is_html = letter::is_html(entry)?;
    let content = entry.whole_text("content")?.unwrap_or_default().to_owned();
    if known.contains(&original_id) {
        return Err(entry.error(Code::DuplicateData, ORIGINAL).into());
    }
    let message_id = letter::random_id()?;
    Ok(Letter {
        id: cx.org.mint.next(),
        thread: message_id.clone(),
        message_id,
        original_id,
        source: Source::Mailbox,
        is_sent,
        at,
        people,
        subject: letter::subject(entry)?.unwrap_or_default(),
        files: files::attached(cx, entry, record, is_html.then_some(content.as_str())).await?,
        content,
        is_html,
        in_reply_to: None,
        template: None,
        linked: letter::linked(cx, entry).await?,
    })
}

/// A `Message-ID` without its brackets.
fn bare(id: &str) -> String {
    let id = id.trim();
    id.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(id).to_owned()
}

/// Which of the ids the record has mails of.
async fn associated(cx: &Cx, record: Id, ids: Vec<String>) -> Result<HashSet<String>, Error> {
    let among = cx.org.store.dialect().in_texts("m.original_id", "?1");
    let sql = Sql::from(format!("SELECT m.original_id FROM {{_mails}} m WHERE {among} AND m.record_id = ?2"));
    let args: [Cell<'static>; 2] = [Cell::Texts(ids.into()), record.into()];
    cx.org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let found = conn.all(&sql, &args, |row| Ok(row.text(0)?.map(str::to_owned))).await?;
                Ok(found.into_iter().flatten().collect())
            })
        })
        .await
}

/// Whether a mail with that `Message-ID` belongs to a record, and to which. Mails that the caller does not see are
/// not there.
pub fn email_available<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        // Spelt so in the published description; the right spelling is taken too.
        let given =
            ["orginal_message_id", "original_message_id"].iter().find_map(|name| request.params.get(name));
        let original_id = bare(given.ok_or_else(|| ApiError::missing_param("orginal_message_id"))?);
        let sql = Sql::from(format!(
            "SELECT m.module_id, m.record_id, m.linked_module, m.linked_record FROM {{_mails}} m \
         WHERE m.original_id = ?1 AND {} ORDER BY m.id",
            stored::visible_to("?2")
        ));
        let args: [Cell<'static>; 2] = [original_id.into(), cx.user_id().into()];
        let read = |row: &Row<'_>| Ok((row.id(0)?.zip(row.id(1)?), row.id(2)?.zip(row.id(3)?)));
        let found = cx
            .org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move { Ok::<_, Error>(conn.all(&sql, &args, read).await?) })
            })
            .await?;
        for (record, link) in found {
            let Some((module, id)) = record else { continue };
            let Some(shown) = reference(cx, module, id).await? else { continue };
            let linked = match link {
                Some((module, id)) => reference(cx, module, id).await?,
                None => None,
            };
            let mut record = shown;
            record["linked_record"] = json!(linked);
            return Ok(Reply::value(
                200,
                &json!({ "available": true, "record": record, "linked_record": linked }),
            ));
        }
        Ok(Reply::value(200, &json!({ "available": false, "record": null, "linked_record": null })))
    })
}

/// `{"module","id"}` of a record that the caller may view.
async fn reference(cx: &Cx, module: Id, id: Id) -> Result<Option<Value>, Error> {
    let Some(module) = cx.snapshot.schema.module_by_id(module) else { return Ok(None) };
    let Ok(grant) = cx.grant(module, Action::View) else { return Ok(None) };
    if !super::place::exists(cx, &grant, id).await? {
        return Ok(None);
    }
    Ok(Some(json!({ "module": { "api_name": module.api_name, "id": module.id }, "id": id })))
}

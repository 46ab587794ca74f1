//! `POST /{module}/{id}/actions/send_mail`: takes mails in. They are stored and queued together; delivering them
//! comes after the answer.

use dealwright_schema::Cell;
use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Instant};
use serde_json::{Map, Value, json};

use super::address::Address;
use super::files;
use super::letter::{self, Letter};
use super::merge::Values;
use super::place::{self, Place};
use super::stored::{self, People};
use super::{blocked, from_addresses, templates};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Request};
use crate::settings::entry::{self, Entry};

/// Mails in one call.
const MAILS: usize = 10;

/// Takes mails in. Each fails alone; those that are good are stored in one transaction.
pub fn send_mail<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let place = Place::of(cx, request).await?;
        cx.org.post.required()?;
        let entries = entry::parse(request, "data", MAILS)?;
        let record =
            place::values(cx, &place.grant, place.record).await?.ok_or_else(place::unknown_record)?;
        let (mut letters, mut outcomes) = (Vec::new(), Vec::new());
        for (at, keys) in entries.iter().enumerate() {
            let entry = Entry::of_list(keys, "data", at);
            match compose(cx, &place, &record, &entry).await {
                Ok((letter, blocked)) => {
                    let said = Said::new("Your mail has been sent successfully.")
                        .detail("message_id", letter.message_id.clone())
                        .detail("blocked_email_addresses", blocked);
                    outcomes.push(Outcome::Said(said));
                    letters.push(letter);
                }
                Err(Error::Api(error)) if error.code != Code::NotSupported => {
                    outcomes.push(Outcome::Failed(error));
                }
                Err(error) => return Err(error),
            }
        }
        letter::store(cx, &place, letters).await?;
        Ok(outcome::reply(cx, 200, outcomes))
    })
}

/// Reads and checks one mail. Gives it with the addresses that were left out.
async fn compose(
    cx: &Cx,
    place: &Place,
    record: &Map<String, Value>,
    entry: &Entry<'_>,
) -> Result<(Letter, Value), Error> {
    unsupported(entry)?;
    let people = People {
        from: from_addresses::sender(cx, entry)?,
        to: Address::list(entry, "to")?,
        cc: Address::list(entry, "cc")?,
        bcc: Address::list(entry, "bcc")?,
        reply_to: Address::under(entry, "reply_to")?,
    };
    if people.to.is_empty() {
        return Err(entry.missing("to").into());
    }
    let (people, blocked) = without_blocked(cx, place, record, people).await?;
    if people.to.is_empty() {
        let error = entry.error(Code::InvalidData, "to").message("every address is blocked");
        return Err(error.detail("blocked_email_addresses", blocked).into());
    }
    let text = text(cx, place, entry).await?;
    let values = Values::new(cx, &place.grant.module.api_name, record);
    let is_html = text.is_html;
    let (subject, content) =
        (one_line(&values.fill(&text.subject, false)), values.fill(&text.content, is_html));
    let mut letter = Letter::to_send(cx, people, subject, content, is_html)?;
    letter.template = text.template;
    if let Some(at) = scheduled_time(cx, entry)? {
        letter.at = at;
    }
    if let Some((original, thread)) = in_reply_to(cx, place, entry).await? {
        letter.in_reply_to = Some(original);
        letter.thread = thread;
    }
    letter.linked = letter::linked(cx, entry).await?;
    letter.files =
        files::attached(cx, entry, place.record, is_html.then_some(letter.content.as_str())).await?;
    Ok((letter, blocked))
}

/// Keys whose meaning is not built. A mail without what they ask for would be another mail.
fn unsupported(entry: &Entry<'_>) -> Result<(), ApiError> {
    let inventory =
        entry.entry("inventory_details")?.filter(|given| !given.is_empty()).map(|_| "inventory_details");
    let privacy = entry
        .entry("data_subject_request")?
        .filter(|given| !given.is_empty())
        .map(|_| "data_subject_request");
    let consent = entry.flag("consent_email")?.filter(|yes| *yes).map(|_| "consent_email");
    match inventory.or(privacy).or(consent) {
        Some(key) => Err(entry.error(Code::NotSupported, key).message(format!("{key} is not served yet"))),
        None => Ok(()),
    }
}

/// What a mail says, before its merge fields are filled in.
struct Text {
    subject: String,
    content: String,
    is_html: bool,
    template: Option<dealwright_wire::Id>,
}

/// Subject and content: of the body, or of the template that it names.
async fn text(cx: &Cx, place: &Place, entry: &Entry<'_>) -> Result<Text, Error> {
    let (subject, content) = (letter::subject(entry)?, entry.whole_text("content")?);
    let content = content.filter(|content| !content.is_empty());
    let template = entry.entry("template")?.filter(|template| !template.is_empty());
    let Some(named) = template else {
        return Ok(Text {
            subject: subject.ok_or_else(|| entry.missing("subject"))?,
            content: content.ok_or_else(|| entry.missing("content"))?.to_owned(),
            is_html: letter::is_html(entry)?,
            template: None,
        });
    };
    if content.is_some() {
        let due_to = ["content", "template"].map(|key| {
            let path = entry.error(Code::AmbiguityDuringProcessing, key).details.remove("json_path");
            json!({ "api_name": key, "json_path": path })
        });
        let error = ApiError::new(Code::AmbiguityDuringProcessing);
        return Err(error.detail("ambiguity_due_to", due_to.to_vec()).into());
    }
    let id = named.id("id")?.ok_or_else(|| named.missing("id"))?;
    let found = templates::find(cx, id).await?.filter(|found| found.module == place.grant.module.id);
    let found = found
        .ok_or_else(|| named.error(Code::InvalidData, "id").message("the template is none of the module"))?;
    Ok(Text {
        subject: subject.unwrap_or(found.subject),
        content: found.content,
        is_html: true,
        template: Some(id),
    })
}

/// Values may have line ends; a subject has none.
fn one_line(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// Leaves out addresses that take no mail. Gives them with the reasons.
async fn without_blocked(
    cx: &Cx,
    place: &Place,
    record: &Map<String, Value>,
    mut people: People,
) -> Result<(People, Value), Error> {
    let all: Vec<String> = people.recipients().into_iter().map(Address::folded).collect();
    let reasons = blocked::among(cx, &place.grant.module, record, all).await?;
    let mut shown = Vec::new();
    for list in [&mut people.to, &mut people.cc, &mut people.bcc] {
        list.retain(|address| match reasons.get(&address.folded()) {
            Some(reason) => {
                shown.push(json!({ "email": address.email, "reason": reason }));
                false
            }
            None => true,
        });
    }
    Ok((people, shown.into()))
}

/// When to send, if not now. It must lie ahead.
fn scheduled_time(cx: &Cx, entry: &Entry<'_>) -> Result<Option<Instant>, ApiError> {
    let Some(text) = entry.text("scheduled_time", 40)? else { return Ok(None) };
    let wrong = || entry.error(Code::InvalidData, "scheduled_time");
    let at = Instant::parse(text, &cx.snapshot.zone)
        .ok_or_else(|| wrong().detail("expected_data_type", "datetime"))?;
    if at <= cx.org.clock.now() {
        return Err(wrong().message("the scheduled time has passed"));
    }
    Ok(Some(at))
}

/// `Message-ID` and thread of the mail that this one answers: one of the same record.
async fn in_reply_to(cx: &Cx, place: &Place, entry: &Entry<'_>) -> Result<Option<(String, String)>, Error> {
    let Some(answered) = entry.entry("in_reply_to")?.filter(|answered| !answered.is_empty()) else {
        return Ok(None);
    };
    let id = answered.text("message_id", 250)?.ok_or_else(|| answered.missing("message_id"))?.to_owned();
    let sql = Sql::from(format!(
        "SELECT m.original_id, m.thread FROM {{_mails}} m WHERE m.message_id = ?1 \
         AND (m.record_id = ?2 OR m.linked_record = ?2) AND {}",
        stored::visible_to("?3")
    ));
    let args: [Cell<'static>; 3] = [id.into(), place.record.into(), cx.user_id().into()];
    let found = cx
        .org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let read =
                    |row: &Row<'_>| Ok(row.text(0)?.map(str::to_owned).zip(row.text(1)?.map(str::to_owned)));
                Ok::<_, Error>(conn.first(&sql, &args, read).await?.flatten())
            })
        })
        .await?;
    match found {
        Some(found) => Ok(Some(found)),
        None => Err(answered.error(Code::InvalidData, "message_id").into()),
    }
}

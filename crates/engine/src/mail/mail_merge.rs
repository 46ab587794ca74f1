//! `POST /{module}/{id}/actions/download_mail_merge` and `send_mail_merge`: a template filled with a record's values,
//! as a file or as a mail. Templates are the e-mail templates, the output is HTML.

use dealwright_store::blob::BlobReader;
use dealwright_wire::{ApiError, Code};
use serde_json::{Map, Value};

use super::address::{self, Address};
use super::from_addresses;
use super::letter::{self, Letter};
use super::merge::Values;
use super::place::{self, Place};
use super::stored::People;
use super::templates::{self, Template};
use crate::cx::Cx;
use crate::error::Error;
use crate::files::Download;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::{self, Entry};

/// Characters of a file's name. Source: "Download mail merge".
const LONGEST_NAME: usize = 255;
/// Forms of the document in the published description; the first is made here.
const FORMATS: [&str; 3] = ["html", "pdf", "docx"];

/// The filled template as a file.
pub fn download_mail_merge<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        const ROOT: &str = "download_mail_merge";
        let place = Place::of(cx, request).await?;
        let entries = entry::parse(request, ROOT, 1)?;
        let keys = entries.into_iter().next().unwrap_or_default();
        let entry = Entry::of_list(&keys, ROOT, 0);
        let format = entry.text("output_format", 10)?.ok_or_else(|| entry.missing("output_format"))?;
        if !FORMATS.contains(&format) {
            return Err(entry.unsupported("output_format", FORMATS.to_vec()).into());
        }
        if format != FORMATS[0] {
            return Err(not_served(&entry, "output_format"));
        }
        if entry.text("password", 250)?.is_some() {
            return Err(not_served(&entry, "password"));
        }
        let name = entry.text("file_name", LONGEST_NAME)?;
        let template = template(cx, &place, &entry).await?;
        let record =
            place::values(cx, &place.grant, place.record).await?.ok_or_else(place::unknown_record)?;
        let values = Values::new(cx, &place.grant.module.api_name, &record);
        let name = name.unwrap_or(&template.name).trim_end_matches(".html");
        Ok(Reply::file(Download {
            name: format!("{name}.html"),
            content: BlobReader::of(values.fill(&template.content, true).into_bytes()),
        }))
    })
}

/// The filled template as a mail; queued like any other.
pub fn send_mail_merge<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        const ROOT: &str = "send_mail_merge";
        let place = Place::of(cx, request).await?;
        cx.org.post.required()?;
        let entries = entry::parse(request, ROOT, 1)?;
        let keys = entries.into_iter().next().unwrap_or_default();
        let entry = Entry::of_list(&keys, ROOT, 0);
        let record =
            place::values(cx, &place.grant, place.record).await?.ok_or_else(place::unknown_record)?;
        let outcome = match compose(cx, &place, &record, &entry).await {
            Ok(letter) => {
                let said =
                    Said::new("Mail merge sent successfully").detail("message_id", letter.message_id.clone());
                letter::store(cx, &place, vec![letter]).await?;
                Outcome::Said(said)
            }
            Err(Error::Api(error)) if error.code != Code::NotSupported => Outcome::Failed(error),
            Err(error) => return Err(error),
        };
        Ok(outcome::reply_under(cx, ROOT, 200, vec![outcome]))
    })
}

fn not_served(entry: &Entry<'_>, key: &str) -> Error {
    entry.error(Code::NotSupported, key).message(format!("this {key} is not served yet")).into()
}

/// The template that `mail_merge_template` names by id or name: one of the module.
async fn template(cx: &Cx, place: &Place, entry: &Entry<'_>) -> Result<Template, Error> {
    const KEY: &str = "mail_merge_template";
    let named = entry.entry(KEY)?.ok_or_else(|| entry.missing(KEY))?;
    let module = place.grant.module.id;
    let (found, key) = match (named.id("id")?, named.text("name", LONGEST_NAME)?) {
        (Some(id), _) => (templates::find(cx, id).await?.filter(|found| found.module == module), "id"),
        (None, Some(name)) => (templates::find_by_name(cx, module, name).await?, "name"),
        (None, None) => return Err(named.missing("id").into()),
    };
    Ok(found
        .ok_or_else(|| named.error(Code::InvalidData, key).message("the template is none of the module"))?)
}

async fn compose(
    cx: &Cx,
    place: &Place,
    record: &Map<String, Value>,
    entry: &Entry<'_>,
) -> Result<Letter, Error> {
    // The other kinds attach the document in a form that is not made here.
    if entry.text("type", 30)?.is_some_and(|kind| kind != "inline") {
        return Err(not_served(entry, "type"));
    }
    let from = match entry.entry("from_address")? {
        None => return Err(entry.missing("from_address").into()),
        Some(given) => {
            let given = party(&given, record)?;
            from_addresses::allowed(cx, &given, false).ok_or_else(|| {
                entry.error(Code::InvalidData, "from_address").message("the from address is none of yours")
            })?
        }
    };
    let people = People {
        from,
        to: parties(entry, "to_address", record)?,
        cc: parties(entry, "cc_email", record)?,
        bcc: parties(entry, "bcc_email", record)?,
        reply_to: None,
    };
    if people.to.is_empty() {
        return Err(entry.missing("to_address").into());
    }
    let template = template(cx, place, entry).await?;
    let values = Values::new(cx, &place.grant.module.api_name, record);
    let subject = letter::subject(entry)?.unwrap_or_else(|| template.subject.clone());
    let message = entry.whole_text("message")?.unwrap_or_default();
    let content = format!("{message}{}", template.content);
    let (subject, content) = (values.fill(&subject, false), values.fill(&content, true));
    let subject = subject.split(char::is_control).collect::<Vec<_>>().join(" ");
    let mut letter = Letter::to_send(cx, people, subject, content, true)?;
    letter.template = Some(template.id);
    Ok(letter)
}

fn parties(entry: &Entry<'_>, key: &str, record: &Map<String, Value>) -> Result<Vec<Address>, ApiError> {
    let entries = entry.entries(key)?;
    if entries.len() > address::MOST {
        return Err(entry.error(Code::InvalidData, key).detail("maximum_length", address::MOST));
    }
    entries.iter().map(|given| party(given, record)).collect()
}

/// `{"type","value"}`: an address, or with `merge_field` the field of the record that holds it.
fn party(given: &Entry<'_>, record: &Map<String, Value>) -> Result<Address, ApiError> {
    const KINDS: [&str; 2] = ["email", "merge_field"];
    let value = given.text("value", 250)?.ok_or_else(|| given.missing("value"))?;
    let email = match given.text("type", 30)?.unwrap_or(KINDS[0]) {
        "email" => value,
        "merge_field" => {
            let name = value.trim_start_matches("${").trim_start_matches('!').trim_end_matches('}');
            let name = name.rsplit_once('.').map_or(name, |(_, field)| field);
            record.get(name).and_then(Value::as_str).unwrap_or_default()
        }
        _ => return Err(given.unsupported("type", KINDS.to_vec())),
    };
    let wrong = || given.error(Code::InvalidData, "value").detail("expected_data_type", "email");
    Address::new(None, email).ok_or_else(wrong)
}

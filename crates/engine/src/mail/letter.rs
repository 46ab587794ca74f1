//! A mail that has been checked: what is stored of it, and how it is queued.

use dealwright_schema::{Cell, Storage};
use dealwright_store::{Batch, Column, Conn, Op, Sql, StoreError};
use dealwright_wire::{ApiError, Code, Id, Instant, json};

use super::delivery;
use super::files::{self, MailFile};
use super::message::plain_text;
use super::place::{self, Place};
use super::stored::{People, Source, State};
use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::files::Upload;
use crate::files::stored_file::Holder;
use crate::records::writing::Writing;
use crate::settings::entry::Entry;

/// Characters of the content's beginning that lists show.
const SUMMARY: usize = 200;
/// Characters of a subject. Source: "Associate e-mail".
pub(super) const LONGEST_SUBJECT: usize = 250;
/// Formats of the content, the usual one first.
const FORMATS: [&str; 2] = ["html", "text"];

/// A mail that can be stored.
#[derive(Debug, Clone)]
pub(super) struct Letter {
    pub id: Id,
    pub message_id: String,
    pub original_id: String,
    pub thread: String,
    pub source: Source,
    /// Went out from the owner; else it came in.
    pub is_sent: bool,
    pub at: Instant,
    pub people: People,
    pub subject: String,
    pub content: String,
    pub is_html: bool,
    /// `Message-ID` of the mail it answers.
    pub in_reply_to: Option<String>,
    pub template: Option<Id>,
    pub linked: Option<(Id, Id)>,
    pub files: Vec<MailFile>,
}

impl Letter {
    /// A mail of the caller's that is to be sent now; the fields that most mails leave empty are to be filled.
    pub(super) fn to_send(
        cx: &Cx,
        people: People,
        subject: String,
        content: String,
        is_html: bool,
    ) -> Result<Self, Error> {
        let message_id = random_id()?;
        let domain = people.from.email.rsplit_once('@').map_or("localhost", |(_, domain)| domain);
        Ok(Self {
            id: cx.org.mint.next(),
            original_id: format!("{message_id}@{domain}"),
            thread: message_id.clone(),
            message_id,
            source: Source::Crm,
            is_sent: true,
            at: cx.org.clock.now(),
            people,
            subject,
            content,
            is_html,
            in_reply_to: None,
            template: None,
            linked: None,
            files: Vec::new(),
        })
    }
}

/// How clients name a mail: nothing can be read from it, and it is never guessed.
pub(super) fn random_id() -> Result<String, Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)
        .map_err(|error| StoreError::Refused(format!("no random numbers: {error}")))?;
    Ok(json::hex(&bytes))
}

/// `mail_format` of an entry: true for HTML, which is the default.
pub(super) fn is_html(entry: &Entry<'_>) -> Result<bool, ApiError> {
    match entry.text("mail_format", 10)? {
        None => Ok(true),
        Some(format) if FORMATS.contains(&format) => Ok(format == "html"),
        Some(_) => Err(entry.unsupported("mail_format", FORMATS.to_vec())),
    }
}

/// `subject` of an entry, in one line.
pub(super) fn subject(entry: &Entry<'_>) -> Result<Option<String>, ApiError> {
    let Some(subject) = entry.text("subject", LONGEST_SUBJECT)? else { return Ok(None) };
    if super::address::breaks_a_header(subject) {
        return Err(entry.error(Code::InvalidData, "subject").detail("expected_data_type", "text"));
    }
    Ok(Some(subject.to_owned()))
}

/// `linked_record` of an entry: module and id of a record that the caller may view.
pub(super) async fn linked(cx: &Cx, entry: &Entry<'_>) -> Result<Option<(Id, Id)>, Error> {
    let Some(link) = entry.entry("linked_record")?.filter(|link| !link.is_empty()) else { return Ok(None) };
    let of = link.entry("module")?.ok_or_else(|| link.missing("module"))?;
    let (name, module_id) = (of.text("api_name", 100)?, of.id("id")?);
    let module = match (name, module_id) {
        (Some(name), _) => cx.snapshot.schema.module(name).ok_or("api_name"),
        (None, Some(id)) => cx.snapshot.schema.module_by_id(id).ok_or("id"),
        (None, None) => return Err(of.missing("api_name").into()),
    };
    let module = module.map_err(|key| of.error(Code::InvalidData, key))?;
    let id = link.id("id")?.ok_or_else(|| link.missing("id"))?;
    let grant = cx.grant(module, Action::View)?;
    if !place::exists(cx, &grant, id).await? {
        return Err(link.error(Code::InvalidData, "id").message("the id given seems to be invalid").into());
    }
    Ok(Some((module.id, id)))
}

/// Stores mails of a record, queues those that are to be sent, and wakes whoever sends them.
pub(super) async fn store(cx: &Cx, place: &Place, letters: Vec<Letter>) -> Result<(), Error> {
    if letters.is_empty() {
        return Ok(());
    }
    let contents = contents(cx, &letters).await?;
    let (writing, record) = (Writing::new(cx, &place.grant), place.record);
    cx.org
        .store
        .write(move |tx| Box::pin(async move { write(tx, &writing, record, &letters, &contents).await }))
        .await?;
    cx.org.post.bell.notify_one();
    Ok(())
}

/// Makes files of the contents of mails. A transaction does no outside work, so this comes before it; what is not
/// stored in it goes again by itself.
pub(super) async fn contents(cx: &Cx, letters: &[Letter]) -> Result<Vec<Upload>, Error> {
    let mut contents = Vec::with_capacity(letters.len());
    for letter in letters {
        contents.push(files::put_content(cx, &letter.content, letter.is_html).await?);
    }
    Ok(contents)
}

/// Writes mails of one record in the running transaction, each with its content.
pub(super) async fn write(
    tx: &mut Conn,
    writing: &Writing,
    record: Id,
    letters: &[Letter],
    contents: &[Upload],
) -> Result<(), Error> {
    let holder = Holder { module: writing.module.id, record, field: None };
    let mut work = Vec::new();
    for (letter, content) in letters.iter().zip(contents) {
        content.enter(tx, Some(holder)).await?;
        files::hold(tx, &letter.files, letter.id, writing.user, holder).await?;
        work.push(insert(writing, record, letter, content.id())?);
        if letter.source == Source::Crm {
            work.push(writing.job(delivery::job(writing.module.id, letter.id), letter.at.0 * 1000));
        }
    }
    let now = writing.now.0;
    let waiting = letters.iter().filter(|letter| letter.source == Source::Crm);
    let recipients: Vec<Vec<Cell<'static>>> = waiting
        .flat_map(|letter| letter.people.recipients().into_iter().map(move |to| (letter.id, to)))
        .map(|(mail, to)| {
            vec![mail.into(), to.email.clone().into(), "waiting".into(), Cell::Null, now.into()]
        })
        .collect();
    let columns = [
        ("mail_id", Storage::Int),
        ("address", Storage::Text),
        ("state", Storage::Text),
        ("reason", Storage::Text),
        ("at", Storage::Int),
    ]
    .map(|(name, storage)| Column::new(name, storage));
    if !recipients.is_empty() {
        work.push(Op::Insert(Batch { table: "_mail_recipients", columns: &columns, rows: &recipients }));
        work.push(writing.event("mail.queued", &[record], &[]));
    }
    Ok(tx.together(&work).await?)
}

fn insert(writing: &Writing, record: Id, letter: &Letter, content: Id) -> Result<Op<'static>, Error> {
    let people =
        serde_json::to_string(&letter.people).map_err(Error::internal("writing a mail's parties"))?;
    let to_send = letter.source == Source::Crm;
    let sql = Sql::from(
        "INSERT INTO {_mails} (id, message_id, original_id, thread, module_id, record_id, owner_id, source, state, \
         is_sent, is_read, at, subject, summary, format, people, files, content_id, in_reply_to, template_id, linked_module, \
         linked_record, attempts) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, \
         ?16, ?17, ?18, ?19, ?20, ?21, ?22, 0)",
    );
    let args = vec![
        letter.id.into(),
        letter.message_id.clone().into(),
        letter.original_id.clone().into(),
        letter.thread.clone().into(),
        writing.module.id.into(),
        record.into(),
        writing.user.into(),
        letter.source.text().into(),
        (if to_send { State::Waiting } else { State::Sent }).text().into(),
        i64::from(letter.is_sent).into(),
        i64::from(letter.is_sent).into(),
        letter.at.0.into(),
        letter.subject.clone().into(),
        summary(&letter.content, letter.is_html).into(),
        (if letter.is_html { "html" } else { "text" }).into(),
        people.into(),
        (letter.files.iter().filter(|file| !file.is_inline).count() as i64).into(),
        content.into(),
        letter.in_reply_to.clone().into(),
        letter.template.into(),
        letter.linked.map(|(module, _)| module).into(),
        letter.linked.map(|(_, id)| id).into(),
    ];
    Ok(Op::Exec(sql, args))
}

/// The beginning of a content, in one line.
pub(super) fn summary(content: &str, is_html: bool) -> String {
    let plain = if is_html { plain_text(content) } else { content.to_owned() };
    let words: Vec<&str> = plain.split_whitespace().collect();
    words.join(" ").chars().take(SUMMARY).collect()
}

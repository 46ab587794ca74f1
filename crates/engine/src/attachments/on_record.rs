//! `/{module}/{id}/Attachments`: files and links that hang on a record.
//!
//! An attachment is a record of the module Attachments; what it holds, a file or a link, stands in `_attachments`. It
//! is reached through its record only, and can be seen as long as that is there.

use std::sync::Arc;

use dealwright_schema::{Cell, Form, ModuleDef, web_address};
use dealwright_store::{Conn, Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Compat, Id};
use serde_json::json;

use crate::files::download;

use crate::access::unasked::{self, Why};
use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::files::stored_file::{Holder, StoredFile};
use crate::files::{self, file_name, sweep};
use crate::records::around::KeySource;
use crate::records::draft::Draft;
use crate::records::filter::Filter;
use crate::records::insert;
use crate::records::list_query::{Kind, ListQuery};
use crate::records::outcome::{self, Outcome, Said};
use crate::records::page::{self, Info};
use crate::records::parent::{self, Parent};
use crate::records::selection::Shape;
use crate::records::writing::{Entry, Writing};
use crate::request::{Answer, Reply, Request};
use crate::snapshot::Snapshot;

const MODULE: &str = "Attachments";
/// Attachments that one call may delete.
const MOST: usize = 100;
/// Characters of a link and of its title. Source: records reference, 6.3.
const LONGEST_URL: usize = 3_000;
const LONGEST_TITLE: usize = 255;

/// What a row shows, whatever `fields` names: clients and the published description rely on all of it.
const KEYS: &str = "Owner,Modified_Time,File_Name,Created_Time,Size,Parent_Id,Modified_By,Created_By,$editable,\
                    $sharing_permission,$file_id,$type,$se_module,$attachment_type,$state,$link_url";

/// Lists the attachments of a record, newest first: 200, 204 when there are none.
pub fn list<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = record(cx, request).await?;
        if request.params.list("fields").is_none() && cx.profile.attachments_need_fields {
            if cx.compat == Compat::Strict {
                return Err(ApiError::missing_param("fields").into());
            }
            cx.note("list-without-fields");
        }
        let module = module(&cx.snapshot)?;
        let grant = cx.grant(module, Action::View)?;
        let mut query =
            ListQuery::parse_within(cx, module, &request.params, Kind::Beside, &parent.list_key(MODULE))?;
        query.fields = Some(KEYS.into());
        page::check_reach(cx, &query, false)?;
        let mut filter = Filter::default();
        let (column, module_column) = parent_columns(module).ok_or_else(ApiError::invalid_module)?;
        let (id, module_id) = (filter.bind(parent.id), filter.bind(parent.grant.module.id));
        filter.and(&format!("t.\"{column}\" = {id} AND t.\"{module_column}\" = {module_id}"));
        let found = page::fetch_shape(cx, &grant, &query, filter, Shape::List).await?;
        let info = Info { tokens: cx.profile.related_page_tokens, sort: false, flags: false };
        Ok(found.reply_with(cx, &query, &request.params, info))
    })
}

/// Attaches the multipart part `file`, or the link `attachmentUrl` with its `title`: 200.
pub fn create<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = record(cx, request).await?;
        parent.must_be_changeable(cx).await?;
        let content = Content::of(request)?;
        let grant = cx.grant_beside(&parent.grant, module(&cx.snapshot)?, Action::Create)?;
        let writing = Writing::new(cx, &grant);
        let (now, holder) = (writing.now, holder(&parent));
        let made = cx
            .org
            .store
            .write(move |tx| {
                Box::pin(async move {
                    let id = write(tx, &writing, &content, holder).await?;
                    Ok::<_, Error>(id)
                })
            })
            .await?;
        let user = json!({ "name": cx.actor.user.full_name(), "id": cx.user_id() });
        let time = now.text(&cx.snapshot.zone);
        let said = Said::new("attachment uploaded successfully")
            .detail("Modified_Time", time.clone())
            .detail("Modified_By", user.clone())
            .detail("Created_Time", time)
            .detail("id", made.to_string())
            .detail("Created_By", user);
        Ok(outcome::reply(cx, 200, vec![Outcome::Said(said)]))
    })
}

/// The file of an attachment. A link is not downloaded: `DOWNLOAD_NOT_ALLOWED`.
pub fn get<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = record(cx, request).await?;
        let module = module(&cx.snapshot)?;
        let grant = cx.grant(module, Action::View)?;
        let id = attachment_id(request.segment(2))?;
        let holder = holder(&parent);
        let file = cx
            .org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move {
                    let found = find(conn, &grant, holder, &[id]).await?;
                    let found = found.first().ok_or_else(|| parent::unknown(3))?;
                    let file = found.file.ok_or(Code::DownloadNotAllowed)?;
                    Ok::<_, Error>(StoredFile::by_id(conn, file).await?.ok_or_else(|| parent::unknown(3))?)
                })
            })
            .await?;
        Ok(Reply::file(download(cx, file).await?))
    })
}

/// Deletes an attachment for good.
pub fn delete_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = record(cx, request).await?;
        let id = attachment_id(request.segment(2))?;
        let gone = remove(cx, &parent, vec![id]).await?;
        if gone.is_empty() {
            return Err(parent::unknown(3).into());
        }
        Ok(outcome::reply(cx, 200, vec![deleted(id)]))
    })
}

/// Deletes the attachments that `ids` names, each by itself.
pub fn delete_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let parent = record(cx, request).await?;
        let Some(given) = request.params.list("ids") else {
            return Err(ApiError::missing_param("ids").into());
        };
        if given.len() > MOST {
            return Err(ApiError::new(Code::LimitExceeded).detail("limit", MOST).param("ids").into());
        }
        let parsed: Result<Vec<Id>, _> = given.iter().map(|id| id.parse()).collect();
        let ids = parsed.map_err(|_| ApiError::new(Code::InvalidData).param("ids"))?;
        let mut gone = remove(cx, &parent, ids.clone()).await?;
        let outcomes = ids.into_iter().map(|id| match gone.iter().position(|one| *one == id) {
            // Named twice, it is deleted once.
            Some(at) => {
                gone.swap_remove(at);
                deleted(id)
            }
            None => Outcome::Failed(ApiError::new(Code::InvalidData).message("record not deleted").id(id)),
        });
        Ok(outcome::reply(cx, 200, outcomes.collect()))
    })
}

fn deleted(id: Id) -> Outcome {
    Outcome::Said(Said::of(id, "record deleted"))
}

fn attachment_id(text: &str) -> Result<Id, ApiError> {
    text.parse().map_err(|_| parent::unknown(3))
}

/// The record that attachments hang on. It is there, and the caller may see it.
async fn record(cx: &Cx, request: &Request) -> Result<Parent, Error> {
    let parent = Parent::of(cx, request, Action::View).await?;
    if !takes_attachments(&parent.grant.module) {
        return Err(ApiError::new(Code::InvalidData)
            .message("the relation name given seems to be invalid")
            .detail("resource_path_index", 2)
            .into());
    }
    parent.must_exist(cx).await?;
    Ok(parent)
}

fn holder(parent: &Parent) -> Holder {
    Holder { module: parent.grant.module.id, record: parent.id, field: None }
}

/// An attachment of the record.
struct Attachment {
    id: Id,
    /// `None` for a link.
    file: Option<Id>,
    hist: Option<i64>,
}

async fn find(conn: &mut Conn, grant: &Grant, parent: Holder, ids: &[Id]) -> Result<Vec<Attachment>, Error> {
    let Some((column, module_column)) = parent_columns(&grant.module) else { return Ok(Vec::new()) };
    let numbers: Vec<i64> = ids.iter().map(|id| id.get()).collect();
    let mut args = vec![Cell::Ids(numbers.into()), parent.record.into(), parent.module.into()];
    let scope = grant.and_rows("t", &mut args);
    let sql = Sql::from(format!(
        "SELECT t.id, a.file_id, t.hist FROM {{{}}} t JOIN {{_attachments}} a ON a.id = t.id \
         WHERE {} AND t.\"{column}\" = ?2 AND t.\"{module_column}\" = ?3{scope}",
        grant.table(),
        conn.dialect().in_ids("t.id", "?1")
    ));
    Ok(conn
        .all(&sql, &args, |row| {
            Ok(Attachment { id: Row::must(row.id(0)?, 0)?, file: row.id(1)?, hist: row.int(2)? })
        })
        .await?)
}

/// What is attached.
enum Content {
    File(Arc<files::Upload>),
    Link { url: String, title: String },
}

impl Content {
    /// One file or one link; the link's parameters may stand in the query or in the form.
    fn of(request: &Request) -> Result<Self, ApiError> {
        let url = request.said("attachmentUrl");
        // Forms send the part of a file that nobody chose, empty.
        let file = request.files.iter().find(|file| file.size > 0 || url.is_none());
        match (file, url) {
            (Some(_), Some(_)) => Err(ApiError::new(Code::AmbiguityDuringProcessing).detail(
                "ambiguity_due_to",
                json!([{ "api_name": "file" }, { "param_name": "attachmentUrl" }]),
            )),
            (Some(file), None) => Ok(Self::File(Arc::clone(file))),
            (None, Some(url)) => Self::link(url.trim(), request.said("title").map(str::trim)),
            (None, None) => Err(ApiError::new(Code::MandatoryNotFound).detail("api_name", "file")),
        }
    }

    fn link(url: &str, title: Option<&str>) -> Result<Self, ApiError> {
        let too_long = |name: &str, most: usize| {
            ApiError::new(Code::InvalidData).detail("maximum_length", most).param(name)
        };
        if url.chars().count() > LONGEST_URL {
            return Err(too_long("attachmentUrl", LONGEST_URL));
        }
        if !is_web_address(url) {
            return Err(ApiError::new(Code::InvalidAttachmentUrl));
        }
        let title = title.filter(|title| !title.is_empty());
        if title.is_some_and(|title| title.chars().count() > LONGEST_TITLE) {
            return Err(too_long("title", LONGEST_TITLE));
        }
        let title = match title {
            Some(title) => title.to_owned(),
            None => url.chars().take(file_name::LONGEST).collect(),
        };
        Ok(Self::Link { url: url.to_owned(), title })
    }

    fn name(&self) -> &str {
        match self {
            Self::File(file) => &file.name,
            Self::Link { title, .. } => title,
        }
    }

    fn size(&self) -> i64 {
        match self {
            Self::File(file) => file.size as i64,
            Self::Link { .. } => 0,
        }
    }
}

/// `http` or `https`, and a host. People click on it, so nothing that runs may stand there.
fn is_web_address(url: &str) -> bool {
    let rest = ["http://", "https://"].iter().find_map(|scheme| {
        url.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme))?;
        url.get(scheme.len()..)
    });
    let Some(rest) = rest.filter(|_| web_address::is_harmless(url)) else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    !host.is_empty()
        && !url.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"' | '\\'))
}

/// Writes the attachment and takes its file, in the running transaction. Gives the attachment's id.
async fn write(tx: &mut Conn, writing: &Writing, content: &Content, holder: Holder) -> Result<Id, Error> {
    let module = &writing.module;
    let mut draft = Draft::empty(module, "$.data[0]".to_owned());
    let cells: [(&str, Cell<'static>); 3] = [
        ("File_Name", content.name().to_owned().into()),
        ("Size", content.size().into()),
        ("Parent_Id", holder.record.into()),
    ];
    for (name, cell) in cells {
        if let Some(at) = module.field_index(name) {
            draft.cells[at] = Some(cell);
        }
    }
    draft.modules.extend(module.field_index("Parent_Id").map(|at| (at, holder.module)));
    let made = insert::write(tx, writing, vec![Ok(draft)]).await?;
    let made = made.into_iter().next().unwrap_or_else(|| Err(ApiError::new(Code::InvalidData)))?;
    let (file, url) = match content {
        Content::File(file) => {
            file.enter(tx, Some(holder)).await?;
            (Some(file.id()), None)
        }
        Content::Link { url, .. } => (None, Some(url.clone())),
    };
    let sql = Sql::from("INSERT INTO {_attachments} (id, file_id, url) VALUES (?1, ?2, ?3)");
    tx.exec(&sql, &[made.id.into(), file.into(), url.into()]).await?;
    Ok(made.id)
}

/// Removes those of the ids that are attachments of the record. Gives the ids that were.
async fn remove(cx: &Cx, parent: &Parent, ids: Vec<Id>) -> Result<Vec<Id>, Error> {
    parent.must_be_changeable(cx).await?;
    let grant = cx.grant_beside(&parent.grant, module(&cx.snapshot)?, Action::Delete)?;
    let (writing, holder) = (Writing::new(cx, &grant), holder(parent));
    let gone = cx
        .org
        .store
        .write(move |tx| {
            Box::pin(async move {
                let found = find(tx, &grant, holder, &ids).await?;
                let gone: Vec<Id> = found.iter().map(|one| one.id).collect();
                let numbers: Vec<i64> = gone.iter().map(|id| id.get()).collect();
                remove_rows(tx, &writing.module, &numbers).await?;
                let files: Vec<Id> = found.iter().filter_map(|one| one.file).collect();
                StoredFile::doom(tx, &files).await?;
                let entries = found.iter().map(|one| Entry {
                    id: writing.mint.next(),
                    prev: one.hist,
                    record: Some(one.id),
                    action: "delete",
                    before: None,
                });
                writing.record(tx, entries.collect(), "record.deleted", &gone).await?;
                Ok::<_, Error>(gone)
            })
        })
        .await?;
    sweep::soon(&cx.org);
    Ok(gone)
}

/// Removes the rows of attachments. Their files are the caller's business.
pub(super) async fn remove_rows(tx: &mut Conn, module: &ModuleDef, ids: &[i64]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
    for table in [unasked::table(module, Why::Part).unwrap_or_default(), "_attachments"] {
        tx.delete_many(table, ids.to_vec()).await?;
    }
    Ok(())
}

/// The module whose records attachments are.
pub(crate) fn module(snapshot: &Snapshot) -> Result<&Arc<ModuleDef>, ApiError> {
    snapshot.module(MODULE)
}

/// True for modules whose records take attachments: those with the related list, and custom ones.
fn takes_attachments(module: &ModuleDef) -> bool {
    let lists = module.described.get("related_lists").and_then(serde_json::Value::as_array);
    let has_list = lists.is_some_and(|lists| lists.iter().any(|list| list["api_name"] == MODULE));
    module.parent.is_none() && (has_list || module.text("generated_type") == "custom")
}

/// Columns of an attachment's record and of that record's module.
pub(super) fn parent_columns(module: &ModuleDef) -> Option<(String, String)> {
    let field = module.field("Parent_Id")?;
    Some((field.column.clone()?, field.module_column()?))
}

/// The `$` keys that only attachments have: their form, and where they come from.
pub(crate) const SYSTEM_KEYS: KeySource = |_, module, _, name| {
    if !module.holds_attachments() {
        return None;
    }
    let (form, sql) = match name {
        "$file_id" => (
            Form::Text,
            "(SELECT f.handle FROM {_attachments} a JOIN {_files} f ON f.id = a.file_id WHERE a.id = t.id)",
        ),
        "$link_url" => (Form::Text, "(SELECT a.url FROM {_attachments} a WHERE a.id = t.id)"),
        "$type" => (
            Form::Text,
            "(SELECT CASE WHEN a.url IS NULL THEN 'Attachment' ELSE 'Link URL' END FROM {_attachments} a WHERE a.id = t.id)",
        ),
        "$attachment_type" => (
            Form::Int,
            "(SELECT CAST(CASE WHEN a.url IS NULL THEN 1 ELSE 4 END AS BIGINT) FROM {_attachments} a WHERE a.id = t.id)",
        ),
        _ => return None,
    };
    Some((form, sql.to_owned()))
};

#[cfg(test)]
mod tests {
    use super::is_web_address;

    #[test]
    fn links_lead_to_the_web() {
        for good in [
            "https://example.com",
            "http://example.com/a?b#c",
            "HTTPS://example.com:8080/x",
            "https://bücher.example/ä",
        ] {
            assert!(is_web_address(good), "{good}");
        }
        for bad in [
            "",
            "example.com",
            "javascript:alert(1)",
            "https://",
            "https:///x",
            "ftp://example.com",
            "https://a b",
            "https://a\"><script>",
            "file:///etc/passwd",
        ] {
            assert!(!is_web_address(bad), "{bad}");
        }
    }
}

//! `/{module}/{id}/actions/merge`: one or two records go into a master, which may take some of their values. What
//! hung on them hangs on the master afterwards; they themselves go to the recycle bin.

use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql, Weight};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::lead::cell;
use super::merge_body::{Child, MergeBody};
use super::{followers, ledger};
use crate::access::Action;
use crate::access::unasked::{self, Why};
use crate::attachments::of_record;
use crate::cx::Cx;
use crate::error::Error;
use crate::files::{held, sweep};
use crate::records::draft::Draft;
use crate::records::guard::{self, Doing};
use crate::records::outcome::{self, Outcome, Said};
use crate::records::stored::{self, Stored};
use crate::records::update::{self, Change};
use crate::records::writing::{Deed, Writing};
use crate::records::{delete, find, line_items};
use crate::request::{Answer, Reply, Request};
use crate::settings::entry::{self, Entry};

/// Bytes of attachments that move to a master at most: 30 MB.
const ATTACHMENTS: i64 = 30 << 20;

/// Merges records: 201. It is done at once, so that there is no job to wait for.
pub fn merge<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = mergeable(cx, request)?;
        let grant = cx.grant(&module, Action::Edit)?;
        cx.grant(&module, Action::Delete)?;
        let master: Id = request.segment(1).parse().map_err(|_| no_master())?;
        let list = entry::parse(request, "merge", 1)?;
        let first = list.first().cloned().unwrap_or_default();
        let body = match MergeBody::read(&module, &Entry::of_list(&first, "merge", 0), master) {
            Ok(body) => body,
            Err(error) => return Ok(refused(cx, error)),
        };
        let unit = Merge { writing: Writing::new(cx, &grant), master, body };
        let merged = cx.org.write(move |tx| Box::pin(async move { unit.write(tx).await })).await;
        match merged {
            Ok(()) => {
                // Files that the master had before belong to nobody now.
                sweep::soon(&cx.org);
                let said = Said::of(master, "The records has been merged successfully");
                Ok(outcome::reply_under(cx, "merge", 201, vec![Outcome::Said(said)]))
            }
            Err(Error::Api(error)) if !error.details.contains_key("resource_path_index") => {
                Ok(refused(cx, error))
            }
            Err(error) => Err(error),
        }
    })
}

/// The merges into a record, newest first, or the one that `job_id` names: 200, 204 when there are none.
pub fn merge_status<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = mergeable(cx, request)?;
        let grant = cx.grant(&module, Action::View)?;
        let master: Id = request.segment(1).parse().map_err(|_| no_master())?;
        let wanted: Option<Id> = match request.params.get("job_id") {
            Some(text) => Some(text.parse().map_err(|_| ApiError::new(Code::InvalidData).param("job_id"))?),
            None => None,
        };
        // What was merged shows values of the records.
        if !find::is_there(cx, &grant, master).await? {
            return Ok(Reply::nothing());
        }
        let module = module.id;
        let merges = cx
            .org
            .store
            .read(Weight::Point, move |conn| {
                Box::pin(async move { ledger::merges(conn, module, master).await })
            })
            .await?;
        let mut rows = Vec::new();
        for merge in merges.into_iter().filter(|merge| wanted.is_none_or(|wanted| merge.id == wanted)) {
            let mut row = json!({ "job_id": merge.id, "status": "COMPLETED" });
            let input: Value =
                serde_json::from_str(&merge.input).map_err(Error::internal("reading a stored merge"))?;
            for key in ["data", "master_record_fields"] {
                row[key] = input[key].clone();
            }
            rows.push(row);
        }
        if rows.is_empty() {
            return Ok(Reply::nothing());
        }
        Ok(Reply::value(200, &json!({ "merge": rows })))
    })
}

fn refused(cx: &Cx, error: ApiError) -> Reply {
    outcome::reply_under(cx, "merge", 201, vec![Outcome::Failed(error)])
}

fn no_master() -> ApiError {
    ApiError::new(Code::InvalidData)
        .message("Master record id is not available")
        .detail("resource_path_index", 1)
}

/// The module of the path, if records of it can be the same thing: not activities, documents and what belongs to
/// another record.
fn mergeable(cx: &Cx, request: &Request) -> Result<Arc<ModuleDef>, ApiError> {
    let module = cx.snapshot.module(request.segment(0))?;
    let belongs = ["What_Id", "Parent_Id"].iter().any(|name| module.field(name).is_some());
    if belongs || module.parent.is_some() || line_items::is_document(module) {
        return Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0));
    }
    Ok(Arc::clone(module))
}

/// Everything that merging needs, free of the request's lifetime.
struct Merge {
    writing: Writing,
    master: Id,
    body: MergeBody,
}

impl Merge {
    /// Merges. An error of the caller's means that nothing may be kept.
    async fn write(&self, tx: &mut Conn) -> Result<(), Error> {
        let module = Arc::clone(&self.writing.module);
        let children: Vec<Id> = self.body.children.iter().map(|child| child.id).collect();
        let ids: Vec<i64> = children.iter().chain([&self.master]).map(|id| id.get()).collect();
        let mut found = stored::load(tx, &module, &ids, &stored::all_fields(&module)).await?;
        let barred = guard::bar(tx, &self.writing, Doing::Update, &mut found).await?;
        let forbidden =
            |id: Id| barred.contains(&id.get()).then(|| guard::forbidden(&module, Doing::Update, id));
        let master = found.remove(&self.master.get()).ok_or_else(no_master)?;
        let refused =
            forbidden(self.master).or_else(|| guard::refuse_to(&self.writing, &master, Doing::Update, None));
        if let Some(error) = refused {
            return Err(error.detail("resource_path_index", 1).into());
        }
        refuse_closed(&module, &master).map_err(|error| error.detail("resource_path_index", 1))?;
        let mut sources = Vec::new();
        for child in &self.body.children {
            let at_id = |error: ApiError| error.id(child.id).field("id", format!("{}.id", child.path));
            let not_allowed = || {
                at_id(
                    ApiError::new(Code::NotAllowedHere).message("This record id is not allowed to be merged"),
                )
            };
            let stored = found.remove(&child.id.get()).ok_or_else(not_allowed)?;
            if matches!(cell(&module, &stored, "Converted__s"), Some(Cell::Bool(true))) {
                return Err(not_allowed().into());
            }
            let refused =
                forbidden(child.id).or_else(|| guard::refuse_to(&self.writing, &stored, Doing::Act, None));
            if let Some(error) = refused {
                return Err(at_id(error).into());
            }
            refuse_closed(&module, &stored).map_err(at_id)?;
            refuse_unknown_files(&module, child, &stored)?;
            sources.push(stored);
        }
        self.refuse_heavy(tx, &children).await?;
        let draft = self.draft(&module, &sources);
        self.take_files(tx, &sources).await?;
        followers::unite(tx, &self.writing, &children, self.master).await?;
        for gone in delete::write_as(tx, &self.writing, Deed::MERGE, &children).await? {
            gone?;
        }
        for done in update::write(tx, &self.writing, vec![Ok(draft)], Change::called(Deed::MERGE)).await? {
            done?;
        }
        ledger::keep_merge(tx, &self.writing, self.master, self.body.shown.to_string()).await?;
        Ok(())
    }

    /// The master's new values.
    fn draft(&self, module: &ModuleDef, sources: &[Stored]) -> Draft {
        let mut draft = Draft::empty(module, "$.merge[0]".to_owned());
        draft.id = Some(self.master);
        for (child, stored) in self.body.children.iter().zip(sources) {
            let mut fields = child.fields.clone();
            // A pipeline comes with the stage, and the stage with what follows from it.
            if module.api_name == "Deals"
                && module.field_index("Pipeline").is_some_and(|at| child.fields.contains(&at))
            {
                fields.extend(["Stage", "Probability"].iter().filter_map(|name| module.field_index(name)));
            }
            for at in fields {
                draft.cells[at] = Some(match parted(child, stored, at) {
                    Some(parted) => parted.taken,
                    None => stored.cells[at].clone().unwrap_or(Cell::Null),
                });
                let beside = stored.modules.iter().find(|(field, _)| *field == at);
                if let Some((_, Cell::Int(id))) = beside {
                    draft.modules.extend(Id::new(*id).map(|id| (at, id)));
                }
            }
        }
        draft
    }

    /// Files move: the child in the recycle bin must not point to what the master owns.
    async fn take_files(&self, tx: &mut Conn, sources: &[Stored]) -> Result<(), Error> {
        let module = &self.writing.module;
        let mut drafts = Vec::new();
        for (child, stored) in self.body.children.iter().zip(sources) {
            let mut draft = Draft::empty(module, String::new());
            draft.id = Some(stored.id);
            for &at in &child.fields {
                let field = &module.fields()[at];
                if let Some(parted) = parted(child, stored, at) {
                    draft.cells[at] = Some(parted.left);
                    of_record::move_field(tx, field.id, stored.id, self.master, Some(&parted.files)).await?;
                } else if of_record::holds_files(field) {
                    draft.cells[at] = Some(Cell::Null);
                    of_record::move_field(tx, field.id, stored.id, self.master, None).await?;
                }
            }
            if draft.cells.iter().any(Option::is_some) {
                drafts.push(draft);
            }
        }
        update::set(tx, &self.writing, Deed::UPDATE, drafts).await
    }

    /// Refuses more attachments than a record may take over.
    async fn refuse_heavy(&self, tx: &mut Conn, children: &[Id]) -> Result<(), Error> {
        let Some(attachments) = self.writing.snapshot.schema.module("Attachments") else { return Ok(()) };
        let column = |name: &str| attachments.field(name).and_then(|field| field.column.as_deref());
        let (Some(table), Some(size), Some(parent)) =
            (unasked::table(attachments, Why::System), column("Size"), column("Parent_Id"))
        else {
            return Ok(());
        };
        let test = tx.dialect().in_ids(&format!("t.\"{parent}\""), "?1");
        let sql = Sql::from(format!(
            "SELECT CAST(coalesce(sum(t.\"{size}\"), 0) AS bigint) FROM {{{table}}} t WHERE {test}"
        ));
        let ids: Vec<i64> = children.iter().map(|id| id.get()).collect();
        let sum = tx.first(&sql, &[Cell::Ids(ids.into())], |row: &Row<'_>| row.int(0)).await?.flatten();
        if sum.unwrap_or_default() <= ATTACHMENTS {
            return Ok(());
        }
        let due_to = json!([{ "api_name": "data", "json_path": "$.merge[0].data" }]);
        Err(ApiError::new(Code::LimitExceeded)
            .message("Attachment size limit exceeded")
            .detail("MAXIMUM_SIZE", "30 MB")
            .detail("limit_due_to", due_to)
            .into())
    }
}

/// A field with several files, of which the master takes some.
struct Parted {
    taken: Cell<'static>,
    left: Cell<'static>,
    files: Vec<i64>,
}

/// How the files of a child's field are shared out; `None` when the master takes the value as it is.
fn parted(child: &Child, stored: &Stored, at: usize) -> Option<Parted> {
    let (_, wanted) = child.files.iter().find(|(field, _)| *field == at)?;
    let text = stored.cells[at].as_ref().and_then(Cell::as_text)?;
    // The photo is one file, and no rows.
    let rows = Some(held::rows(text)).filter(|rows| !rows.is_empty())?;
    let (taken, left): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| wanted.contains(&row.id));
    let files = taken.iter().map(|row| row.file.get()).collect();
    Some(Parted { taken: held::column(&taken).into(), left: held::column(&left).into(), files })
}

/// Files that the master shall take must be there.
fn refuse_unknown_files(module: &ModuleDef, child: &Child, stored: &Stored) -> Result<(), ApiError> {
    for (at, wanted) in &child.files {
        let field = &module.fields()[*at];
        if field.data_type.is_record_image() {
            continue;
        }
        let text = stored.cells[*at].as_ref().and_then(Cell::as_text).unwrap_or_default();
        let rows = held::rows(text);
        if let Some(unknown) = wanted.iter().find(|&&id| !rows.iter().any(|row| row.id == id)) {
            let message = "the id given seems to be invalid";
            let error = ApiError::new(Code::InvalidData).message(message).id(*unknown);
            return Err(error.field("_data", format!("{}._fields", child.path)));
        }
    }
    Ok(())
}

/// Deals that are won or lost are history.
fn refuse_closed(module: &ModuleDef, stored: &Stored) -> Result<(), ApiError> {
    if module.api_name != "Deals" {
        return Ok(());
    }
    let stage = cell(module, stored, "Stage").and_then(Cell::as_text);
    let option = stage.and_then(|stage| module.field("Stage")?.pick_value(stage));
    let is_open =
        option.and_then(|option| option.more.get("forecast_type")).is_none_or(|kind| kind == "Open");
    if is_open {
        return Ok(());
    }
    Err(ApiError::new(Code::NotAllowedHere).message("Only Open Deals can be merged"))
}

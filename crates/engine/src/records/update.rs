//! `PUT` and `PATCH`: changing records. Fields that are not named keep their values, with one exception:
//! in lenient mode `PUT /crm/v3/{module}/{id}` can be the founding guide's replace ([`PutV3`]).

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dealwright_schema::{Cell, Form, ModuleDef, Storage};
use dealwright_store::{Batch, Column, Conn, Op, Sql, StoreError};
use dealwright_wire::{ApiError, Code, Id, Instant, PutV3, json};

use crate::access::Action;
use crate::cx::Cx;
use crate::error::Error;
use crate::files;
use crate::records::around::{Pass, Work};
use crate::records::body::{RECORDS, WriteBody};
use crate::records::draft::{self, Draft};
use crate::records::external::Externals;
use crate::records::features::Features;
use crate::records::guard::{self, Doing};
use crate::records::outcome::{self, Audit, Done, Outcome};
use crate::records::stored::{self, Stored};
use crate::records::worked_out::written;
use crate::records::writing::{Deed, Entry, Writing, cell_json};
use crate::records::{
    around, derive, external, image, insert, line_items, own_rules, pipeline, pointing, rescheduling,
    resolve, subforms, unique,
};
use crate::request::{Answer, Reply, Request};

/// `PUT /{module}`: each record names its id.
pub fn update_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = cx.snapshot.module(request.segment(0))?;
        let grant = cx.grant(module, Action::Edit)?;
        let body = WriteBody::parse(&request.body)?;
        let records = body.records()?;
        if records.len() > RECORDS {
            return Ok(outcome::reply(cx, 200, vec![Outcome::Failed(insert::too_many())]));
        }
        let externals = Externals::of(cx, module, request)?;
        let mut drafts = draft::drafts_with(cx, module, &records, &externals);
        externals.identify(cx, &grant, &mut drafts, true).await?;
        for slot in &mut drafts {
            if let Ok(draft) = slot
                && draft.id.is_none()
            {
                *slot = Err(ApiError::new(Code::MandatoryNotFound).field("id", format!("{}.id", draft.path)));
            }
        }
        run(cx, &grant, drafts, &externals, Change::merge(request), body.features()?).await
    })
}

/// `PUT /{module}/{id}`: one record; the path names it.
pub fn update_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let is_guides = cx.is_lenient() && cx.profile.guide && request.external.is_none();
        one(cx, request, is_guides.then_some(cx.put_v3)).await
    })
}

/// `PATCH /{module}`: the guide's way to change several records.
pub fn patch_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        require_lenient(cx)?;
        update_many(cx, request).await
    })
}

/// `PATCH /{module}/{id}`: the guide's way to change one record.
pub fn patch_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        require_lenient(cx)?;
        one(cx, request, None).await
    })
}

/// The reference service has no PATCH on records.
fn require_lenient(cx: &Cx) -> Result<(), ApiError> {
    if !cx.is_lenient() {
        return Err(ApiError::new(Code::InvalidRequestMethod));
    }
    cx.note("patch-records");
    Ok(())
}

/// `put` where the record may be replaced.
async fn one(cx: &Cx, request: &Request, put: Option<PutV3>) -> Result<Reply, Error> {
    let module = cx.snapshot.module(request.segment(0))?;
    let grant = cx.grant(module, Action::Edit)?;
    let body = WriteBody::parse(&request.body)?;
    let records = body.records()?;
    let id = external::path_id(cx, &grant, request).await?;
    let first = records.get(..1).unwrap_or_default();
    let externals = Externals::of(cx, module, request)?;
    let mut drafts = draft::drafts_with(cx, module, first, &externals);
    for slot in &mut drafts {
        let Ok(draft) = slot else { continue };
        draft.id = Some(id);
        if externals.own.is_some() {
            draft.external = Some(request.segment(1).to_owned());
        }
        let Some(put) = put else { continue };
        let mandatory = draft::check_mandatory(module, draft);
        let replaces = match put {
            PutV3::Replace => true,
            PutV3::Merge => false,
            // What names all that a record needs may be a whole record. An SDK sends what its program changed.
            PutV3::Guide => !request.is_from_sdk && mandatory.is_ok(),
        };
        cx.note(if replaces { "put-replaces" } else { "put-merges" });
        if replaces {
            empty_the_rest(module, draft);
            if let Err(error) = mandatory {
                *slot = Err(error);
            }
        }
    }
    run(cx, &grant, drafts, &externals, Change::merge(request), body.features()?).await
}

/// What the guide's replace does to fields that were not sent: they become empty. Owner, layout and what only the
/// server writes stay.
fn empty_the_rest(module: &ModuleDef, draft: &mut Draft) {
    const KEPT: [&str; 5] = ["Owner", "Layout", "Record_Status__s", "Pipeline", "Tag"];
    for (at, field) in module.fields().iter().enumerate() {
        let form = field.data_type.get().form;
        let server_writes = field.read_only
            || draft::is_system(&field.api_name)
            || field.auto_number.is_some()
            || matches!(
                field.data_type.name(),
                "formula" | "rollup_summary" | "profileimage" | "territories"
            );
        if server_writes || KEPT.contains(&field.api_name.as_str()) || draft.names(at) {
            continue;
        }
        match form {
            Form::Subform => draft.subforms.push((at, Vec::new())),
            Form::Files => draft.files.push((at, Vec::new())),
            Form::Bool => draft.cells[at] = Some(Cell::Bool(false)),
            _ => draft.cells[at] = Some(Cell::Null),
        }
    }
}

/// How a set of drafts is applied.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Change {
    /// Refuse records that changed after this time.
    unmodified_since: Option<Instant>,
    /// Refuse records whose newest entry of history is another one.
    expects: Option<i64>,
    deed: Deed,
}

impl Change {
    /// Whatever happened to the record meanwhile; `deed` is what the change is called.
    pub(crate) fn called(deed: Deed) -> Self {
        Self { unmodified_since: None, expects: None, deed }
    }

    pub(crate) fn merge(request: &Request) -> Self {
        Self { unmodified_since: request.if_unmodified_since, expects: None, deed: Deed::UPDATE }
    }

    /// For a record that was read before: refuse it when it has changed since.
    pub(crate) fn expecting(newest_entry: i64) -> Self {
        Self { unmodified_since: None, expects: Some(newest_entry), deed: Deed::UPDATE }
    }
}

async fn run(
    cx: &Cx,
    grant: &crate::access::Grant,
    drafts: Vec<Result<Draft, ApiError>>,
    externals: &Externals,
    change: Change,
    features: Features,
) -> Result<Reply, Error> {
    let values = Externals::values(&drafts);
    let writing = Writing::new(cx, grant).setting_off(features);
    let changes_files = drafts.iter().flatten().any(|draft| !draft.files.is_empty());
    let results =
        cx.org.write(move |tx| Box::pin(async move { write(tx, &writing, drafts, change).await })).await?;
    if changes_files {
        files::sweep::soon(&cx.org);
    }
    Ok(outcome::reply(cx, 200, externals.outcomes(&grant.module, results, values)))
}

/// Changes records in the running transaction; each succeeds or fails alone. A record that is named twice is
/// changed twice, in the order of the request.
pub(crate) async fn write(
    tx: &mut Conn,
    writing: &Writing,
    drafts: Vec<Result<Draft, ApiError>>,
    change: Change,
) -> Result<Vec<Result<Done, ApiError>>, Error> {
    let mut results: Vec<Option<Result<Done, ApiError>>> = vec![None; drafts.len()];
    let mut waiting: Vec<(usize, Draft)> = Vec::with_capacity(drafts.len());
    for (at, slot) in drafts.into_iter().enumerate() {
        match slot {
            Ok(draft) => waiting.push((at, draft)),
            Err(error) => results[at] = Some(Err(error)),
        }
    }
    while !waiting.is_empty() {
        let mut seen = HashSet::new();
        let (wave, rest): (Vec<_>, Vec<_>) =
            waiting.into_iter().partition(|(_, draft)| seen.insert(draft.id));
        waiting = rest;
        let (places, drafts): (Vec<usize>, Vec<_>) =
            wave.into_iter().map(|(at, draft)| (at, Ok(draft))).unzip();
        for (at, result) in places.into_iter().zip(write_wave(tx, writing, drafts, change).await?) {
            results[at] = Some(result);
        }
    }
    Ok(results
        .into_iter()
        .map(|result| result.unwrap_or_else(|| Err(ApiError::new(Code::InvalidData))))
        .collect())
}

async fn write_wave(
    tx: &mut Conn,
    writing: &Writing,
    mut drafts: Vec<Result<Draft, ApiError>>,
    change: Change,
) -> Result<Vec<Result<Done, ApiError>>, Error> {
    let module = Arc::clone(&writing.module);
    for slot in &mut drafts {
        if let Ok(draft) = slot
            && let Err(error) = draft::check_not_emptied(&module, draft)
        {
            *slot = Err(error);
        }
    }
    let ids: Vec<i64> = drafts.iter().flatten().filter_map(|draft| draft.id).map(Id::get).collect();
    let fields = touched(writing, drafts.iter().flatten());
    let mut old = stored::load(tx, &module, &ids, &fields).await?;
    let barred = guard::bar(tx, writing, Doing::Update, &mut old).await?;
    for slot in &mut drafts {
        if let Ok(draft) = slot
            && let Some(error) = refuse(writing, draft, &old, &barred, change)
        {
            *slot = Err(error);
        }
    }
    guard::keep_owners(tx, writing, &old, &mut drafts).await?;
    resolve::resolve(tx, writing, &old, &mut drafts).await?;
    pointing::bar(tx, writing, &old, &mut drafts).await?;
    let pass = Pass { writing, deed: change.deed, old: &old };
    around::settle(tx, pass, &mut drafts).await?;
    around::refuse(tx, pass, &mut drafts).await?;
    for slot in &mut drafts {
        let Ok(draft) = slot else { continue };
        let Some(old) = draft.id.and_then(|id| old.get(&id.get())) else { continue };
        append(draft, old);
        match own_rules::apply(writing, draft, Some(&old.cells)) {
            Ok(()) => derive::derive(&module, draft, Some(&old.cells), writing.now),
            Err(error) => *slot = Err(error),
        }
    }
    for slot in &mut drafts {
        let Ok(draft) = slot else { continue };
        let old = draft.id.and_then(|id| old.get(&id.get())).map(|old| &*old.cells);
        if let Err(error) = pipeline::check(writing, draft, old) {
            *slot = Err(error);
        }
    }
    unique::check(tx, writing, &mut drafts).await?;
    around::hold(tx, pass, &mut drafts).await?;
    for slot in &mut drafts {
        let Ok(draft) = slot else { continue };
        let Some(old) = draft.id.and_then(|id| old.get(&id.get())) else { continue };
        if draft.subforms.is_empty() && !line_items::changes_totals(&module, draft) {
            continue;
        }
        keep_rows(tx, writing, draft).await?;
        tx.savepoint().await?;
        match subforms::update(tx, writing, draft, old).await? {
            Ok(()) => tx.release().await?,
            Err(error) => {
                tx.roll_back().await?;
                *slot = Err(error);
            }
        }
    }
    for draft in drafts.iter_mut().flatten() {
        written::compute(writing, draft, draft.id.and_then(|id| old.get(&id.get())));
    }
    let beside = around::beside(tx, pass, &drafts).await?;
    store(tx, pass, &fields, &beside, &mut drafts).await?;
    written::updated(tx, writing, &drafts, &old).await?;
    around::follow(tx, pass, &mut drafts).await?;
    rescheduling::follow(tx, writing, drafts.iter().flatten(), &old).await?;
    Ok(drafts.into_iter().map(|slot| slot.map(|draft| done(writing, &draft, &old))).collect())
}

/// Keeps the rows of the subforms that the draft changes, for the history.
async fn keep_rows(tx: &mut Conn, writing: &Writing, draft: &mut Draft) -> Result<(), Error> {
    let Some(id) = draft.id else { return Ok(()) };
    for at in draft.subforms.iter().map(|(at, _)| *at).collect::<Vec<_>>() {
        let Some(module) = subforms::rows_module(writing, at) else { continue };
        let (images, _) = image::rows(tx, &module, id).await?;
        draft.rows_before.push((at, String::from_utf8(images).unwrap_or_default()));
    }
    Ok(())
}

/// Writes values that only the server decides on: nothing is checked, and only formulas and rollups are worked out.
/// The history and the event call the change what `deed` says. Drafts whose record is gone are passed over.
pub(crate) async fn set(
    tx: &mut Conn,
    writing: &Writing,
    deed: Deed,
    drafts: Vec<Draft>,
) -> Result<(), Error> {
    let module = Arc::clone(&writing.module);
    let ids: Vec<i64> = drafts.iter().filter_map(|draft| draft.id).map(Id::get).collect();
    let fields = touched(writing, drafts.iter());
    let old = stored::load(tx, &module, &ids, &fields).await?;
    let is_there = |draft: &Draft| draft.id.is_some_and(|id| old.contains_key(&id.get()));
    let mut drafts: Vec<_> = drafts.into_iter().filter(is_there).map(Ok).collect();
    pointing::bar(tx, writing, &old, &mut drafts).await?;
    for draft in drafts.iter_mut().flatten() {
        written::compute(writing, draft, draft.id.and_then(|id| old.get(&id.get())));
    }
    let pass = Pass { writing, deed, old: &old };
    store(tx, pass, &fields, &[], &mut drafts).await?;
    written::updated(tx, writing, &drafts, &old).await?;
    match drafts.into_iter().find_map(Result::err) {
        Some(clash) => Err(clash.into()),
        None => Ok(()),
    }
}

/// Positions of the fields an update reads: those it changes, those that other values are worked out from,
/// and who made the record and when.
fn touched<'d>(writing: &Writing, drafts: impl Iterator<Item = &'d Draft>) -> Vec<usize> {
    let module = &*writing.module;
    let mut used = vec![false; module.fields().len()];
    for draft in drafts {
        for (at, used) in used.iter_mut().enumerate() {
            *used |= draft.names(at);
        }
    }
    let always = ["Created_Time", "Created_By", "Modified_Time", "Modified_By", "Last_Activity_Time"];
    let derived =
        ["Full_Name", "Expected_Revenue", "Probability", "Forecast_Category__s", "Stage_Modified_Time"];
    let named = always.iter().chain(&derived).filter_map(|name| module.field_index(name));
    for at in named
        .chain(derive::sources(module))
        .chain(writing.around.reads(module))
        .chain(rescheduling::sources(module))
        .chain(own_rules::sources(module))
        .chain(written::sources(writing))
        .chain(guard::fields(module))
    {
        used[at] = true;
    }
    (0..used.len()).filter(|&at| used[at] && stored::columns_of(module, at).is_some()).collect()
}

fn refuse(
    writing: &Writing,
    draft: &Draft,
    old: &HashMap<i64, Stored>,
    barred: &HashSet<i64>,
    change: Change,
) -> Option<ApiError> {
    let id = draft.id?;
    let Some(stored) = old.get(&id.get()) else {
        return Some(
            ApiError::new(Code::InvalidData)
                .message("the id given seems to be invalid")
                .id(id)
                .field("id", format!("{}.id", draft.path)),
        );
    };
    if barred.contains(&id.get()) {
        return Some(guard::forbidden(&writing.module, Doing::Update, id));
    }
    if let Some(error) = guard::refuse_to(writing, stored, Doing::Update, Some(draft)) {
        return Some(error.detail("json_path", format!("{}.id", draft.path)));
    }
    let audit = audit(&writing.module, stored);
    let is_later = change.unmodified_since.is_some_and(|limit| audit.modified_time > limit);
    let is_other = change.expects.is_some_and(|expected| stored.hist != Some(expected));
    (is_later || is_other).then(|| {
        let zone = &writing.snapshot.zone;
        let user = |id: i64| {
            let user = Id::new(id).and_then(|id| writing.snapshot.user(id));
            serde_json::json!({ "name": user.map(|user| user.full_name()), "id": id.to_string() })
        };
        ApiError::new(Code::AlreadyModified)
            .id(id)
            .detail("Modified_Time", audit.modified_time.text(zone))
            .detail("Created_Time", audit.created_time.text(zone))
            .detail("Modified_By", user(audit.modified_by))
            .detail("Created_By", user(audit.created_by))
    })
}

/// `$append_values`: the options sent are added to those stored.
fn append(draft: &mut Draft, old: &Stored) {
    for &at in &draft.append {
        let (Some(Some(Cell::Text(new))), Some(Some(Cell::Text(before)))) =
            (draft.cells.get(at), old.cells.get(at))
        else {
            continue;
        };
        let mut options: Vec<serde_json::Value> = serde_json::from_str(before).unwrap_or_default();
        let added: Vec<serde_json::Value> = serde_json::from_str(new).unwrap_or_default();
        for option in added {
            if !options.contains(&option) {
                options.push(option);
            }
        }
        draft.cells[at] = Some(serde_json::Value::Array(options).to_string().into());
    }
}

/// Writes all changed rows with one statement, what they were before into the history, and what goes `beside`.
async fn store(
    tx: &mut Conn,
    Pass { writing, deed, old }: Pass<'_>,
    fields: &[usize],
    beside: &[Work],
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let module = &*writing.module;
    let modified = [("Modified_Time", Cell::from(writing.now)), ("Modified_By", writing.user.into())];
    for draft in drafts.iter_mut().flatten() {
        for (name, cell) in &modified {
            if let Some(at) = module.field_index(name) {
                draft.cells[at] = Some(cell.clone());
            }
        }
    }
    let set: Vec<usize> =
        fields.iter().copied().filter(|&at| drafts.iter().flatten().any(|d| d.cells[at].is_some())).collect();
    let mut columns = vec![Column::new("id", Storage::Int), Column::new("hist", Storage::Int)];
    for &at in &set {
        let Some((own, beside)) = stored::columns_of(module, at) else { continue };
        columns.push(own);
        columns.extend(beside);
    }
    let mut entries = Vec::new();
    let mut rows = Vec::new();
    for draft in drafts.iter().flatten() {
        let Some((id, stored)) = draft.id.and_then(|id| Some((id, old.get(&id.get())?))) else { continue };
        let entry = writing.mint.next();
        entries.push(Entry {
            id: entry,
            prev: stored.hist,
            record: Some(id),
            action: deed.action,
            before: Some(before(module, draft, stored, &set)),
        });
        rows.push(row(module, draft, stored, entry, &set));
    }
    if rows.is_empty() {
        return Ok(());
    }
    let changed: Vec<Id> = drafts.iter().flatten().filter_map(|draft| draft.id).collect();
    let made: Vec<Id> = entries.iter().map(|entry| entry.id).collect();
    let (history_columns, history) = (Writing::history_columns(), writing.history_rows(entries));
    // Only a unique value can be refused here, and only by a transaction that was faster than our check.
    let may_clash = set.iter().any(|&at| module.fields()[at].unique.is_some());
    let mut work = Vec::with_capacity(4 + beside.len());
    if may_clash {
        // It travels with the rest and ends with the transaction.
        work.push(Op::Exec(Sql::from("SAVEPOINT unit"), Vec::new()));
    }
    work.push(Op::Update(Batch { table: writing.table(), columns: &columns, rows: &rows }));
    work.push(Op::Insert(Batch { table: "_history", columns: &history_columns, rows: &history }));
    work.push(writing.event(deed.event, &changed, &made));
    work.extend(beside.iter().map(Work::op));
    match tx.together(&work).await {
        Ok(()) => Ok(()),
        Err(StoreError::Unique { .. }) if may_clash => {
            // The other transaction's record wins and ours are refused whole.
            tx.roll_back().await?;
            for slot in drafts.iter_mut().filter(|slot| slot.is_ok()) {
                *slot = Err(ApiError::new(Code::DuplicateData));
            }
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

fn row(module: &ModuleDef, draft: &Draft, stored: &Stored, entry: Id, set: &[usize]) -> Vec<Cell<'static>> {
    let mut row: Vec<Cell<'static>> = vec![stored.id.into(), entry.into()];
    for &at in set {
        let Some((_, beside)) = stored::columns_of(module, at) else { continue };
        let new = draft.cells[at].as_ref();
        row.push(new.or(stored.cells[at].as_ref()).cloned().unwrap_or(Cell::Null));
        if beside.is_some() {
            let sent =
                draft.modules.iter().find(|(field, _)| *field == at).map(|(_, module)| Cell::from(*module));
            let kept =
                stored.modules.iter().find(|(field, _)| *field == at).map(|(_, module)| module.clone());
            row.push(match new {
                Some(_) => sent.unwrap_or(Cell::Null),
                None => kept.unwrap_or(Cell::Null),
            });
        }
    }
    row
}

/// Old values of the fields that really change.
fn before(module: &ModuleDef, draft: &Draft, stored: &Stored, set: &[usize]) -> String {
    let mut out = vec![b'{'];
    for &at in set {
        let field = &module.fields()[at];
        let (Some(new), Some(old)) = (&draft.cells[at], &stored.cells[at]) else { continue };
        if new == old {
            continue;
        }
        if out.len() > 1 {
            out.push(b',');
        }
        json::string(&mut out, &field.api_name);
        out.push(b':');
        cell_json(field, old, &mut out);
        if let Some((_, Cell::Int(beside))) = stored.modules.iter().find(|(field, _)| *field == at) {
            out.push(b',');
            json::string(&mut out, &format!("{}$module", field.api_name));
            out.push(b':');
            json::quoted_int(&mut out, *beside);
        }
    }
    for (at, rows) in &draft.rows_before {
        if out.len() > 1 {
            out.push(b',');
        }
        json::string(&mut out, &module.fields()[*at].api_name);
        out.push(b':');
        out.extend_from_slice(rows.as_bytes());
    }
    out.push(b'}');
    String::from_utf8(out).unwrap_or_default()
}

fn audit(module: &ModuleDef, stored: &Stored) -> Audit {
    let cell = |name: &str| module.field_index(name).and_then(|at| stored.cells[at].as_ref());
    let instant = |name: &str| match cell(name) {
        Some(Cell::Instant(instant)) => *instant,
        _ => Instant(0),
    };
    Audit {
        created_time: instant("Created_Time"),
        modified_time: instant("Modified_Time"),
        created_by: cell("Created_By").and_then(Cell::as_int).unwrap_or_default(),
        modified_by: cell("Modified_By").and_then(Cell::as_int).unwrap_or_default(),
    }
}

fn done(writing: &Writing, draft: &Draft, old: &HashMap<i64, Stored>) -> Done {
    let id = draft.id.unwrap_or(writing.user);
    let audit = old.get(&id.get()).map(|stored| Audit {
        modified_time: writing.now,
        modified_by: writing.user.get(),
        ..audit(&writing.module, stored)
    });
    Done { id, message: "record updated", audit, upsert: None }
}

//! Writing file and image upload fields: which rows a record has afterwards, and what becomes of the files.
//!
//! Rows that a value does not mention stay; a row without an id adds a file, one with `_delete` takes it away, and
//! `[]` takes all. Source: records reference, 4.5.
//!
//! [`apply`] works out the column before the record is written, so that a bad row fails its record alone. [`settle`]
//! moves the files after it was, for the records that were.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use dealwright_schema::{Cell, FieldDef};
use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code, Id};

use crate::error::Error;
use crate::files::content_type;
use crate::files::given::Given;
use crate::files::held::{self, Held};
use crate::files::moves::Moves;
use crate::files::stored_file::{Holder, StoredFile};
use crate::records::around::Stage;
use crate::records::draft::Draft;
use crate::records::stored::Stored;
use crate::records::writing::Writing;

/// The stage of fields that hold files.
pub(crate) static STAGE: Stage = Stage {
    hold: Some(|tx, pass, drafts| Box::pin(apply(tx, pass.writing, drafts, pass.old))),
    follow: Some(|tx, pass, drafts| Box::pin(settle(tx, pass.writing, drafts))),
    ..Stage::named("files")
};

/// Turns the rows of each draft into the value of its column. A draft that fails gets its error. `old` holds the
/// records as they are stored; nothing for new ones.
async fn apply(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &mut [Result<Draft, ApiError>],
    old: &HashMap<i64, Stored>,
) -> Result<(), Error> {
    let given = drafts.iter().flatten().flat_map(|draft| &draft.files).flat_map(|(_, rows)| rows);
    let handles: Vec<String> = given.filter_map(|row| row.handle.clone()).collect();
    if handles.is_empty() && drafts.iter().flatten().all(|draft| draft.files.is_empty()) {
        return Ok(());
    }
    let loose = StoredFile::loose(tx, &handles, writing.user).await?;
    let mut change = Change { writing, loose: &loose, taken: HashSet::new() };
    for slot in drafts.iter_mut() {
        let Ok(draft) = slot else { continue };
        let stored = draft.id.and_then(|id| old.get(&id.get()));
        if let Err(error) = change.draft(draft, stored) {
            *slot = Err(error);
        }
    }
    Ok(())
}

/// Gives files to the records that took them and dooms those that were let go; their blobs go with the next sweep.
async fn settle(tx: &mut Conn, writing: &Writing, drafts: &[Result<Draft, ApiError>]) -> Result<(), Error> {
    let mut kept = Vec::new();
    let mut left = Vec::new();
    for draft in drafts.iter().flatten() {
        let Some(record) = draft.id else { continue };
        let holder = |field| Holder { module: writing.module.id, record, field: Some(field) };
        kept.extend(draft.file_moves.taken.iter().map(|(file, field)| (*file, holder(*field))));
        left.extend_from_slice(&draft.file_moves.left);
    }
    StoredFile::keep(tx, &kept).await?;
    StoredFile::doom(tx, &left).await
}

struct Change<'a> {
    writing: &'a Writing,
    loose: &'a [StoredFile],
    /// Files that a record of this batch has taken already.
    taken: HashSet<Id>,
}

impl Change<'_> {
    fn draft(&mut self, draft: &mut Draft, stored: Option<&Stored>) -> Result<(), ApiError> {
        let mut moves = Moves::default();
        for (at, given) in std::mem::take(&mut draft.files) {
            let field = &self.writing.module.fields()[at];
            let column = stored.and_then(|stored| stored.cells[at].as_ref()).and_then(Cell::as_text);
            let mut rows = column.map(held::rows).unwrap_or_default();
            if given.is_empty() {
                moves.left.extend(rows.drain(..).map(|row| row.file));
            }
            for row in &given {
                self.row(field, &mut rows, row, &mut moves)?;
            }
            place(field, &mut rows, &given)?;
            let most = field.length.unwrap_or(1) as usize;
            if rows.len() > most {
                let error = ApiError::new(Code::LimitExceeded).detail("maximum_length", most);
                return Err(error.field(&field.api_name, draft.path_of(field)));
            }
            draft.cells[at] = Some(held::column(&rows).into());
        }
        // Only of drafts that hold up: another record of the batch may name the same file.
        self.taken.extend(moves.taken.iter().map(|(file, _)| *file));
        draft.file_moves = moves;
        Ok(())
    }

    /// Applies one row of the value.
    fn row(
        &self,
        field: &FieldDef,
        rows: &mut Vec<Held<'_>>,
        given: &Given,
        moves: &mut Moves,
    ) -> Result<(), ApiError> {
        const UNKNOWN: &str = "the id given seems to be invalid";
        let there = rows.iter().position(|row| match given.id {
            Some(id) => row.id == id,
            None => given.handle.as_deref().is_some_and(|handle| row.handle == handle),
        });
        match there {
            Some(at) if given.delete => moves.left.push(rows.remove(at).file),
            Some(at) => {
                if let Some(description) = &given.description {
                    let row = &mut rows[at];
                    row.description = text(description);
                    row.modified_time = self.writing.now.0;
                    row.modified_by = self.writing.user;
                }
            }
            None if given.id.is_some() => return Err(given.invalid("id", UNKNOWN)),
            None => {
                let Some(handle) = given.handle.as_deref() else {
                    return Err(ApiError::new(Code::MandatoryNotFound)
                        .field("File_Id__s", format!("{}.File_Id__s", given.path)));
                };
                let file = self.loose.iter().find(|file| file.handle == handle);
                let file = file.filter(|file| !self.taken.contains(&file.id) && !given.delete);
                let file = file.ok_or_else(|| given.invalid("File_Id__s", UNKNOWN))?;
                if is_image(field) && !content_type::is_image(&file.content_type) {
                    return Err(given.invalid("File_Id__s", "The image format is invalid."));
                }
                moves.taken.push((file.id, field.id));
                rows.push(self.new_row(file, given));
            }
        }
        Ok(())
    }

    fn new_row(&self, file: &StoredFile, given: &Given) -> Held<'static> {
        let (now, user) = (self.writing.now.0, self.writing.user);
        Held {
            id: self.writing.mint.next(),
            file: file.id,
            handle: file.handle.clone().into(),
            name: file.name.clone().into(),
            size: file.size,
            description: given.description.as_deref().and_then(text),
            created_time: now,
            modified_time: now,
            created_by: user,
            modified_by: user,
        }
    }
}

/// Moves images to the places that their rows ask for. Places count from one to the number of images.
fn place(field: &FieldDef, rows: &mut Vec<Held<'_>>, given: &[Given]) -> Result<(), ApiError> {
    if !is_image(field) {
        return Ok(());
    }
    let mut used = HashSet::new();
    let mut asked: Vec<(usize, Id)> = Vec::new();
    for one in given.iter().filter(|one| !one.delete) {
        let Some(sequence) = one.sequence else { continue };
        let found = rows.iter().find(|row| match one.id {
            Some(id) => row.id == id,
            None => one.handle.as_deref().is_some_and(|handle| row.handle == handle),
        });
        let place = usize::try_from(sequence).ok().filter(|place| (1..=rows.len()).contains(place));
        match (found, place) {
            (Some(row), Some(place)) if used.insert(place) => asked.push((place, row.id)),
            _ => return Err(one.invalid("Sequence_Number__s", "Invalid Sequence Number")),
        }
    }
    // From the first place on, so that an earlier one is not pushed off by a later one.
    asked.sort_unstable();
    for (place, id) in asked {
        if let Some(at) = rows.iter().position(|row| row.id == id) {
            let row = rows.remove(at);
            rows.insert((place - 1).min(rows.len()), row);
        }
    }
    Ok(())
}

fn text(description: &str) -> Option<Cow<'static, str>> {
    (!description.is_empty()).then(|| Cow::Owned(description.to_owned()))
}

fn is_image(field: &FieldDef) -> bool {
    field.data_type.holds_images()
}

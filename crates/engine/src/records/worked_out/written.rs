//! What a write of records has to work out: its own formulas before it is stored, and afterwards the rollups over it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use dealwright_schema::Cell;
use dealwright_store::Conn;
use dealwright_wire::{ApiError, Id};

use super::rollup::{self, Metadata};
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::stored::Stored;
use crate::records::writing::Writing;

/// Kind of the event that tells of records whose rollups changed.
const CHANGED: &str = "record.rolled_up";

/// Positions of the fields that an update of records has to read along.
pub(crate) fn sources(writing: &Writing) -> BTreeSet<usize> {
    let worked_out = writing.snapshot.worked_out();
    let formulas = worked_out.formulas(&writing.module);
    let formulas = formulas.into_iter().flat_map(super::Formulas::fields);
    let over = worked_out.rollups_over(&writing.module).flat_map(super::Rollup::reads);
    formulas.chain(over).collect()
}

/// Computes the formulas of a draft whose other values are final. `old` is the record as it is stored; a new record
/// begins with the sums over no records.
pub(crate) fn compute(writing: &Writing, draft: &mut Draft, old: Option<&Stored>) {
    let (worked_out, module) = (writing.snapshot.worked_out(), &writing.module);
    if old.is_none() {
        for rollup in worked_out.rollups_in(module) {
            draft.cells[rollup.field] = Some(rollup.of_none());
        }
    }
    let Some(formulas) = worked_out.formulas(module) else { return };
    if old.is_some() {
        // A formula may read them, and every update sets them.
        for (name, cell) in [("Modified_Time", Cell::from(writing.now)), ("Modified_By", writing.user.into())]
        {
            if let Some(at) = module.field_index(name) {
                draft.cells[at] = Some(cell);
            }
        }
    }
    let old = old.map(|old| &old.cells[..]);
    formulas.compute(module, &mut draft.cells, old, &writing.snapshot.zone, writing.now);
}

/// Brings rollups over new records up to date.
pub(crate) async fn inserted(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &[Result<Draft, ApiError>],
) -> Result<(), Error> {
    let mut parents = Parents::default();
    for rollup in writing.snapshot.worked_out().rollups_over(&writing.module) {
        let cells = drafts.iter().flatten().filter_map(|draft| draft.cells[rollup.lookup].as_ref());
        parents.add(rollup.parent, cells);
    }
    parents.renew(tx, writing).await
}

/// Brings rollups over changed records up to date: of the records they point to now, and of those they pointed to.
/// `old` has been read with [`sources`].
pub(crate) async fn updated(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &[Result<Draft, ApiError>],
    old: &HashMap<i64, Stored>,
) -> Result<(), Error> {
    let mut parents = Parents::default();
    for rollup in writing.snapshot.worked_out().rollups_over(&writing.module) {
        for draft in drafts.iter().flatten() {
            let Some(stored) = draft.id.and_then(|id| old.get(&id.get())) else { continue };
            let differs = |at: usize| draft.cells[at].is_some() && draft.cells[at] != stored.cells[at];
            if rollup.reads().any(differs) {
                let both = [&stored.cells[rollup.lookup], &draft.cells[rollup.lookup]];
                parents.add(rollup.parent, both.into_iter().flatten());
            }
        }
    }
    parents.renew(tx, writing).await
}

/// Brings rollups over records up to date that are gone. `stored` is whole.
pub(crate) async fn deleted(tx: &mut Conn, writing: &Writing, stored: &[Stored]) -> Result<(), Error> {
    let mut parents = Parents::default();
    for rollup in writing.snapshot.worked_out().rollups_over(&writing.module) {
        let cells = stored.iter().filter_map(|stored| stored.cells[rollup.lookup].as_ref());
        parents.add(rollup.parent, cells);
    }
    parents.renew(tx, writing).await
}

/// Brings rollups over records up to date that are back, and what is worked out in these: the records that they sum
/// up, and the formulas, may have changed since.
pub(crate) async fn restored(
    tx: &mut Conn,
    writing: &Writing,
    drafts: &[Result<Draft, ApiError>],
) -> Result<(), Error> {
    inserted(tx, writing, drafts).await?;
    let (worked_out, module) = (writing.snapshot.worked_out(), &writing.module);
    if worked_out.formulas(module).is_none() && worked_out.rollups_in(module).next().is_none() {
        return Ok(());
    }
    let mut own = Parents::default();
    own.0.entry(module.id).or_default().extend(drafts.iter().flatten().filter_map(|d| d.id).map(Id::get));
    own.renew(tx, writing).await
}

/// Records whose rollups may have another value, by module.
#[derive(Default)]
struct Parents(BTreeMap<Id, BTreeSet<i64>>);

impl Parents {
    fn add<'c>(&mut self, module: Id, cells: impl Iterator<Item = &'c Cell<'static>>) {
        self.0.entry(module).or_default().extend(cells.filter_map(Cell::as_int));
    }

    async fn renew(self, tx: &mut Conn, writing: &Writing) -> Result<(), Error> {
        let snapshot = &writing.snapshot;
        let metadata = Metadata {
            schema: &snapshot.schema,
            worked_out: snapshot.worked_out(),
            zone: &snapshot.zone,
            now: writing.now,
        };
        for (module, ids) in self.0 {
            let Some(module) = snapshot.schema.module_by_id(module).filter(|_| !ids.is_empty()) else {
                continue;
            };
            let ids: Vec<i64> = ids.into_iter().collect();
            let changed = rollup::renew(tx, &metadata, module, &ids).await?;
            if !changed.is_empty() {
                tx.together(&[writing.as_the_system(module).event(CHANGED, &changed, &[])]).await?;
            }
        }
        Ok(())
    }
}

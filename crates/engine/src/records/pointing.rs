//! Pointing a record at one that is shared together with what hangs on it gives what that share gives. So it takes that
//! level with the record that is pointed: nobody gives more than they have, themself neither.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{ApiError, Id};

use crate::access::{Action, Level};
use crate::error::Error;
use crate::records::draft::Draft;
use crate::records::guard::{self, Doing};
use crate::records::stored::Stored;
use crate::records::writing::Writing;

/// Refuses drafts that point a record at one whose shares give more than the caller has with it.
pub(crate) async fn bar(
    tx: &mut Conn,
    writing: &Writing,
    old: &HashMap<i64, Stored>,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    let Some(grant) = &writing.limits else { return Ok(()) };
    let fields = writing.module.fields().iter().enumerate();
    let lookups: Vec<usize> =
        fields.filter(|(_, field)| field.lookup_module().is_some()).map(|(at, _)| at).collect();
    let pointed = |draft: &Draft| -> Vec<i64> {
        let before = |at: usize| draft.id.and_then(|id| old.get(&id.get())?.cells[at].as_ref());
        let new = lookups.iter().filter(|&&at| before(at) != draft.cells[at].as_ref());
        new.filter_map(|&at| draft.cells[at].as_ref()?.as_int()).collect()
    };
    let targets: HashSet<i64> =
        drafts.iter().flatten().filter(|draft| draft.id.is_some()).flat_map(pointed).collect();
    let given = given(tx, targets).await?;
    if given.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = drafts.iter().flatten().filter_map(|draft| draft.id).map(Id::get).collect();
    let levels = guard::levels(tx, grant, &ids).await?;
    for slot in drafts.iter_mut() {
        let Ok(draft) = slot else { continue };
        let Some(id) = draft.id else { continue };
        let most = pointed(draft).iter().filter_map(|target| given.get(target)).max();
        if most > levels.get(&id.get()) {
            *slot = Err(guard::forbidden(&writing.module, Doing::Update, id));
        }
    }
    Ok(())
}

/// The same for records that move along with another: they come to hang on `target`.
pub(crate) async fn must_be_allowed(
    tx: &mut Conn,
    writing: &Writing,
    module: &Arc<ModuleDef>,
    ids: &[i64],
    target: Id,
) -> Result<(), Error> {
    let grant = writing.caller.grant(module, Action::View);
    if ids.is_empty() || grant.as_ref().is_ok_and(|grant| !grant.is_scoped()) {
        return Ok(());
    }
    let given = given(tx, HashSet::from([target.get()])).await?;
    let Some(most) = given.get(&target.get()) else { return Ok(()) };
    let levels = match &grant {
        Ok(grant) => guard::levels(tx, grant, ids).await?,
        Err(_) => HashMap::new(),
    };
    if ids.iter().any(|id| levels.get(id) < Some(most)) {
        return Err(guard::forbidden(module, Doing::Act, target).into());
    }
    Ok(())
}

/// The most that shares of each of the records give with what hangs on it.
async fn given(tx: &mut Conn, targets: HashSet<i64>) -> Result<HashMap<i64, Level>, Error> {
    if targets.is_empty() {
        return Ok(HashMap::new());
    }
    let among = tx.dialect().in_ids("s.record_id", "?1");
    let sql = Sql::from(format!(
        "SELECT s.record_id, max(s.level) FROM {{_shares}} s WHERE s.related > 0 AND {among} GROUP BY s.record_id"
    ));
    let read = |row: &Row<'_>| Ok((Row::must(row.int(0)?, 0)?, Level::of(row.int(1)?.unwrap_or_default())));
    let targets: Vec<i64> = targets.into_iter().collect();
    Ok(tx.all(&sql, &[Cell::Ids(targets.into())], read).await?.into_iter().collect())
}

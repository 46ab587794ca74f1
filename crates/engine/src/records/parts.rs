//! What hangs on a record beside its own row: links to other records, notes, attachments. It is taken away when the
//! record goes to the recycle bin, kept in its image, and comes back with it or is given up with it.
//!
//! Each part is a static beside the code of its noun, and one line on the page of the areas.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_store::Conn;
use dealwright_wire::{Id, Instant};
use futures::future::BoxFuture;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::org::Org;
use crate::records::around::Around;
use crate::records::writing::Writing;
use crate::snapshot::Snapshot;

/// A kind of thing that hangs on records.
pub(crate) struct Part {
    /// Its entry in images; begins with `$`, so that it is never a field's.
    pub key: &'static str,
    pub take: Take,
    pub restore: Restore,
    pub give_up: GiveUp,
}

/// Takes away what hangs on records of the unit's module, which are about to be deleted. Gives it as JSON by record;
/// records with nothing of the kind are left out.
pub(crate) type Take =
    for<'a> fn(&'a mut Conn, &'a Writing, &'a [Id]) -> BoxFuture<'a, Result<HashMap<Id, String>, Error>>;

/// Puts back what [`Take`] took, after the records themselves are back.
pub(crate) type Restore =
    for<'a> fn(&'a mut Conn, &'a Writing, &'a [(Id, &'a RawValue)]) -> BoxFuture<'a, Result<(), Error>>;

/// Removes what is kept elsewhere for it, because the records will not come back.
pub(crate) type GiveUp =
    for<'a> fn(&'a mut Conn, &'a GivingUp, &'a [(Id, &'a RawValue)]) -> BoxFuture<'a, Result<(), Error>>;

/// Records that are being removed for good: in which state of the org, and when.
pub(crate) struct GivingUp {
    pub snapshot: Arc<Snapshot>,
    pub around: &'static Around,
    pub now: Instant,
}

impl GivingUp {
    pub(crate) fn now(org: &Org) -> Self {
        Self { snapshot: org.snapshot(), around: Around::of(org), now: org.clock.now() }
    }
}

/// Takes every part of the records. Gives entries for their images, each with a comma before it.
pub(crate) async fn take(
    tx: &mut Conn,
    writing: &Writing,
    ids: &[Id],
) -> Result<HashMap<Id, Vec<u8>>, Error> {
    let mut taken: HashMap<Id, Vec<u8>> = HashMap::new();
    for part in writing.around.parts {
        for (id, kept) in (part.take)(tx, writing, ids).await? {
            let entries = taken.entry(id).or_default();
            entries.extend_from_slice(format!(",\"{}\":{kept}", part.key).as_bytes());
        }
    }
    Ok(taken)
}

//! What hangs on a record beside its own row: links to other records, notes, attachments. It is taken away when the
//! record goes to the recycle bin, kept in its image, and comes back with it or is given up with it.
//!
//! Each part is a static beside the code of its noun, and one line in the list here.

use std::collections::HashMap;

use dealwright_store::Conn;
use dealwright_wire::{Id, Instant};
use futures::future::BoxFuture;
use serde_json::value::RawValue;

use crate::error::Error;
use crate::files::of_record;
use crate::records::writing::Writing;
use crate::related::cascade;
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
pub(crate) type GiveUp = for<'a> fn(
    &'a mut Conn,
    &'a Snapshot,
    Instant,
    &'a [(Id, &'a RawValue)],
) -> BoxFuture<'a, Result<(), Error>>;

/// Every part, in the order in which they come back.
pub(crate) static PARTS: &[&Part] = &[&cascade::NOTES, &cascade::LINKS, &of_record::FILES];

/// Takes every part of the records. Gives entries for their images, each with a comma before it.
pub(crate) async fn take(
    tx: &mut Conn,
    writing: &Writing,
    ids: &[Id],
) -> Result<HashMap<Id, Vec<u8>>, Error> {
    let mut taken: HashMap<Id, Vec<u8>> = HashMap::new();
    for part in PARTS {
        for (id, kept) in (part.take)(tx, writing, ids).await? {
            let entries = taken.entry(id).or_default();
            entries.extend_from_slice(format!(",\"{}\":{kept}", part.key).as_bytes());
        }
    }
    Ok(taken)
}

//! A record in a process changes its state by a transition and in no other way.

use std::collections::{HashMap, HashSet};

use dealwright_store::Conn;
use dealwright_wire::{ApiError, Code};

use super::process;
use super::transition::{is_transition, naming};
use crate::error::Error;
use crate::records::around::Stage;
use crate::records::draft::Draft;
use crate::records::stored::Stored;
use crate::records::writing::{Deed, Writing};

/// The stage of processes.
pub(crate) static STAGE: Stage = Stage {
    refuse: Some(|tx, pass, drafts| Box::pin(bar(tx, pass.writing, pass.deed, pass.old, drafts))),
    ..Stage::named("processes")
};

/// Refuses the drafts that would change the state of a record in a process.
async fn bar(
    tx: &mut Conn,
    writing: &Writing,
    deed: Deed,
    old: &HashMap<i64, Stored>,
    drafts: &mut [Result<Draft, ApiError>],
) -> Result<(), Error> {
    if is_transition(deed) {
        return Ok(());
    }
    let module = &*writing.module;
    for process in process::of_module(&writing.snapshot, module) {
        let changed: Vec<i64> = naming(drafts, process.field)
            .filter_map(|draft| {
                let id = draft.id?.get();
                let before = old.get(&id)?.cells[process.field].as_ref();
                (draft.cells[process.field].as_ref() != before).then_some(id)
            })
            .collect();
        if changed.is_empty() {
            continue;
        }
        let inside: HashSet<i64> = process.among(tx, module, &changed).await?.into_iter().collect();
        for slot in drafts.iter_mut() {
            let Ok(draft) = slot else { continue };
            let Some(id) = draft.id.filter(|id| inside.contains(&id.get()) && draft.names(process.field))
            else {
                continue;
            };
            let name = &module.fields()[process.field].api_name;
            let error = ApiError::new(Code::RecordInBlueprint).id(id);
            *slot = Err(error.field(name, format!("{}.{name}", draft.path)));
        }
    }
    Ok(())
}

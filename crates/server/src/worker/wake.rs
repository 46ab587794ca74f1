//! Orgs in which an earlier end of the server left work.

use std::sync::{Arc, Weak};

use dealwright_store::error::chain;

use crate::state::ServerState;

/// Opens the orgs in the background in which jobs or mails wait, so that what an earlier end of the server interrupted goes on.
pub(crate) fn wake(state: &Arc<ServerState>) {
    let state = Arc::downgrade(state);
    tokio::spawn(async move {
        let Some(open) = Weak::upgrade(&state) else { return };
        let ids = match open.accounts.all_orgs().await {
            Ok(ids) => ids,
            Err(error) => {
                tracing::error!(error = chain(&error), "reading which orgs there are");
                return;
            }
        };
        drop(open);
        for id in ids {
            let Some(open) = Weak::upgrade(&state) else { return };
            if !open.orgs.may_have_work(id).await {
                continue;
            }
            if let Err(error) = open.orgs.get(id).await {
                tracing::error!(org.id = %id, error = chain(&error), "opening an org to go on with its jobs");
            }
        }
    });
}

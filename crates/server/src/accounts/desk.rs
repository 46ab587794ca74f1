//! What the pages need beside the accounts: who administers which org, and a way to send mail.

use std::sync::Arc;

use dealwright_accounts::Accounts;
use dealwright_engine::Org;
use dealwright_wire::Id;

use super::answer::Failure;
use crate::mail::Mailer;
use crate::state::ServerState;

/// Both are missing where the pages stand alone.
#[derive(Clone, Default)]
pub struct Desk {
    pub mailer: Option<Mailer>,
    pub state: Option<Arc<ServerState>>,
}

impl Desk {
    /// The orgs whose administrator the person is.
    pub(super) async fn administers(
        &self,
        accounts: &Accounts,
        identity: Id,
    ) -> Result<Vec<Arc<Org>>, Failure> {
        let Some(state) = &self.state else { return Ok(Vec::new()) };
        let mut orgs = Vec::new();
        for org in accounts.orgs_of(identity).await? {
            let org = state.orgs.get(org.id).await.map_err(Failure::Org)?;
            let snapshot = org.snapshot();
            let is_admin = snapshot.user_by_identity(identity).is_some_and(|user| {
                user.is_active && snapshot.profile_of(user).is_some_and(|profile| profile.is_admin)
            });
            if is_admin {
                orgs.push(org);
            }
        }
        Ok(orgs)
    }

    /// True when the link to the people of an org is worth showing. Without an answer it is not.
    pub(super) async fn is_administrator(&self, accounts: &Accounts, identity: Id) -> bool {
        self.administers(accounts, identity).await.is_ok_and(|orgs| !orgs.is_empty())
    }
}

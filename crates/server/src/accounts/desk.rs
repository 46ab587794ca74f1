//! What the pages need beside the accounts: who administers which org, and a way to send mail.

use std::sync::Arc;

use dealwright_accounts::{Accounts, SignInOutcome};
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

/// What became of a password that was tried.
#[derive(Debug, Clone, Copy)]
pub(super) enum Tried {
    Right,
    Wrong,
    /// It was not looked at: there were too many.
    Slowed,
}

impl Tried {
    pub(super) fn of(outcome: &SignInOutcome) -> Self {
        match outcome {
            SignInOutcome::SignedIn { .. } => Self::Right,
            SignInOutcome::Refused => Self::Wrong,
            SignInOutcome::Wait(_) => Self::Slowed,
        }
    }
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

    /// Notes what became of a password that was tried. The line of a failure names the address, for programs that lock it
    /// out, and never who signs in.
    pub(super) fn tried(&self, outcome: Tried, address: &str) {
        let label = match outcome {
            Tried::Right => "succeeded",
            Tried::Wrong => "failed",
            Tried::Slowed => "slowed",
        };
        if let Some(state) = &self.state {
            state.metrics.sign_in(label);
        }
        match outcome {
            Tried::Right => tracing::info!(client.address = address, "signed in"),
            Tried::Wrong => tracing::warn!(client.address = address, "sign-in failed"),
            Tried::Slowed => tracing::warn!(client.address = address, "sign-in slowed: too many attempts"),
        }
    }

    /// True when the link to the people of an org is worth showing. Without an answer it is not.
    pub(super) async fn is_administrator(&self, accounts: &Accounts, identity: Id) -> bool {
        self.administers(accounts, identity).await.is_ok_and(|orgs| !orgs.is_empty())
    }
}

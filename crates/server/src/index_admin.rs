//! Indexes on demand by hand: what `dealwright admin index` does, while no server runs on the data.

use std::sync::Arc;

use dealwright_accounts::{Accounts, InstallationKind, Settings};
use dealwright_engine::indexes;
pub use dealwright_engine::indexes::{Indexed, Outcome};
use dealwright_engine::{Error, Org};
use dealwright_store::error::chain;
use dealwright_wire::{Clock, Id, Mint};

use crate::app;
use crate::config::Storage;
use crate::people::AccountsPeople;
use crate::start_error::StartError;
use crate::state::Orgs;

/// The fields of a module, or of all modules, that have an index.
pub fn list(org: &Org, module: Option<&str>) -> Result<Vec<Indexed>, StartError> {
    indexes::list(org, module).map_err(refused)
}

/// Gives a field an index.
pub async fn add(org: &Org, module: &str, field: &str) -> Result<Outcome, StartError> {
    indexes::add(org, module, field).await.map_err(refused)
}

/// Takes an index that was made on demand from a field.
pub async fn drop(org: &Org, module: &str, field: &str) -> Result<Outcome, StartError> {
    indexes::drop(org, module, field).await.map_err(refused)
}

/// Opens an org; without an id the only one.
pub async fn open(storage: &Storage, clock: Clock, org: Option<Id>) -> Result<Arc<Org>, StartError> {
    let mint = Mint::new(clock.clone(), 0);
    let (database, control) = app::open(storage).await?;
    let accounts = Accounts::open(control, clock.clone(), mint.clone(), Settings::default()).await?;
    let kind: Option<InstallationKind> = accounts.installation_kind().await?;
    let all = accounts.all_orgs().await?;
    let org = match (org, all.as_slice()) {
        _ if kind.is_none() => {
            return Err(StartError::Refused("there is no installation in this data yet".to_owned()));
        }
        (Some(org), _) if all.contains(&org) => org,
        (None, [org]) => *org,
        _ => {
            let known: Vec<String> = all.iter().map(ToString::to_string).collect();
            let text = format!("say by --org which organisation is meant: {}", known.join(", "));
            return Err(StartError::Refused(text));
        }
    };
    let people = Arc::new(AccountsPeople::new(accounts, None));
    Ok(Orgs::new(database, storage.blobs()?, clock, mint, people, None).open(org, None).await?)
}

/// A module or field that does not exist was written so by a person.
fn refused(error: Error) -> StartError {
    match error {
        Error::Api(error) => {
            StartError::Refused(format!("there is no such module or field: {}", chain(&error)))
        }
        other @ Error::Internal { .. } => other.into(),
    }
}

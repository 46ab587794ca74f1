//! Why a server does not start.

use dealwright_store::StoreError;
use dealwright_store::error::chain;

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The configuration does not fit the data; the text says what to do.
    #[error("{0}")]
    Refused(String),
    #[error("opening the database")]
    Store(#[from] StoreError),
    #[error("opening the accounts")]
    Accounts(#[from] dealwright_accounts::Error),
    #[error("opening an org")]
    Org(#[from] dealwright_engine::Error),
    #[error("setting up the metrics")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
}

impl StartError {
    /// One line about a place that was named and refuses us, with the option to look at; `None` for other errors.
    pub fn refused_place(&self) -> Option<String> {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self);
        while let Some(error) = cause {
            if let Some(error) = error.downcast_ref::<StoreError>() {
                return error.refused_place().map(|option| format!("{}; look at {option}", chain(self)));
            }
            cause = error.source();
        }
        None
    }
}

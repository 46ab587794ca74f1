//! Why a command failed, and its exit code.

use std::io::Write as _;
use std::process::ExitCode;

use dealwright_server::StartError;

/// A command that did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The configuration cannot work, or names a place that refuses us; one line says what to change.
    Configuration(String),
    Other(anyhow::Error),
}

impl Failure {
    /// Says what happened, in one line on standard error, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        let (text, code) = match self {
            Self::Configuration(text) => (text, 2),
            Self::Other(error) => (format!("{error:#}"), 1),
        };
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "dealwright: {text}");
        ExitCode::from(code)
    }
}

/// Says something that does not keep the command from going on, in one line on standard error.
pub(crate) fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "dealwright: {text}");
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        match error {
            // The accounts refuse what a person typed: an email address, a password.
            StartError::Refused(text) | StartError::Accounts(dealwright_accounts::Error::Refused(text)) => {
                Self::Configuration(text)
            }
            other => match other.refused_place() {
                Some(text) => Self::Configuration(text),
                None => Self::Other(other.into()),
            },
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Other(error.into())
    }
}

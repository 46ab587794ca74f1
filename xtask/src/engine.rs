//! Which database a task runs on.

use clap::ValueEnum;

/// The choice on the command line.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Engines {
    Sqlite,
    Postgres,
    Both,
}

/// One database.
#[derive(Clone, Copy, Eq, PartialEq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

impl Engines {
    /// The databases chosen, in the order to run them.
    pub(crate) fn list(self) -> &'static [Engine] {
        match self {
            Self::Sqlite => &[Engine::Sqlite],
            Self::Postgres => &[Engine::Postgres],
            Self::Both => &[Engine::Sqlite, Engine::Postgres],
        }
    }
}

impl Engine {
    /// The name, in lower case.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

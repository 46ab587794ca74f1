//! `cargo xtask bench`: the benchmarks, against a build with all optimisations.

use anyhow::Result;
use clap::Parser;

use crate::cargo::{Profile, program, run};
use crate::engine::{Engine, Engines};
use crate::postgres::{self, Durability, Postgres};

/// Build and run the benchmarks.
#[derive(Parser)]
pub(crate) struct Bench {
    /// The databases to measure; when not given, SQLite, and PostgreSQL where it is installed.
    #[arg(long, value_enum)]
    engine: Option<Engines>,

    /// Measure a server with a million records instead.
    #[arg(long)]
    million: bool,

    /// More arguments of `dealwright-bench run`, or of `dealwright-bench million`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<String>,
}

impl Bench {
    pub(crate) fn run(self) -> Result<()> {
        Profile::Shipped.build(&["dealwright", "dealwright-bench"])?;
        let engines = self.engines().list();
        // Durable, because the server promises durability and the figures should include its price.
        let cluster =
            engines.contains(&Engine::Postgres).then(|| Postgres::start(Durability::Full)).transpose()?;
        let database = cluster.as_ref().map(|cluster| cluster.create_database("bench")).transpose()?;
        self.measure(engines, database.as_deref())
    }

    fn engines(&self) -> Engines {
        self.engine.unwrap_or_else(|| {
            if postgres::binaries().is_ok() {
                Engines::Both
            } else {
                println!("==> PostgreSQL is not installed: measuring SQLite only");
                Engines::Sqlite
            }
        })
    }

    /// All databases in one run, so that its table has them side by side.
    fn measure(&self, engines: &[Engine], database: Option<&str>) -> Result<()> {
        let command = |name: &str, database: Option<&str>| {
            let mut command = program(Profile::Shipped.binary("dealwright-bench"));
            command.arg(name).arg("--server").arg(Profile::Shipped.binary("dealwright"));
            if let Some(database) = database {
                command.args(["--database", database]);
            }
            command
        };
        let names: Vec<&str> = engines.iter().map(|engine| engine.name()).collect();
        let on_all = |name: &str| {
            let mut command = command(name, database);
            run(command.args(["--engines", &names.join(",")]).args(&self.arguments))
        };
        if self.million {
            return on_all("million");
        }
        // A missed target is told at the end, after everything was measured.
        let main = on_all("run");
        for engine in engines {
            println!("\n==> around a record, on {}", engine.name());
            run(&mut command("around", database.filter(|_| *engine == Engine::Postgres)))?;
        }
        main
    }
}

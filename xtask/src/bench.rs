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
        for engine in self.engines().list() {
            println!("\n==> benchmarks on {}", engine.name());
            match engine {
                Engine::Sqlite => self.measure(*engine, None)?,
                Engine::Postgres => {
                    // Durable, because the server promises durability and the figures should include its price.
                    let cluster = Postgres::start(Durability::Full)?;
                    self.measure(*engine, Some(&cluster.create_database("bench")?))?;
                }
            }
        }
        Ok(())
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

    fn measure(&self, engine: Engine, database: Option<&str>) -> Result<()> {
        let command = |name: &str| {
            let mut command = program(Profile::Shipped.binary("dealwright-bench"));
            command.arg(name).arg("--server").arg(Profile::Shipped.binary("dealwright"));
            if let Some(database) = database {
                command.args(["--database", database]);
            }
            command
        };
        if self.million {
            return run(command("million").args(["--engines", engine.name()]).args(&self.arguments));
        }
        // A missed target is told at the end, after everything was measured.
        let main = run(command("run").args(&self.arguments));
        run(&mut command("around"))?;
        main
    }
}

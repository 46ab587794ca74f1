//! A PostgreSQL that lives as long as the task: its own cluster in a temporary folder, on a free port.
//!
//! Only the server binaries are needed, no running service. PostgreSQL refuses to run as root; started by root,
//! the cluster runs as the user `postgres` that the Debian package makes.

use std::fs::File;
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::cargo::find_program;

/// Names the folder of the server binaries: read here, and handed to the tests, which start clusters of their own.
pub(crate) const BINARIES_VARIABLE: &str = "DEALWRIGHT_TEST_POSTGRES_BIN";

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A running cluster. Dropping it stops the server and removes its files.
pub(crate) struct Postgres {
    server: Child,
    account: Account,
    folder: TempDir,
    port: u16,
}

/// Whether a commit waits for the disk.
#[derive(Clone, Copy)]
pub(crate) enum Durability {
    /// As in production; for measurements.
    Full,
    /// Nothing is worth keeping; for tests.
    None,
}

/// Where the programs of PostgreSQL are and who runs them.
struct Account {
    binaries: PathBuf,
    /// User and group to change to; none when the caller itself may run PostgreSQL.
    ids: Option<(u32, u32)>,
}

/// The folder of the newest server binaries on this machine; an error says how to get them.
pub(crate) fn binaries() -> Result<PathBuf> {
    if let Some(folder) = std::env::var_os(BINARIES_VARIABLE).map(PathBuf::from) {
        ensure!(
            folder.join("initdb").is_file(),
            "{BINARIES_VARIABLE} is {}, where there is no initdb",
            folder.display()
        );
        return Ok(folder);
    }
    newest_debian_binaries().or_else(|| find_program("initdb")?.parent().map(Path::to_path_buf)).with_context(
        || {
            format!(
                "the PostgreSQL server binaries are missing: `make setup` installs them on Debian (package \
                 postgresql; no running service is needed), or set {BINARIES_VARIABLE} to their folder"
            )
        },
    )
}

fn newest_debian_binaries() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    versions
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let folder = entry.path().join("bin");
            folder.join("initdb").is_file().then_some((version, folder))
        })
        .max()
        .map(|(_, folder)| folder)
}

impl Postgres {
    /// Makes a cluster and starts it; takes a few seconds.
    pub(crate) fn start(durability: Durability) -> Result<Self> {
        let account = Account::find()?;
        let folder = tempfile::Builder::new()
            .prefix("dealwright-postgres-")
            .tempdir()
            .context("making a folder for the cluster")?;
        if let Some((user, group)) = account.ids {
            std::os::unix::fs::chown(folder.path(), Some(user), Some(group))
                .context("giving the cluster's folder to the user postgres")?;
        }

        let mut initdb = account.program("initdb", folder.path());
        initdb.args(["--pgdata", "data", "--username", "postgres", "--auth", "trust", "--no-sync"]);
        initdb.args(["--encoding", "UTF8", "--locale", "C.UTF-8"]);
        run_quietly(&mut initdb)?;

        let port = free_port()?;
        let mut command = account.program("postgres", folder.path());
        command.args(["-D", "data", "-h", "127.0.0.1", "-p", &port.to_string(), "-k"]).arg(folder.path());
        if let Durability::None = durability {
            command.args(["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]);
        }
        command.args(["-c", "max_connections=200"]);
        let log = File::create(folder.path().join("log")).context("making the cluster's log")?;
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let server = command.spawn().context("starting postgres")?;

        let mut postgres = Self { server, account, folder, port };
        postgres.wait_until_ready()?;
        Ok(postgres)
    }

    /// Makes an empty database and returns its address.
    pub(crate) fn create_database(&self, name: &str) -> Result<String> {
        let mut createdb = self.client("createdb");
        createdb.args(["--username", "postgres", name]);
        run_quietly(&mut createdb)?;
        Ok(format!("postgres://postgres@127.0.0.1:{}/{name}", self.port))
    }

    fn wait_until_ready(&mut self) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if let Some(status) = self.server.try_wait().context("looking after postgres")? {
                bail!("postgres ended at once with {status}; its log:\n{}", self.log());
            }
            if self.client("pg_isready").arg("--quiet").status().context("running pg_isready")?.success() {
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "postgres did not answer within {START_LIMIT:?}; its log:\n{}",
                self.log()
            );
            sleep(Duration::from_millis(50));
        }
    }

    /// A client program of PostgreSQL that talks to this cluster.
    fn client(&self, name: &str) -> Command {
        let mut command = self.account.program(name, self.folder.path());
        command.args(["--host", "127.0.0.1", "--port", &self.port.to_string()]);
        command
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // SIGQUIT: stop at once without tidying files that are about to go.
        if signal(&self.server, "QUIT").is_ok() {
            let deadline = Instant::now() + STOP_LIMIT;
            while Instant::now() < deadline {
                match self.server.try_wait() {
                    Ok(None) => sleep(Duration::from_millis(20)),
                    Ok(Some(_)) | Err(_) => return,
                }
            }
        }
        // Neither has a remedy here: the process may be gone, and the folder is removed in any case.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Account {
    fn find() -> Result<Self> {
        let binaries = binaries()?;
        if id(&["-u"])? != 0 {
            return Ok(Self { binaries, ids: None });
        }
        let missing = "PostgreSQL does not run as root, and there is no user `postgres` to run it as";
        let user = id(&["-u", "postgres"]).context(missing)?;
        let group = id(&["-g", "postgres"]).context(missing)?;
        Ok(Self { binaries, ids: Some((user, group)) })
    }

    /// One of PostgreSQL's programs, run by the right user with `folder` as its home.
    fn program(&self, name: &str, folder: &Path) -> Command {
        let mut command = Command::new(self.binaries.join(name));
        command.current_dir(folder).env("HOME", folder);
        if let Some((user, group)) = self.ids {
            command.uid(user).gid(group);
        }
        command
    }
}

/// A port of the loopback address that nobody listens on.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).context("looking for a free port")?;
    Ok(listener.local_addr().context("looking for a free port")?.port())
}

/// Sends a signal by its name without SIG.
pub(crate) fn signal(child: &Child, name: &str) -> Result<()> {
    let mut kill = Command::new("sh");
    kill.args(["-c", "kill -s \"$1\" \"$2\"", "kill", name, &child.id().to_string()]);
    run_quietly(&mut kill)
}

fn id(arguments: &[&str]) -> Result<u32> {
    let output = Command::new("id").args(arguments).output().context("running id")?;
    ensure!(
        output.status.success(),
        "id {}: {}",
        arguments.join(" "),
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8_lossy(&output.stdout).trim().parse().context("reading the number id prints")
}

/// Runs a command whose output matters only when it fails.
fn run_quietly(command: &mut Command) -> Result<()> {
    let output = command.output().with_context(|| format!("starting {}", command.get_program().display()))?;
    ensure!(
        output.status.success(),
        "{} ended with {}:\n{}{}",
        command.get_program().display(),
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_starts_makes_a_database_and_leaves_nothing() {
        if binaries().is_err() {
            println!("skipped: no PostgreSQL here");
            return;
        }
        let postgres = Postgres::start(Durability::None).unwrap();
        let folder = postgres.folder.path().to_path_buf();
        let url = postgres.create_database("first").unwrap();

        let mut psql = postgres.account.program("psql", &folder);
        let output = psql.args([&url, "-Atc", "select current_database(), lower('Ä')"]).output().unwrap();
        assert_eq!(String::from_utf8_lossy(&output.stdout), "first|ä\n");

        let port = postgres.port;
        drop(postgres);
        assert!(!folder.exists());
        assert!(std::net::TcpStream::connect(("127.0.0.1", port)).is_err());
    }
}

//! The server in development mode on a throw-away folder, as the conformance suites want it.

use std::fs::File;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::cargo::{self, Profile};
use crate::postgres::{free_port, signal};

const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(30);
const LOG_LINES_SHOWN: usize = 40;

/// A running server. Dropping it kills the server; [`DevServer::stop`] ends it well.
pub(crate) struct DevServer {
    server: Child,
    address: SocketAddr,
    variables: Vec<(String, String)>,
    log: PathBuf,
    /// Holds the server's files until it has ended.
    _folder: TempDir,
}

impl DevServer {
    /// Starts the server of that build on a fresh folder, with SQLite or the given PostgreSQL, and waits until it answers.
    /// It tells its clients to call `public_url`. Its output goes to the file `log`.
    pub(crate) fn start(
        profile: Profile,
        database: Option<&str>,
        public_url: &str,
        log: &Path,
    ) -> Result<Self> {
        Self::start_at(profile, free_port()?, database, public_url, log)
    }

    /// The same, on a port that the caller has chosen.
    pub(crate) fn start_at(
        profile: Profile,
        port: u16,
        database: Option<&str>,
        public_url: &str,
        log: &Path,
    ) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("dealwright-server-")
            .tempdir()
            .context("making a folder for the server")?;
        let env_file = folder.path().join("env");
        let address = SocketAddr::from(([127, 0, 0, 1], port));

        if let Some(parent) = log.parent() {
            std::fs::create_dir_all(parent).context("making the folder of the server's log")?;
        }
        let output = File::create(log).with_context(|| format!("making {}", log.display()))?;

        let mut command = cargo::program(profile.binary("dealwright"));
        command.args(["serve", "--dev", "--listen", &address.to_string(), "--public-url", public_url]);
        command.arg("--data").arg(folder.path().join("data")).arg("--env-file").arg(&env_file);
        if let Some(database) = database {
            command.args(["--database", database]);
        }
        command.stdout(output.try_clone().context("sharing the server's log")?).stderr(output);
        let server = command.spawn().context("starting the server")?;

        let mut running =
            Self { server, address, variables: Vec::new(), log: log.to_path_buf(), _folder: folder };
        running.wait_until_ready(&env_file, address)?;
        Ok(running)
    }

    /// Where the server itself listens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What the server's env file says: addresses and credentials of its organisation.
    pub(crate) fn variables(&self) -> &[(String, String)] {
        &self.variables
    }

    /// Asks the server to end (SIGTERM); it is an error unless it ends soon and with exit code 0.
    pub(crate) fn stop(mut self) -> Result<()> {
        if self.server.try_wait().context("looking after the server")?.is_none() {
            signal(&self.server, "TERM").context("asking the server to end")?;
        }
        let status = self.wait(STOP_LIMIT)?;
        ensure!(status.success(), "the server ended with {status} after SIGTERM{}", self.last_lines());
        Ok(())
    }

    fn wait_until_ready(&mut self, env_file: &Path, address: SocketAddr) -> Result<()> {
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if let Some(status) = self.server.try_wait().context("looking after the server")? {
                bail!("the server ended at once with {status}{}", self.last_lines());
            }
            // The file may be there before the listener, or the other way round.
            if env_file.is_file() && TcpStream::connect(address).is_ok() {
                let text = std::fs::read_to_string(env_file).context("reading the server's env file")?;
                self.variables = variables(&text);
                return Ok(());
            }
            ensure!(
                Instant::now() < deadline,
                "the server was not ready within {START_LIMIT:?}: no env file, or nothing on {address}{}",
                self.last_lines()
            );
            sleep(Duration::from_millis(50));
        }
    }

    fn wait(&mut self, limit: Duration) -> Result<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.server.try_wait().context("looking after the server")? {
                return Ok(status);
            }
            ensure!(
                Instant::now() < deadline,
                "the server did not end within {limit:?}{}",
                self.last_lines()
            );
            sleep(Duration::from_millis(20));
        }
    }

    fn last_lines(&self) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        let shown = &lines[lines.len().saturating_sub(LOG_LINES_SHOWN)..];
        format!("; the end of {}:\n{}", self.log.display(), shown.join("\n"))
    }
}

impl Drop for DevServer {
    fn drop(&mut self) {
        // Both fail only when the server has already ended.
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// Reads `NAME=value` lines; `export` before the name and quotes around the value are as in a shell.
fn variables(text: &str) -> Vec<(String, String)> {
    text.lines()
        .filter_map(|line| {
            let line = line.trim();
            let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
            if name.starts_with('#') {
                return None;
            }
            Some((name.to_owned(), unquoted(value).to_owned()))
        })
        .collect()
}

fn unquoted(value: &str) -> &str {
    ['"', '\''].iter().find_map(|&quote| value.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_env_file_is_read_as_a_shell_would() {
        let text = "# made by the server\nA=1\n\nexport B=\"two words\"\nC='x=y'\n";
        let expected = [("A", "1"), ("B", "two words"), ("C", "x=y")];
        assert_eq!(variables(text), expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}

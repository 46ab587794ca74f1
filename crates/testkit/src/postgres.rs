//! The PostgreSQL cluster that the tests' databases live in.
//!
//! `DEALWRIGHT_TEST_POSTGRES_URL` names one that runs already. Otherwise each process starts its own from the
//! server binaries in `DEALWRIGHT_TEST_POSTGRES_BIN`, or else from the newest that Debian has installed; it is
//! stopped and removed when the process ends, however it ends. `DEALWRIGHT_TEST_SKIP_POSTGRES=1` lets tests pass
//! where there are none.

use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio_postgres::NoTls;

const URL: &str = "DEALWRIGHT_TEST_POSTGRES_URL";
const BINARIES: &str = "DEALWRIGHT_TEST_POSTGRES_BIN";
const SKIP: &str = "DEALWRIGHT_TEST_SKIP_POSTGRES";

/// How often a starting cluster is asked whether it answers, and how often at most.
const PAUSE: Duration = Duration::from_millis(50);
const TRIES: u32 = 600;

/// For TLS to a cluster of the tests' own; both are good for nothing else.
const CERTIFICATE: &str = include_str!("../tls/server.pem");
const KEY: &str = include_str!("../tls/server.key");
/// Who signed the certificate, and somebody who did not.
pub const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tls/ca.pem");
pub const STRANGER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tls/other.pem");

/// Starts the server, waits until the process that holds the other end of the pipe is gone, and tidies up.
const KEEPER: &str = r#"
"$1/postgres" -D "$2/data" -h 127.0.0.1 -p "$3" -k "$2" \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=300 \
    -c ssl=on -c ssl_cert_file="$2/server.pem" -c ssl_key_file="$2/server.key" >"$2/log" 2>&1 &
server=$!
read -r _
kill -QUIT "$server"
wait "$server"
cd /
rm -rf "$2"
"#;

/// A PostgreSQL server.
#[derive(Debug)]
pub struct Cluster {
    /// Up to the database's name: `postgres://postgres@127.0.0.1:5432/`.
    base: String,
    /// What follows the name: `?sslmode=disable`, or nothing.
    options: String,
    /// Database to be connected to while making others.
    admin: String,
    /// The process that ends the server; it lives until its input is closed.
    keeper: Option<Child>,
}

/// The cluster of this process. `None` when there is none and that is allowed.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(find).as_ref()
}

#[expect(clippy::disallowed_methods, reason = "the tests' own configuration comes from nowhere else")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn find() -> Option<Cluster> {
    if let Some(url) = variable(URL) {
        return Some(Cluster::at(&url));
    }
    match binaries() {
        Some(binaries) => Some(Cluster::start(&binaries)),
        None if variable(SKIP).is_some_and(|value| value == "1") => None,
        None => panic!(
            "the PostgreSQL server binaries are missing: install them (on Debian the package postgresql; no running \
             service is needed), set {BINARIES} to their folder or {URL} to a server, or set {SKIP}=1 to test on \
             SQLite alone"
        ),
    }
}

fn binaries() -> Option<PathBuf> {
    if let Some(folder) = variable(BINARIES).map(PathBuf::from) {
        assert!(
            folder.join("initdb").is_file(),
            "{BINARIES} is {}, where there is no initdb",
            folder.display()
        );
        return Some(folder);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let found = versions.filter_map(|entry| {
        let entry = entry.ok()?;
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let folder = entry.path().join("bin");
        folder.join("initdb").is_file().then_some((version, folder))
    });
    found.max().map(|(_, folder)| folder)
}

impl Cluster {
    fn at(url: &str) -> Self {
        let (url, options) =
            url.split_once('?').map_or((url, String::new()), |(url, rest)| (url, format!("?{rest}")));
        let (base, admin) = url.rsplit_once('/').expect("the URL of a PostgreSQL server names a database");
        Self { base: format!("{base}/"), options, admin: admin.to_owned(), keeper: None }
    }

    fn start(binaries: &Path) -> Self {
        let account = Account::find();
        let folder = tempfile::Builder::new().prefix("dealwright-test-postgres-").tempdir();
        // From here on the keeper removes it.
        let folder = folder.expect("a folder for the cluster").keep();
        if let Some((user, group)) = account.0 {
            std::os::unix::fs::chown(&folder, Some(user), Some(group))
                .expect("the folder can be given to postgres");
        }
        account.give(&folder.join("server.pem"), CERTIFICATE);
        account.give(&folder.join("server.key"), KEY);
        let mut initdb = account.command(&binaries.join("initdb"), &folder);
        initdb.args(["--pgdata", "data", "--username", "postgres", "--auth", "trust", "--no-sync"]);
        let made =
            initdb.args(["--encoding", "UTF8", "--locale", "C.UTF-8"]).output().expect("initdb can be run");
        assert!(made.status.success(), "initdb failed: {}", String::from_utf8_lossy(&made.stderr));

        let port = free_port();
        let mut keeper = account.command(Path::new("/bin/sh"), &folder);
        keeper.args(["-c", KEEPER, "keeper"]).arg(binaries).arg(&folder).arg(port.to_string());
        // Its own group: a Ctrl-C ends the tests, and their end ends the cluster.
        keeper.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let keeper = keeper.spawn().expect("a shell can be run");

        let cluster = Self {
            base: format!("postgres://postgres@127.0.0.1:{port}/"),
            options: String::new(),
            admin: "postgres".to_owned(),
            keeper: Some(keeper),
        };
        cluster.wait(&folder.join("log"));
        cluster
    }

    fn wait(&self, log: &Path) {
        let ready = on_a_thread(self.url(&self.admin), |url| async move {
            for _ in 0..TRIES {
                if tokio_postgres::connect(&url, NoTls).await.is_ok() {
                    return true;
                }
                tokio::time::sleep(PAUSE).await;
            }
            false
        });
        assert!(ready, "postgres does not answer: {}", std::fs::read_to_string(log).unwrap_or_default());
    }

    /// False for a cluster that ran before and goes on afterwards.
    pub(crate) fn ends_with_process(&self) -> bool {
        self.keeper.is_some()
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("{}{database}{}", self.base, self.options)
    }

    /// Makes a database, empty or a copy, and gives its name. No two processes choose the same.
    pub(crate) fn create_database(&self, template: Option<&str>) -> String {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let name = format!("dealwright_test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let like = template.unwrap_or("template0");
        if !self.ends_with_process() {
            // A leftover of an earlier process with the same number.
            self.drop_database(&name);
        }
        self.execute(format!("CREATE DATABASE {name} TEMPLATE {like}"));
        name
    }

    pub(crate) fn drop_database(&self, name: &str) {
        self.execute(format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"));
    }

    fn execute(&self, sql: String) {
        on_a_thread((self.url(&self.admin), sql), |(url, sql)| async move {
            let (client, connection) =
                tokio_postgres::connect(&url, NoTls).await.expect("the cluster answers");
            tokio::spawn(connection);
            client.batch_execute(&sql).await.unwrap_or_else(|error| panic!("{sql}: {error:?}"));
        });
    }
}

/// Runs async work from wherever the caller is, inside a runtime or not.
fn on_a_thread<A, T, F>(argument: A, work: fn(A) -> F) -> T
where
    A: Send + 'static,
    T: Send + 'static,
    F: Future<Output = T> + 'static,
{
    let thread = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a test may start threads").block_on(work(argument))
    });
    thread.join().expect("the message of the panic is above")
}

/// Who runs PostgreSQL, which refuses to run as root: user and group to change to.
struct Account(Option<(u32, u32)>);

impl Account {
    fn find() -> Self {
        if id(&["-u"]) != Some(0) {
            return Self(None);
        }
        let ids = id(&["-u", "postgres"]).zip(id(&["-g", "postgres"]));
        Self(Some(ids.expect("PostgreSQL does not run as root, and there is no user postgres to run it as")))
    }

    /// Writes a file that nobody else may read.
    fn give(&self, file: &Path, text: &str) {
        std::fs::write(file, text).expect("a file for the cluster");
        std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .expect("its mode can be set");
        if let Some((user, group)) = self.0 {
            std::os::unix::fs::chown(file, Some(user), Some(group))
                .expect("the file can be given to postgres");
        }
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).env("HOME", folder);
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// A port of the loopback address that nobody listens on.
pub fn free_port() -> u16 {
    let listener =
        std::net::TcpListener::bind(("127.0.0.1", 0)).expect("the loopback address has a free port");
    listener.local_addr().expect("a listener has an address").port()
}

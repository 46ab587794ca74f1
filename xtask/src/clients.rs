//! `cargo xtask clients`: the samples of contrib/clients, run with the official SDKs against a fresh server, and the table of
//! docs/clients.md.
//!
//! Each sample creates a lead and lists leads on one server, then on a second one that knows nothing of the first, with
//! the token store that the first run left behind: what a pipeline does that keeps its working folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::cargo::{Profile, find_program, output_of, program, root, target};
use crate::dev_server::DevServer;
use crate::postgres::free_port;

/// Run the samples of contrib/clients with the official SDKs, where these can be had.
#[derive(Parser)]
pub(crate) struct Clients {
    /// The source of an SDK that no registry asked here has, such as `php=FOLDER`, with its dependencies in it.
    #[arg(long, value_name = "CLIENT=FOLDER")]
    sdk: Vec<String>,

    /// How the server is built.
    #[arg(long, value_enum, default_value = "release")]
    profile: Profile,

    /// Write what was seen into docs/clients.md.
    #[arg(long)]
    write: bool,
}

/// A client and how it is run. A new one is a line in [`CLIENTS`], a function, a sample and a row in docs/clients.md.
struct Client {
    /// What `--sdk` calls it.
    key: &'static str,
    sample: &'static str,
    /// The first cell of its row in docs/clients.md.
    name: &'static str,
    program: &'static str,
    /// It comes from a registry, so that it has to run.
    is_had: bool,
    /// Puts the SDK into a folder and gives the version of it.
    install: fn(&Path, Option<&Path>) -> Result<String>,
    /// The command that runs the sample in that folder.
    command: fn(&Path, Option<&Path>) -> Command,
}

const CLIENTS: &[Client] = &[
    Client {
        key: "node",
        sample: "node.mjs",
        name: "Node.js SDK, `@zohocrm/nodejs-sdk-8.0`",
        program: "npm",
        is_had: true,
        install: node,
        command: |_, _| program("node"),
    },
    Client {
        key: "python",
        sample: "python.py",
        name: "Python SDK, `zohocrmsdk8-0`",
        program: "python3",
        is_had: true,
        install: python,
        command: |folder, _| program(folder.join("venv/bin/python")),
    },
    Client {
        key: "php",
        sample: "php.php",
        name: "PHP SDK, `zohocrm/php-sdk-8.0`",
        program: "php",
        is_had: false,
        install: php,
        command: |_, sdk| {
            let mut command = program("php");
            command.env("CRM_SDK_AUTOLOAD", sdk.unwrap_or(Path::new("")).join("vendor/autoload.php"));
            command
        },
    },
];

impl Clients {
    pub(crate) fn run(self) -> Result<()> {
        snippets_are_those_of_samples()?;
        self.profile.build(&["dealwright"])?;
        let mut seen = Vec::new();
        for client in CLIENTS {
            let named = |text: &String| text.strip_prefix(client.key)?.strip_prefix('=').map(PathBuf::from);
            let sdk = self.sdk.iter().find_map(named);
            let has_program = find_program(client.program).is_some();
            if !(client.is_had || sdk.is_some()) || !has_program {
                let missing = if has_program { "its source, see --sdk" } else { client.program };
                println!("    NOT RUN: {}, for want of {missing}", client.name);
                continue;
            }
            println!("==> {}", client.name);
            let row = client.run(self.profile, sdk.as_deref()).with_context(|| client.name.to_owned())?;
            println!("    {row}");
            seen.push((client.name, row));
        }
        ensure!(!seen.is_empty(), "no client could be run: npm and python3 with venv are the usual ones");
        if self.write { write(&seen) } else { Ok(()) }
    }
}

impl Client {
    /// Runs the sample on two servers, and gives the rest of the client's row.
    fn run(&self, profile: Profile, sdk: Option<&Path>) -> Result<String> {
        let kept = target().join("clients").join(self.key);
        fs::create_dir_all(&kept).context("making a folder for the SDK")?;
        let version = (self.install)(&kept, sdk)?;
        // The SDK stays from run to run, what it remembers does not.
        let work = kept.join("work");
        if work.exists() {
            fs::remove_dir_all(&work).context("emptying the folder of the sample")?;
        }
        fs::create_dir(&work)?;
        let sample = work.join(self.sample);
        fs::copy(samples().join(self.sample), &sample)?;
        let mut results = Vec::new();
        for number in 1..=2 {
            let log = target().join("clients").join(format!("{}-{number}.log", self.key));
            let server =
                DevServer::start(profile, None, &format!("http://127.0.0.1:{}", free_port()?), &log)?;
            let mut command = (self.command)(&kept, sdk);
            command.arg(&sample).current_dir(&work);
            command.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost");
            let variables = server.variables().iter();
            command.envs(variables.map(|(name, value)| (name, value)));
            command.env("CRM_BASE_URL", server.url()).env("CRM_ACCOUNTS_URL", server.url());
            let said = output_of(&mut command)?;
            results.push(result(&said).with_context(|| format!("on server {number}, which said:\n{said}"))?);
            server.stop()?;
        }
        ensure!(
            results[0] == results[1],
            "on the second server: {}, on the first: {}",
            results[1],
            results[0]
        );
        let day = output_of(program("date").args(["-u", "+%-d %B %Y"]))?;
        Ok(format!("{version} | run | {}, both again on a second folder | {} |", results[0], day.trim()))
    }
}

/// What a sample says of its two calls: `created 201 ID` and `listed 200 NAMES`, with the lead among the names.
fn result(said: &str) -> Result<String> {
    let line = |word: &str| said.lines().find_map(|line| line.strip_prefix(word)?.strip_prefix(' '));
    let created = line("created").context("nothing was created")?;
    let listed = line("listed").context("nothing was listed")?;
    ensure!(listed.contains("Lovelace"), "the lead is not in the list");
    let status = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
    Ok(format!("create {}, list {}", status(created), status(listed)))
}

fn node(folder: &Path, _: Option<&Path>) -> Result<String> {
    const PACKAGE: &str = "@zohocrm/nodejs-sdk-8.0";
    let mut install = program("npm");
    install.args(["install", "--no-fund", "--no-audit", "--no-save", "--prefix"]).arg(folder).arg(PACKAGE);
    output_of(&mut install)?;
    let about = fs::read_to_string(folder.join("node_modules").join(PACKAGE).join("package.json"))?;
    let about: serde_json::Value = serde_json::from_str(&about)?;
    let runtime = output_of(program("node").arg("--version"))?;
    Ok(format!("{}, Node.js {}", about["version"].as_str().unwrap_or_default(), runtime.trim()))
}

fn python(folder: &Path, _: Option<&Path>) -> Result<String> {
    const PACKAGE: &str = "zohocrmsdk8-0";
    let (venv, python) = (folder.join("venv"), folder.join("venv/bin/python"));
    output_of(program("python3").args(["-m", "venv"]).arg(&venv))?;
    let pip = |arguments: &[&str]| {
        output_of(program(&python).args(["-m", "pip", "--disable-pip-version-check"]).args(arguments))
    };
    pip(&["install", "--quiet", PACKAGE])?;
    let about = pip(&["show", PACKAGE])?;
    let version = about.lines().find_map(|line| line.strip_prefix("Version: ")).unwrap_or_default();
    let runtime = output_of(program(&python).arg("--version"))?;
    Ok(format!("{version}, {}", runtime.trim()))
}

fn php(_: &Path, sdk: Option<&Path>) -> Result<String> {
    let sdk = sdk.context("the folder of its source")?;
    ensure!(sdk.join("vendor/autoload.php").is_file(), "{} has no vendor/autoload.php", sdk.display());
    let runtime = output_of(program("php").args(["-r", "echo PHP_VERSION;"]))?;
    Ok(format!("its source, PHP {}", runtime.trim()))
}

fn samples() -> PathBuf {
    root().join("contrib/clients")
}

fn page() -> PathBuf {
    root().join("docs/clients.md")
}

/// Each block of code on the page stands in the sample that is run, where there is one in that language.
fn snippets_are_those_of_samples() -> Result<()> {
    let page = fs::read_to_string(page()).context("reading docs/clients.md")?;
    for (language, sample) in [("js", "node.mjs"), ("php", "php.php")] {
        let sample_text = fs::read_to_string(samples().join(sample))?;
        let fence = format!("```{language}\n");
        let (_, rest) = page.split_once(&fence).with_context(|| format!("no snippet in {language}"))?;
        let snippet = rest.split("```").next().unwrap_or_default();
        let missing = snippet.lines().find(|line| !sample_text.contains(line.trim()));
        ensure!(missing.is_none(), "docs/clients.md has a line that {sample} has not: {missing:?}");
    }
    Ok(())
}

/// Puts what was seen into the rows of the page.
fn write(seen: &[(&str, String)]) -> Result<()> {
    let text = fs::read_to_string(page())?;
    let row = |line: &str| {
        let found = seen.iter().find(|(name, _)| line.starts_with(&format!("| {name} |")));
        found.map_or_else(|| line.to_owned(), |(name, row)| format!("| {name} | {row}"))
    };
    let lines: Vec<String> = text.lines().map(row).collect();
    fs::write(page(), lines.join("\n") + "\n").context("writing docs/clients.md")
}

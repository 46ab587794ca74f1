//! `cargo xtask arrows`: crates and folders know what lies below them, and nothing else.
//!
//! What is checked, and what each line of `xtask/arrows.allow` begins with:
//!
//! - `crate`: a crate depends on one that [`floors::CRATES`] does not allow it
//! - `floor`: a folder of the engine names one that stands on its own floor or above it in [`floors::ENGINE`]
//! - `module`: a file of the org or of records names a standard module in a text; how many times
//! - `type`: a file of the engine compares the name of a data type; how many times
//! - `long`: a file has more than 600 lines; how many
//! - `folder`: a folder has more than 25 files and no `mod.rs`
//!
//! Exceptions are listed with a reason each. The list says what is: one that is no longer needed fails the task until its line
//! goes, and a count that has fallen until the line says the smaller one. So the list shrinks.
//!
//! - [`floors`]: the tables
//! - [`names`]: what a file names
//! - [`exceptions`]: the list

mod exceptions;
mod floors;
mod names;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Parser;

use crate::cargo::root;
use exceptions::Exceptions;
use names::Names;

/// What a file may have at most, in lines.
const LONG_FILE: usize = 600;
/// What a folder may have at most, in files, unless its `mod.rs` says what each is.
const FULL_FOLDER: usize = 25;

/// Check that crates and folders name only what lies below them.
#[derive(Parser)]
pub(crate) struct Arrows {
    /// Write today's exceptions into xtask/arrows.allow, keeping the reasons of those that are there.
    #[arg(long)]
    write: bool,
}

/// Something that the rules do not allow, where it is and how it is counted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Fault {
    rule: &'static str,
    /// A file or a crate, from the root of the repository.
    place: String,
    /// What it names.
    what: String,
    count: usize,
    /// Lines of the file, where that helps.
    lines: Vec<usize>,
}

impl Arrows {
    pub(crate) fn run(self) -> Result<()> {
        picture_is_that_of_the_table()?;
        let mut faults = crates()?;
        faults.extend(folders()?);
        faults.extend(sizes()?);
        faults.sort();
        let listed = Exceptions::read()?;
        if self.write {
            return listed.write(&faults);
        }
        let wrong = listed.compare(&faults);
        if wrong.is_empty() {
            println!("    {} files, {} exceptions", rust_files(root())?.len(), faults.len());
            return Ok(());
        }
        for line in &wrong {
            println!("{line}");
        }
        bail!(
            "{} of what crates and folders name is not as the tables of xtask/src/arrows/floors.rs say",
            wrong.len()
        )
    }
}

/// The picture of the floors in docs/ARCHITECTURE.md: each floor on a line, from the top.
fn picture_is_that_of_the_table() -> Result<()> {
    let text = fs::read_to_string(root().join("docs/ARCHITECTURE.md"))?;
    let mut lines = text.lines();
    for floor in floors::ENGINE.iter().rev().filter(|floor| **floor != ["fuzzing", "fresh"]) {
        let shown = floor.join("  ");
        let is_it = |line: &str| {
            line.trim_end().ends_with(&shown) || line.trim_start().starts_with(&format!("{shown}.rs"))
        };
        if !lines.any(is_it) {
            bail!("the picture of the floors in docs/ARCHITECTURE.md has no line `{shown}` at its place");
        }
    }
    Ok(())
}

/// Dependencies of our crates on each other.
fn crates() -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut met = BTreeSet::new();
    for (name, allowed) in floors::CRATES {
        met.insert((*name).to_owned());
        let path = root().join("crates").join(name).join("Cargo.toml");
        let manifest: toml::Value =
            toml::from_str(&fs::read_to_string(&path)?).with_context(|| path.display().to_string())?;
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        for dependency in dependencies.into_iter().flat_map(toml::Table::keys) {
            let Some(used) = dependency.strip_prefix("dealwright-") else { continue };
            if !allowed.contains(&used) {
                faults.push(Fault::one("crate", format!("crates/{name}"), used));
            }
        }
    }
    for entry in fs::read_dir(root().join("crates"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !met.contains(&name) {
            bail!("the crate {name} stands on no floor: say in xtask/src/arrows/floors.rs what it may use");
        }
    }
    Ok(faults)
}

/// What the folders of the engine name.
fn folders() -> Result<Vec<Fault>> {
    let source = root().join("crates/engine/src");
    let floor = |folder: &str| floors::ENGINE.iter().position(|floor| floor.contains(&folder));
    let library = fs::read_to_string(source.join("lib.rs"))?;
    let shown_at_the_top = names::shown_again(&library)?;
    let standard_modules = standard_modules()?;
    let mut faults = Vec::new();
    for path in rust_files(&source)? {
        let below = path.strip_prefix(&source)?;
        let mut parts: Vec<String> =
            below.iter().map(|part| part.to_string_lossy().trim_end_matches(".rs").to_owned()).collect();
        if parts.last().is_some_and(|last| last == "mod") {
            parts.pop();
        }
        if parts == ["lib"] || parts.last().is_some_and(|last| last == "tests") {
            continue;
        }
        let Some(own) = floor(&parts[0]) else {
            bail!("{} of the engine stands on no floor: give it one in xtask/src/arrows/floors.rs", parts[0]);
        };
        let text = fs::read_to_string(&path)?;
        let names =
            Names::of(&text, &parts, &shown_at_the_top).with_context(|| path.display().to_string())?;
        let place = shown(&path)?;
        let mut named: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (name, line) in &names.top {
            if *name != parts[0] && floor(name).is_some_and(|other| other >= own) {
                named.entry(name).or_default().push(*line);
            }
        }
        faults.extend(named.into_iter().map(|(what, lines)| Fault {
            rule: "floor",
            place: place.clone(),
            what: what.to_owned(),
            count: 1,
            lines,
        }));
        let is_below = own < floors::above_records();
        let modules: Vec<usize> = names
            .texts
            .iter()
            .filter(|(text, _)| is_below && standard_modules.contains(text))
            .map(|(_, line)| *line)
            .collect();
        faults.extend(Fault::counted("module", &place, modules));
        faults.extend(Fault::counted("type", &place, names.types));
    }
    Ok(faults)
}

/// Files that are too long, folders that are too full.
fn sizes() -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    let mut folders: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for path in rust_files(root())? {
        let lines = fs::read_to_string(&path)?.lines().count();
        if lines > LONG_FILE {
            faults.push(Fault { count: lines, ..Fault::one("long", shown(&path)?, "-") });
        }
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        *folders.entry(folder).or_default() += 1;
    }
    for (folder, files) in folders {
        let has_table_of_contents =
            ["mod.rs", "lib.rs", "main.rs"].iter().any(|name| folder.join(name).is_file());
        if files > FULL_FOLDER && !has_table_of_contents {
            faults.push(Fault { count: files, ..Fault::one("folder", shown(&folder)?, "-") });
        }
    }
    Ok(faults)
}

impl Fault {
    fn one(rule: &'static str, place: String, what: &str) -> Self {
        Self { rule, place, what: what.to_owned(), count: 1, lines: Vec::new() }
    }

    fn counted(rule: &'static str, place: &str, lines: Vec<usize>) -> Option<Self> {
        let count = lines.len();
        (count > 0).then(|| Self { rule, place: place.to_owned(), what: "-".to_owned(), count, lines })
    }
}

/// The names of the modules that every org has: each is described in a file of its own.
fn standard_modules() -> Result<BTreeSet<String>> {
    let folder = root().join(floors::STANDARD_MODULES);
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        names.extend(name.strip_suffix(".json").map(str::to_owned));
    }
    Ok(names)
}

/// The Rust files below a folder, without what was built.
fn rust_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && !name.starts_with('.') && name != "target" && name != "node_modules" {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn shown(path: &Path) -> Result<String> {
    Ok(path.strip_prefix(root())?.to_string_lossy().into_owned())
}

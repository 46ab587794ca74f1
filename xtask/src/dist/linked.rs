//! Which crates are in the binary: what cargo knows of the server's normal dependencies for one target.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use serde::Deserialize;

use crate::cargo::{cargo, output_of, root};

/// The package that the binary is made of.
const SERVER: &str = "dealwright";

/// The crates of one binary, and which of them uses which.
pub(crate) struct Linked {
    /// By id, the server's own among them.
    packages: BTreeMap<String, Package>,
    uses: BTreeMap<String, BTreeSet<String>>,
    server: String,
    /// SHA-256 of the published crates, by name and version.
    checksums: BTreeMap<(String, String), String>,
}

/// A crate, as `cargo metadata` describes it.
#[derive(Deserialize)]
pub(crate) struct Package {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) version: String,
    /// An SPDX expression; old crates write a slash for `OR`.
    license: Option<String>,
    /// A licence that has no expression.
    pub(crate) license_file: Option<PathBuf>,
    pub(crate) description: Option<String>,
    pub(crate) repository: Option<String>,
    #[serde(default)]
    pub(crate) authors: Vec<String>,
    pub(crate) manifest_path: PathBuf,
    /// Where it was published; `None` for crates of this workspace.
    pub(crate) source: Option<String>,
    targets: Vec<Target>,
}

#[derive(Deserialize)]
struct Target {
    kind: Vec<String>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<Kind>,
}

#[derive(Deserialize)]
struct Kind {
    /// `dev` or `build`; nothing for what is linked.
    kind: Option<String>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<LockedPackage>,
}

#[derive(Deserialize)]
struct LockedPackage {
    name: String,
    version: String,
    checksum: Option<String>,
}

impl Package {
    /// The licence as an SPDX expression, where the crate names one.
    pub(crate) fn expression(&self) -> Option<String> {
        self.license.as_ref().map(|license| license.replace('/', " OR ").replace("  ", " "))
    }

    /// Whether the compiler runs it, and the binary holds only what it wrote.
    pub(crate) fn is_macro(&self) -> bool {
        self.targets.iter().any(|target| target.kind.iter().any(|kind| kind == "proc-macro"))
    }
}

impl Linked {
    /// Asks cargo, and the lock file for the checksums.
    pub(crate) fn read(triple: &str) -> Result<Self> {
        let metadata = output_of(&mut cargo(&[
            "metadata",
            "--locked",
            "--format-version=1",
            "--filter-platform",
            triple,
        ]))?;
        // `cargo metadata` switches on what any crate of the workspace asks for, the tests too; `cargo tree` only what
        // this build does.
        let tree = output_of(&mut cargo(&[
            "tree",
            "--locked",
            "--package",
            SERVER,
            "--edges=normal",
            "--target",
            triple,
            "--prefix=none",
            "--no-dedupe",
            "--format={p}",
        ]))?;
        let lock = std::fs::read_to_string(root().join("Cargo.lock")).context("reading Cargo.lock")?;
        Self::parse(&metadata, &tree, &lock)
    }

    pub(crate) fn parse(metadata: &str, tree: &str, lock: &str) -> Result<Self> {
        let metadata: Metadata =
            serde_json::from_str(metadata).context("understanding what cargo metadata says")?;
        let lock: Lock = toml::from_str(lock).context("understanding Cargo.lock")?;
        let built: BTreeSet<(&str, &str)> = tree.lines().filter_map(named).collect();

        let mut packages: BTreeMap<String, Package> = BTreeMap::new();
        for package in metadata.packages {
            if built.contains(&(package.name.as_str(), package.version.as_str())) {
                packages.insert(package.id.clone(), package);
            }
        }
        let server = packages.values().find(|package| package.name == SERVER && package.source.is_none());
        let server = server.with_context(|| format!("there is no package {SERVER}"))?.id.clone();
        ensure!(
            packages.len() == built.len(),
            "cargo tree names {} crates, cargo metadata knows {} of them",
            built.len(),
            packages.len()
        );

        let mut uses = BTreeMap::new();
        for node in metadata.resolve.nodes {
            if !packages.contains_key(&node.id) {
                continue;
            }
            let linked = node.deps.into_iter().filter(|dependency| {
                packages.contains_key(&dependency.pkg)
                    && dependency.dep_kinds.iter().any(|kind| kind.kind.is_none())
            });
            uses.insert(node.id, linked.map(|dependency| dependency.pkg).collect());
        }
        let checksums = lock.package.into_iter().filter_map(|package| {
            package.checksum.map(|checksum| ((package.name, package.version), checksum))
        });
        Ok(Self { packages, uses, server, checksums: checksums.collect() })
    }

    /// The package of the binary itself.
    pub(crate) fn server(&self) -> &Package {
        &self.packages[&self.server]
    }

    /// All others, by name and version.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &Package> {
        let mut crates: Vec<&Package> =
            self.packages.values().filter(|package| package.id != self.server).collect();
        crates.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        crates.into_iter()
    }

    /// What a package uses of these, by name and version.
    pub(crate) fn used_by(&self, package: &Package) -> Vec<&Package> {
        let ids = self.uses.get(&package.id).into_iter().flatten();
        let mut used: Vec<&Package> = ids.map(|id| &self.packages[id]).collect();
        used.sort_by(|a, b| (&a.name, &a.version).cmp(&(&b.name, &b.version)));
        used
    }

    /// SHA-256 of the published file; `None` for crates of this workspace.
    pub(crate) fn checksum(&self, package: &Package) -> Option<&str> {
        self.checksums.get(&(package.name.clone(), package.version.clone())).map(String::as_str)
    }
}

/// Name and version in a line of `cargo tree`: `serde v1.0.228 (proc-macro)`.
fn named(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?.strip_prefix('v')?))
}

#[cfg(test)]
mod tests {
    use super::super::sample::sample;

    #[test]
    fn only_what_the_build_links_is_there() {
        let sample = sample();
        let names: Vec<&str> = sample.linked.crates().map(|package| package.name.as_str()).collect();
        // `tested` is for tests alone, `generator` for a build script, `unasked` behind a feature of another crate.
        assert_eq!(names, ["dealwright-wire", "derive", "left", "right"]);
        assert_eq!(sample.linked.server().name, "dealwright");
    }

    #[test]
    fn dependencies_are_those_that_are_linked() {
        let sample = sample();
        let used = |name: &str| -> Vec<String> {
            let all = sample.linked.crates().chain([sample.linked.server()]);
            let package = all.into_iter().find(|package| package.name == name).expect("in the sample");
            sample.linked.used_by(package).iter().map(|package| package.name.clone()).collect()
        };
        assert_eq!(used("dealwright"), ["dealwright-wire", "left"]);
        assert_eq!(used("left"), ["derive", "right"]);
        assert!(used("right").is_empty());
    }

    #[test]
    fn a_slash_of_old_crates_is_an_or() {
        let sample = sample();
        let left = sample.linked.crates().find(|package| package.name == "left").expect("in the sample");
        assert_eq!(left.expression().as_deref(), Some("MIT OR Apache-2.0"));
    }

    #[test]
    fn a_crate_that_only_one_of_the_answers_knows_is_no_archive() {
        let sample = sample();
        let tree = format!("{}\nmissing v1.0.0\n", sample.tree);
        let result = super::Linked::parse(&sample.metadata, &tree, &sample.lock);
        assert!(result.is_err_and(|error| error.to_string().contains("6 crates")));
    }
}

//! `cargo xtask dist`: what people install, as one archive.
//!
//! - `linked`: which crates are in the binary
//! - `notices`: their licences with the texts
//! - `sbom`: the same for programs, as CycloneDX
//! - `remapped`: the release build, without paths of whoever builds
//! - `stamp`: the version, commit and time that everything here bears
//! - `archive`: files in an archive that comes out the same each time

mod archive;
mod linked;
mod notices;
mod remapped;
#[cfg(test)]
mod sample;
mod sbom;
mod stamp;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Parser;

use crate::cargo::{Profile, output, root, target};
use archive::Archive;
use linked::Linked;
use stamp::Stamp;

/// Make the archive that people install: `target/dist/dealwright-VERSION-TARGET.tar.gz`, with SHA256SUMS beside it.
#[derive(Parser)]
pub(crate) struct Dist {
    /// Pack a binary that is there already, to try the archive out. It may hold paths of this machine.
    #[arg(long)]
    without_build: bool,

    /// With --without-build: the binary, when it is not the one in target/shipped.
    #[arg(long, value_name = "FILE", requires = "without_build")]
    binary: Option<PathBuf>,

    /// Only write NOTICES, the licences of the crates in the binary.
    #[arg(long, conflicts_with = "without_build")]
    notices: bool,

    /// What to build for; this machine when not given.
    #[arg(long, value_name = "TRIPLE")]
    target: Option<String>,
}

/// What of the repository goes into the archive as it is, beside the binary and what is made here.
const PACKED: &[&str] =
    &["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "SECURITY.md", "contrib", "docs"];

impl Dist {
    pub(crate) fn run(self) -> Result<()> {
        let stamp = Stamp::read()?;
        let triple = match self.target {
            Some(triple) => triple,
            None => host()?,
        };
        let folder = target().join("dist");
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;

        println!("==> the crates in dealwright for {triple}");
        let linked = Linked::read(&triple)?;
        let notices = folder.join("NOTICES");
        write(&notices, &notices::text(&linked, &stamp, &triple)?)?;
        if self.notices {
            println!("    {}", notices.display());
            return Ok(());
        }
        println!("    {} crates", linked.crates().count());

        let binary = if self.without_build {
            self.binary.unwrap_or_else(|| Profile::Shipped.binary("dealwright"))
        } else {
            remapped::build(&triple, &stamp, &notices)?
        };
        let bytes = fs::read(&binary).with_context(|| format!("reading {}", binary.display()))?;
        let found = remapped::paths_in(&bytes);
        if self.without_build && !found.is_empty() {
            println!("    NOT FOR RELEASE: paths of this machine are in the binary: {}", found.join(", "));
        } else {
            ensure!(found.is_empty(), "paths of this machine are in the binary: {}", found.join(", "));
        }

        let sbom = sbom::document(&linked, &stamp)?;
        let name = format!("dealwright-{}-{triple}", stamp.version);
        let mut archive = Archive::new(&name, stamp.time);
        archive.add("dealwright", bytes, true);
        archive.add("NOTICES", fs::read(&notices)?, false);
        archive.add("dealwright.cdx.json", sbom.clone().into_bytes(), false);
        for file in tracked(PACKED)? {
            archive.add_file(root(), &file)?;
        }
        write(&folder.join(format!("{name}.cdx.json")), &sbom)?;
        let packed = format!("{name}.tar.gz");
        fs::write(folder.join(&packed), archive.pack()?).with_context(|| format!("writing {packed}"))?;

        let sums = archive::sums(&folder, &[packed.clone(), format!("{name}.cdx.json")])?;
        write(&folder.join("SHA256SUMS"), &sums)?;
        println!("==> {}\n{sums}", folder.join(packed).display());
        Ok(())
    }
}

/// What this machine is, as the compiler calls it.
fn host() -> Result<String> {
    let words = output("rustc", &["-vV"])?;
    let line = words.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.context("rustc -vV names no host")?.to_owned())
}

/// The files that git knows under these names, so that nothing that merely lies around is published.
fn tracked(names: &[&str]) -> Result<Vec<String>> {
    let mut arguments = vec!["ls-files", "-z", "--"];
    arguments.extend(names);
    let listed = output("git", &arguments)?;
    let mut files: Vec<String> =
        listed.split('\0').filter(|file| !file.is_empty()).map(str::to_owned).collect();
    files.sort();
    for name in names {
        ensure!(
            files.iter().any(|file| Path::new(file).starts_with(name)),
            "{name} belongs into the archive, and git knows no such file"
        );
    }
    Ok(files)
}

fn write(file: &Path, text: &str) -> Result<()> {
    fs::write(file, text).with_context(|| format!("writing {}", file.display()))
}

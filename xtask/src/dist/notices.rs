//! NOTICES: every crate in the binary, its licence, and the texts that its authors ask to be passed on.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::linked::{Linked, Package};
use super::stamp::Stamp;
use crate::cargo::output;

/// What the names of files with licences begin with, in capitals.
const NAMES: &[&str] = &["LICENSE", "LICENCE", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"];

/// Sources that begin so and are code.
const CODE: &[&str] = &["rs", "c", "h", "py", "toml", "go"];

/// How deep below a crate's folder they are looked for: C libraries lie in folders of their own.
const DEPTH: usize = 3;

const LINE: &str = "--------------------------------------------------------------------------------";

/// The whole file. Equal texts stand once, with the crates they came with.
pub(crate) fn text(linked: &Linked, stamp: &Stamp, triple: &str) -> Result<String> {
    let mut crates = Vec::new();
    let mut texts: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut silent = Vec::new();
    for package in linked.crates() {
        let named = format!("{} {}", package.name, package.version);
        let from = package.repository.as_deref().unwrap_or("");
        crates.push((named.clone(), licence(package), from.to_owned()));
        if package.source.is_none() {
            continue; // ours; the archive has the texts beside this file
        }
        let found = texts_of(package)?;
        if found.is_empty() {
            silent.push(package);
        }
        for (file, text) in found {
            texts.entry(text).or_default().push(format!("{named} ({file})"));
        }
    }
    let library = standard_library()?;
    crates.push((library.name.clone(), library.licence.to_owned(), library.from.to_owned()));
    for (file, text) in library.texts {
        texts.entry(text).or_default().push(format!("{} ({file})", library.name));
    }

    let mut page = String::new();
    writeln!(page, "Dealwright {} ({}) for {triple}: notices", stamp.version, stamp.commit)?;
    writeln!(page, "\nDealwright is under the MIT licence or the Apache License 2.0, as you choose.")?;
    writeln!(page, "The binary also holds the work of others, under the licences below.\n\n{LINE}")?;
    for (name, licence, from) in &crates {
        writeln!(page, "{}", format!("{name:<40} {licence:<44} {from}").trim_end())?;
    }
    if !silent.is_empty() {
        writeln!(
            page,
            "{LINE}\nThese crates were published without the text of their licence. It is the text of"
        )?;
        writeln!(page, "that name at https://spdx.org/licenses/, with these authors:\n")?;
        for package in silent {
            let authors = match package.authors.join(", ") {
                nobody if nobody.is_empty() => format!("the {} contributors", package.name),
                authors => authors,
            };
            writeln!(page, "{} {}: {}; {authors}", package.name, package.version, licence(package))?;
        }
    }
    // In the order of the crates that come first with a text.
    let mut texts: Vec<(String, Vec<String>)> = texts.into_iter().collect();
    texts.sort_by(|a, b| a.1.cmp(&b.1));
    for (text, owners) in texts {
        writeln!(page, "{LINE}\n{}\n\n{text}", owners.join("\n"))?;
    }
    Ok(page)
}

fn licence(package: &Package) -> String {
    package.expression().unwrap_or_else(|| "its own, below".to_owned())
}

/// The texts in the sources of a crate, by their path there.
fn texts_of(package: &Package) -> Result<BTreeMap<String, String>> {
    let folder = package.manifest_path.parent().context("a manifest lies in a folder")?;
    let mut files = Vec::new();
    collect(folder, DEPTH, &mut files)
        .with_context(|| format!("looking for licences in {}", folder.display()))?;
    // May have any name.
    files.extend(package.license_file.as_ref().map(|file| folder.join(file)));
    read(folder, files)
}

fn read(folder: &Path, files: Vec<PathBuf>) -> Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for file in files {
        let bytes = fs::read(&file).with_context(|| format!("reading {}", file.display()))?;
        let text = tidied(&String::from_utf8_lossy(&bytes));
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().into_owned();
        if !text.is_empty() {
            texts.insert(name, text);
        }
    }
    Ok(texts)
}

fn collect(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() && depth > 0 {
            collect(&path, depth - 1, files)?;
        } else if kind.is_file() && is_licence(&path) {
            files.push(path);
        }
    }
    Ok(())
}

fn is_licence(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
    let code = file.extension().is_some_and(|extension| CODE.iter().any(|code| extension == *code));
    NAMES.iter().any(|begin| name.starts_with(begin)) && !code
}

/// Without what differs between two copies of one text.
fn tidied(text: &str) -> String {
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().map(str::trim_end).collect();
    lines.join("\n").trim_matches('\n').to_owned()
}

struct Library {
    name: String,
    licence: &'static str,
    from: &'static str,
    texts: BTreeMap<String, String>,
}

/// What every Rust program has in it, and cargo does not count.
fn standard_library() -> Result<Library> {
    let root = PathBuf::from(output("rustc", &["--print=sysroot"])?.trim());
    let version = output("rustc", &["--version"])?;
    let version = version.split_whitespace().nth(1).context("rustc has no version")?;
    // rustup lays them here, distributions elsewhere or nowhere.
    let folder = root.join("share/doc/rust");
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(&folder, 0, &mut files)?;
        // That of the whole toolchain, compiler and documentation: none of it is in the binary.
        files.retain(|file| !file.ends_with("COPYRIGHT.html"));
    }
    Ok(Library {
        name: format!("Rust standard library {version}"),
        licence: "MIT OR Apache-2.0",
        from: "https://github.com/rust-lang/rust",
        texts: read(&folder, files)?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::sample::sample;
    use super::*;

    #[test]
    fn every_crate_stands_with_its_licence_and_its_text_or_its_authors() {
        let sample = sample();
        let page = text(&sample.linked, &sample.stamp, "some-target").expect("a page");
        for (name, licence) in [("left", "MIT OR Apache-2.0"), ("right", "ISC"), ("derive", "MIT")] {
            let line = page.lines().find(|line| line.starts_with(&format!("{name} 1.2.0+a.b")));
            assert!(line.is_some_and(|line| line.contains(licence)), "{name} in {page}");
        }
        assert!(page.contains("derive 1.2.0+a.b: MIT; Ann <ann@example.com>"), "{page}");
        assert!(page.contains("Vendored words."), "a text below the crate's folder: {page}");
        assert!(page.contains("Rust standard library"), "{page}");
        assert!(!page.contains("tested") && !page.contains("no_licence"), "{page}");
    }

    #[test]
    fn equal_texts_stand_once() {
        let sample = sample();
        let page = text(&sample.linked, &sample.stamp, "some-target").expect("a page");
        assert_eq!(page.matches("Permission is granted.\nAs is.").count(), 1, "{page}");
        assert!(page.contains("left 1.2.0+a.b (LICENSE-MIT)\nright 1.2.0+a.b (LICENCE)"), "{page}");
    }

    #[test]
    fn code_that_is_called_so_is_no_licence() {
        for name in ["LICENSE", "license-mit", "Copying.txt", "UNLICENSE", "NOTICE.md", "LICENSE.Apache-2.0"]
        {
            assert!(is_licence(Path::new(name)), "{name}");
        }
        for name in ["license.rs", "notice.h", "README.md", "src"] {
            assert!(!is_licence(Path::new(name)), "{name}");
        }
    }
}

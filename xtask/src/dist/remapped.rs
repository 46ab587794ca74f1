//! The release build without paths of whoever builds: panics and assertions name the files they stand in, and would tell
//! everybody the builder's home.

use std::path::{Path, PathBuf};

use anyhow::Result;

use super::stamp::Stamp;
use crate::cargo::{Profile, cargo, output, root, run, target};

/// Builds the server for `triple` into a folder of its own, because other flags would build everything else anew.
pub(crate) fn build(triple: &str, stamp: &Stamp, notices: &Path) -> Result<PathBuf> {
    println!("==> building dealwright for {triple}; the first time takes about fifteen minutes on two cores");
    let folder = target().join("dist").join("build");
    let places = places(&folder)?;
    let mut flags: Vec<String> =
        places.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect();
    // The linker of the system: which one it is should not matter to what comes out, and this one is always there.
    flags.push("-Cdebuginfo=0".to_owned());
    // The C libraries in it assert as well.
    let c_flags: Vec<String> =
        places.iter().map(|(from, to)| format!("-ffile-prefix-map={}={to}", from.display())).collect();

    let mut command = cargo(&[
        "build",
        "--profile",
        Profile::Shipped.name(),
        "--locked",
        "--package",
        "dealwright",
        "--target",
        triple,
    ]);
    command
        .arg("--target-dir")
        .arg(&folder)
        // Flags apart by this character, so that a path may have spaces.
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        .env("CFLAGS", format!("{} {}", std::env::var("CFLAGS").unwrap_or_default(), c_flags.join(" ")))
        .env("DEALWRIGHT_COMMIT", &stamp.commit)
        .env("DEALWRIGHT_NOTICES", notices)
        .env("SOURCE_DATE_EPOCH", stamp.time.to_string());
    run(&mut command)?;
    Ok(folder.join(triple).join(Profile::Shipped.name()).join("dealwright"))
}

/// The folders of this machine that a compiler may write down, and what it shall write instead. Where several fit, the
/// last counts: the wide ones come first.
fn places(folder: &Path) -> Result<Vec<(PathBuf, &'static str)>> {
    let library = PathBuf::from(output("rustc", &["--print=sysroot"])?.trim());
    let mut places = Vec::new();
    places.extend(home().map(|home| (home, "home")));
    places.extend([
        (cargo_home(), "cargo"),
        (library.join("lib/rustlib/src/rust"), "rust"),
        (root().to_owned(), "dealwright"),
        (folder.to_owned(), "build"),
    ]);
    let registry = cargo_home().join("registry/src");
    if let Ok(entries) = std::fs::read_dir(registry) {
        let mut sources: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        sources.sort();
        places.extend(sources.into_iter().map(|source| (source, "crates")));
    }
    Ok(places)
}

/// Which folders of whoever builds are named in a binary.
pub(crate) fn paths_in(binary: &[u8]) -> Vec<String> {
    let mut private = vec![root().to_owned(), target(), cargo_home()];
    private.extend(home());
    private.extend(output("rustc", &["--print=sysroot"]).map(|path| PathBuf::from(path.trim())));
    named(binary, private)
}

fn named(binary: &[u8], private: Vec<PathBuf>) -> Vec<String> {
    let mut found: Vec<String> = private
        .into_iter()
        .map(|path| format!("{}/", path.display()))
        // Whoever has no home has `/`.
        .filter(|path| path.len() > 1 && path != "//")
        .filter(|path| binary.windows(path.len()).any(|window| window == path.as_bytes()))
        .collect();
    found.sort();
    found.dedup();
    found
}

fn home() -> Option<PathBuf> {
    std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.components().count() > 1)
}

fn cargo_home() -> PathBuf {
    let given = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    given.or_else(|| home().map(|home| home.join(".cargo"))).unwrap_or_else(|| PathBuf::from("/.cargo"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_builder_is_found_wherever_it_stands() {
        let private = || vec![PathBuf::from("/home/ann"), PathBuf::from("/build")];
        assert_eq!(named(b"\0\x01/home/ann/src/main.rs\0", private()), ["/home/ann/"]);
        assert_eq!(named(b"panicked at /home/ann/x and /build/y", private()), ["/build/", "/home/ann/"]);
        assert!(named(b"/home/anna/x crates/serde/src/lib.rs", private()).is_empty());
        assert!(named(b"a/b", vec![PathBuf::from("/")]).is_empty());
    }

    #[test]
    fn what_this_program_was_built_from_is_found_in_it() {
        // Built without remapping, so its own assertions name the folder.
        let own = std::fs::read(std::env::current_exe().expect("a path")).expect("a program");
        let root = format!("{}/", root().display());
        assert!(paths_in(&own).contains(&root), "{root}");
    }
}

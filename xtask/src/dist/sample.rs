//! A small workspace for the tests: what cargo would say of it, and the sources of its crates.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::linked::Linked;
use super::stamp::Stamp;

pub(super) struct Sample {
    pub(super) linked: Linked,
    pub(super) stamp: Stamp,
    pub(super) metadata: String,
    pub(super) tree: String,
    pub(super) lock: String,
    _folder: TempDir,
}

pub(super) fn sample() -> Sample {
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    };
    file("left/LICENSE-MIT", "Permission is granted.  \r\nAs is.\r\n");
    file("right/LICENCE", "Permission is granted.\nAs is.");
    file("right/vendored/COPYING", "Vendored words.\n");
    file("right/src/license.rs", "fn no_licence() {}\n");
    file("derive/src/lib.rs", "");

    let published = "registry+https://index.example";
    let package = |name: &str, license: Value, source: Value, kind: &str| {
        json!({
            "id": format!("id-of-{name}"), "name": name, "version": "1.2.0+a.b", "license": license,
            "license_file": null, "description": format!("What {name} does"), "repository": null,
            "authors": ["Ann <ann@example.com>"], "source": source, "targets": [{"kind": [kind]}],
            "manifest_path": folder.path().join(name).join("Cargo.toml"),
        })
    };
    let node = |name: &str, uses: &[(&str, Value)]| {
        let deps: Vec<Value> = uses
            .iter()
            .map(|(used, kind)| json!({"pkg": format!("id-of-{used}"), "dep_kinds": [{"kind": kind}]}))
            .collect();
        json!({"id": format!("id-of-{name}"), "deps": deps})
    };
    let metadata = json!({
        "packages": [
            package("dealwright", json!("MIT OR Apache-2.0"), Value::Null, "bin"),
            package("dealwright-wire", json!("MIT OR Apache-2.0"), Value::Null, "lib"),
            package("left", json!("MIT/Apache-2.0"), json!(published), "lib"),
            package("right", json!("ISC"), json!(published), "lib"),
            package("derive", json!("MIT"), json!(published), "proc-macro"),
            package("tested", json!("MIT"), json!(published), "lib"),
            package("generator", json!("MIT"), json!(published), "lib"),
            package("unasked", json!("MIT"), json!(published), "lib"),
        ],
        "resolve": {"nodes": [
            node("dealwright", &[("left", Value::Null), ("dealwright-wire", Value::Null), ("tested", json!("dev"))]),
            node("dealwright-wire", &[]),
            node("left", &[("right", Value::Null), ("derive", Value::Null), ("generator", json!("build")), ("unasked", Value::Null)]),
            node("right", &[("derive", json!("build"))]),
            node("derive", &[]), node("tested", &[]), node("generator", &[]), node("unasked", &[]),
        ]},
    })
    .to_string();
    let tree =
        "dealwright v1.2.0+a.b (/a/folder)\ndealwright-wire v1.2.0+a.b (/a/folder/wire)\nleft v1.2.0+a.b\n\
                right v1.2.0+a.b\nderive v1.2.0+a.b (proc-macro)\nright v1.2.0+a.b"
            .to_owned();
    let lock = "version = 4\n[[package]]\nname = \"left\"\nversion = \"1.2.0+a.b\"\nchecksum = \"00ff\"\n\
                [[package]]\nname = \"dealwright\"\nversion = \"1.2.0+a.b\"\n"
        .to_owned();
    let linked = Linked::parse(&metadata, &tree, &lock).expect("a sample that can be read");
    let stamp = Stamp { version: "1.2.0", commit: "0123456789ab".to_owned(), time: 1_800_000_000 };
    Sample { linked, stamp, metadata, tree, lock, _folder: folder }
}

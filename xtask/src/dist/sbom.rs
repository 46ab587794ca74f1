//! The bill of materials, as CycloneDX 1.5: what scanners read to know which crates are in the binary.

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};

use super::linked::{Linked, Package};
use super::stamp::Stamp;
use crate::cargo::output;

/// The document. The same for the same commit: no serial number, and the time of the stamp.
pub(crate) fn document(linked: &Linked, stamp: &Stamp) -> Result<String> {
    let time = i64::try_from(stamp.time).ok().and_then(|time| jiff::Timestamp::from_second(time).ok());
    let time = time.context("a time that no calendar has")?;
    let mut server = component(linked, linked.server(), stamp);
    server.insert("type".to_owned(), json!("application"));

    let mut components: Vec<Value> =
        linked.crates().map(|package| Value::Object(component(linked, package, stamp))).collect();
    let compiler = output("rustc", &["--version"])?;
    let library = compiler.split_whitespace().nth(1).context("rustc has no version")?;
    let library_reference = format!("rust-std@{library}");
    components.push(json!({
        "type": "library",
        "bom-ref": library_reference,
        "name": "rust-std",
        "version": library,
        "licenses": [{"expression": "MIT OR Apache-2.0"}],
        "purl": format!("pkg:generic/rust-std@{library}"),
    }));

    let mut dependencies: Vec<Value> = Vec::new();
    for package in std::iter::once(linked.server()).chain(linked.crates()) {
        let mut used: Vec<String> = linked.used_by(package).into_iter().map(reference).collect();
        if package.id == linked.server().id {
            used.push(library_reference.clone());
        }
        dependencies.push(json!({"ref": reference(package), "dependsOn": used}));
    }
    dependencies.push(json!({"ref": library_reference, "dependsOn": []}));

    let document = json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {
            "timestamp": time.to_string(),
            "tools": {"components": [{"type": "application", "name": "xtask", "version": stamp.version}]},
            "component": server,
        },
        "components": components,
        "dependencies": dependencies,
    });
    Ok(format!("{document:#}\n"))
}

fn component(linked: &Linked, package: &Package, stamp: &Stamp) -> Map<String, Value> {
    let mut component = Map::new();
    let mut set = |name: &str, value: Value| component.insert(name.to_owned(), value);
    set("type", json!("library"));
    set("bom-ref", json!(reference(package)));
    set("name", json!(package.name));
    set("version", json!(package.version));
    if let Some(description) = &package.description {
        set("description", json!(description.split_whitespace().collect::<Vec<_>>().join(" ")));
    }
    // What the compiler runs is not in the binary, only what it wrote is.
    set("scope", json!(if package.is_macro() { "excluded" } else { "required" }));
    if let Some(checksum) = linked.checksum(package) {
        set("hashes", json!([{"alg": "SHA-256", "content": checksum}]));
    }
    set(
        "licenses",
        match package.expression() {
            Some(expression) => json!([{"expression": expression}]),
            None => json!([{"license": {"name": "see NOTICES"}}]),
        },
    );
    set("purl", json!(purl(package, stamp)));
    if let Some(repository) = &package.repository {
        set("externalReferences", json!([{"type": "vcs", "url": repository}]));
    }
    component
}

/// How the document names a crate within itself.
fn reference(package: &Package) -> String {
    format!("{}@{}", package.name, package.version)
}

/// Where a crate comes from. Ours are in no registry, where others may have the same name.
fn purl(package: &Package, stamp: &Stamp) -> String {
    if package.source.is_none() {
        return format!("pkg:github/dealwright/dealwright@{}#{}", stamp.commit, package.name);
    }
    format!("pkg:cargo/{}@{}", package.name, package.version.replace('+', "%2B"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::sample::sample;
    use super::*;

    fn parsed() -> Value {
        let sample = sample();
        let text = document(&sample.linked, &sample.stamp).expect("a document");
        assert_eq!(text, document(&sample.linked, &sample.stamp).expect("a document"), "the same each time");
        serde_json::from_str(&text).expect("JSON")
    }

    fn find<'a>(document: &'a Value, name: &str) -> &'a Value {
        let all = document["components"].as_array().expect("components");
        all.iter().find(|component| component["name"] == name).expect("in the sample")
    }

    #[test]
    fn it_is_cyclonedx_of_the_server() {
        let document = parsed();
        assert_eq!(document["bomFormat"], "CycloneDX");
        assert_eq!(document["specVersion"], "1.5");
        assert_eq!(document["metadata"]["timestamp"], "2027-01-15T08:00:00Z");
        assert_eq!(document["metadata"]["component"]["type"], "application");
        assert_eq!(document["metadata"]["component"]["name"], "dealwright");
    }

    #[test]
    fn a_component_says_where_it_is_from_and_under_which_licence() {
        let document = parsed();
        let left = find(&document, "left");
        assert_eq!(left["purl"], "pkg:cargo/left@1.2.0%2Ba.b");
        assert_eq!(left["licenses"], json!([{"expression": "MIT OR Apache-2.0"}]));
        assert_eq!(left["hashes"], json!([{"alg": "SHA-256", "content": "00ff"}]));
        assert_eq!(left["scope"], "required");
        assert_eq!(find(&document, "derive")["scope"], "excluded");
        let own = find(&document, "dealwright-wire");
        assert_eq!(own["purl"], "pkg:github/dealwright/dealwright@0123456789ab#dealwright-wire");
        assert_eq!(own["hashes"], Value::Null);
    }

    #[test]
    fn every_reference_leads_to_a_component_and_every_component_has_its_row() {
        let document = parsed();
        let text = |value: &Value| value.as_str().expect("a text").to_owned();
        let mut known: BTreeSet<String> = document["components"]
            .as_array()
            .expect("components")
            .iter()
            .map(|component| text(&component["bom-ref"]))
            .collect();
        known.insert(text(&document["metadata"]["component"]["bom-ref"]));
        let rows = document["dependencies"].as_array().expect("dependencies");
        let listed: BTreeSet<String> = rows.iter().map(|row| text(&row["ref"])).collect();
        assert_eq!(listed, known);
        for row in rows {
            for used in row["dependsOn"].as_array().expect("a list") {
                assert!(known.contains(used.as_str().expect("a text")), "{used}");
            }
        }
    }
}

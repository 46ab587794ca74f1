//! Every place of every operation where an id, an external id or a name may stand.
//!
//! Paths come from the registry, the fields of records from the metadata, other bodies and queries from [`super::bodies`].
//! A request is text with marks (`<record>`, `<note>`, …) until ids are put in.

use reqwest::Method;

use super::bodies::{ALWAYS, Body, Entry, QUERIES};
use super::modules::{Module, Reference};
use super::operations::Listed;
use super::world::World;

/// What a request carries beside its path.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Nothing,
    Json(String),
    /// A file of that name.
    File(String),
}

/// A request with marks in it, and the one of them that is tried.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) operation: String,
    /// The module of the path, or the one that a body is about.
    pub(super) module: String,
    pub(super) method: Method,
    /// Below the version, with the query.
    pub(super) path: String,
    /// `X-EXTERNAL`
    pub(super) external: Option<String>,
    pub(super) content: Content,
    /// Which of [`Case::marks`] is tried.
    pub(super) place: usize,
}

/// A mark of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mark {
    /// `record`, `Deals`, `note`, …
    pub(super) kind: String,
    /// What of it is wanted in place of the id.
    pub(super) detail: String,
    /// It alone is tried.
    pub(super) is_alone: bool,
}

/// What hangs on a record, or belongs to its owner.
const THINGS: [&str; 10] =
    ["note", "attachment", "mail", "draft_mail", "lock", "history", "deleted", "view", "job", "file"];

impl Mark {
    fn read(text: &str) -> Self {
        let is_alone = text.starts_with('!');
        let (kind, detail) =
            text.trim_start_matches('!').split_once('.').unwrap_or((text.trim_start_matches('!'), ""));
        Self { kind: kind.to_owned(), detail: detail.to_owned(), is_alone }
    }

    /// It stands for something that not everybody may reach.
    pub(super) fn is_place(&self, world: &World) -> bool {
        self.is_record(world) || self.is_thing()
    }

    /// It stands for a record.
    pub(super) fn is_record(&self, world: &World) -> bool {
        self.kind == "record" || world.creatable().any(|module| module.name == self.kind)
    }

    /// It stands for something that hangs on a record.
    pub(super) fn is_thing(&self) -> bool {
        THINGS.contains(&self.kind.as_str()) || self.kind == "row" || self.kind == "field_file"
    }

    /// The value is one that no two records may have.
    pub(super) fn is_value(&self) -> bool {
        !self.detail.is_empty() && self.kind != "row"
    }
}

/// Splits a text into what stands between marks, and the marks.
pub(super) fn split(text: &str) -> (Vec<String>, Vec<Mark>) {
    let (mut between, mut marks) = (vec![String::new()], Vec::new());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let end = rest[at + 1..].find(|c: char| !(c.is_ascii_alphanumeric() || "!._:".contains(c)));
        let last = between.last_mut().expect("there is one");
        match end {
            Some(end) if end > 0 && rest[at + 1 + end..].starts_with('>') => {
                last.push_str(&rest[..at]);
                marks.push(Mark::read(&rest[at + 1..at + 1 + end]));
                between.push(String::new());
                rest = &rest[at + end + 2..];
            }
            _ => {
                last.push_str(&rest[..=at]);
                rest = &rest[at + 1..];
            }
        }
    }
    between.last_mut().expect("there is one").push_str(rest);
    (between, marks)
}

impl Case {
    /// The marks of the request: of its path, then of its body.
    pub(super) fn marks(&self) -> Vec<Mark> {
        let mut marks = split(&self.path).1;
        if let Content::Json(text) = &self.content {
            marks.extend(split(text).1);
        }
        marks
    }

    /// It asks and changes nothing.
    pub(super) fn is_read(&self) -> bool {
        const READING: [&str; 4] =
            ["coql.run", "count_by_body.run", "related_records_count.run", "download_mail_merge.run"];
        self.method == Method::GET || READING.contains(&self.operation.as_str())
    }

    pub(super) fn shown(&self) -> String {
        let mark = &self.marks()[self.place];
        let body = match &self.content {
            Content::Nothing => String::new(),
            Content::Json(text) => format!(" {text}"),
            Content::File(name) => format!(" (file {name})"),
        };
        let external =
            self.external.as_deref().map(|header| format!(" X-EXTERNAL: {header}")).unwrap_or_default();
        let Mark { kind, detail, .. } = mark;
        let dot = if detail.is_empty() { "" } else { "." };
        format!("{} <{kind}{dot}{detail}> of {} {}{external}{body}", self.operation, self.method, self.path)
    }
}

/// All cases of these operations, or what stands in the way of listing them: what the next developer has to write.
pub(super) fn cases(world: &World, operations: &[Listed], bodies: &[&Entry]) -> (Vec<Case>, Vec<String>) {
    let (mut cases, mut missing) = (Vec::new(), Vec::new());
    for operation in operations {
        let entries: Vec<&Entry> = bodies.iter().copied().filter(|entry| entry.0 == operation.id).collect();
        let paths = match paths(world, operation, &entries) {
            Ok(paths) => paths,
            Err(message) => {
                missing.push(message);
                continue;
            }
        };
        let takes_body = matches!(operation.method, Method::POST | Method::PUT | Method::PATCH);
        if takes_body && entries.is_empty() {
            missing.push(format!(
                "{} ({} {}) is served and takes a body, but tests/access/bodies.rs has no entry for it: write there what it is \
                 sent, with a mark such as <record>, <Deals> or <note> wherever an id may stand (or `Nothing`)",
                operation.id, operation.method, operation.path,
            ));
            continue;
        }
        for (module, path, related) in paths {
            let fits = |only: &str| only.is_empty() || only == module;
            let mut contents = Vec::new();
            for (_, only, body) in &entries {
                if !fits(only) {
                    continue;
                }
                match body {
                    Body::Nothing => contents.push(Content::Nothing),
                    Body::File(name) => contents.push(Content::File((*name).to_owned())),
                    Body::Json(text) => {
                        let text = text.replace("<related>", &format!("<{related}>"));
                        contents.extend(expand(world, &module, &text).into_iter().map(Content::Json));
                    }
                }
            }
            if !takes_body {
                contents.push(Content::Nothing);
            }
            let always =
                ALWAYS.iter().find(|(start, _)| path.starts_with(start)).map_or("", |(_, query)| *query);
            let queries = QUERIES.iter().filter(|query| query.0 == operation.id && fits(query.1));
            let queries = queries.map(|query| query.2.replace("<related>", &format!("<{related}>")));
            for query in std::iter::once(String::new()).chain(queries) {
                let query = [always.to_owned(), query]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join("&");
                let path = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
                let path = path.replace("<module>", &module);
                for content in &contents {
                    let content = match content {
                        Content::Json(text) => Content::Json(text.replace("<module>", &module)),
                        other => other.clone(),
                    };
                    let case = Case {
                        operation: operation.id.clone(),
                        module: module.clone(),
                        method: operation.method.clone(),
                        path: path.clone(),
                        external: None,
                        content,
                        place: 0,
                    };
                    cases.extend(tried(world, &case));
                }
            }
        }
    }
    (cases, missing)
}

/// The case once for each of its places, and once more for a record that is named by a field of its own.
fn tried(world: &World, case: &Case) -> Vec<Case> {
    let marks = case.marks();
    let one_alone = marks.iter().any(|mark| mark.is_alone);
    let mut cases = Vec::new();
    for (place, mark) in marks.iter().enumerate() {
        if !mark.is_place(world) || (one_alone && !mark.is_alone) {
            continue;
        }
        cases.push(Case { place, ..case.clone() });
        let has_key = world.module(&case.module).fields.iter().any(|field| field["api_name"] == "Key");
        if place == 0 && has_key && !one_alone && case.path.starts_with(&format!("{}/<record>", case.module))
        {
            cases.push(Case {
                path: case.path.replacen("<record>", "<record.Key>", 1),
                external: Some(format!("{}.Key", case.module)),
                place,
                ..case.clone()
            });
        }
    }
    cases
}

/// The paths of an operation: module, path with marks, and the module whose records its related list shows.
fn paths(
    world: &World,
    operation: &Listed,
    entries: &[&Entry],
) -> Result<Vec<(String, String, String)>, String> {
    let path = marked(operation)?;
    let texts =
        entries.iter().filter_map(|entry| if let Body::Json(text) = &entry.2 { Some(*text) } else { None });
    let queries = QUERIES.iter().filter(|query| query.0 == operation.id).map(|query| query.2);
    let always = ALWAYS.iter().filter(|(start, _)| path.starts_with(start)).map(|(_, query)| *query);
    let about = |text: &str| {
        ["<module>", "<record", "<note>", "<deleted>", "<view>"].iter().any(|mark| text.contains(mark))
    };
    let is_about_modules = about(&path) || texts.chain(queries).chain(always).any(about);
    let modules: Vec<&Module> = if path.contains("<module>") || is_about_modules {
        world.creatable().collect()
    } else {
        vec![world.module("Deals")]
    };
    let mut paths = Vec::new();
    for module in modules {
        let path = if path.starts_with("<module>") {
            path.replacen("<module>", &module.name, 1)
        } else {
            path.clone()
        };
        if path.contains("{related_list}") {
            for (list, target) in &module.related {
                // What is no module with records has no ids to try.
                let target =
                    if world.creatable().any(|module| module.name == *target) { target } else { "absent" };
                let path = path.replace("{related_list}", list).replace("<related>", &format!("<{target}>"));
                paths.push((module.name.clone(), path, target.to_owned()));
            }
        } else {
            paths.push((module.name.clone(), path, String::new()));
        }
    }
    Ok(paths)
}

/// The path with marks in place of its placeholders.
pub(super) fn marked(operation: &Listed) -> Result<String, String> {
    let segments: Vec<&str> = operation.path.split('/').collect();
    let mut marked = Vec::new();
    for (at, segment) in segments.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |before| segments[before]);
        let kind = match *segment {
            "{module}" => "<module>",
            "{related_list}" => "{related_list}",
            placeholder if placeholder.starts_with('{') => {
                let found = KINDS.iter().find(|(parent, name, _)| *parent == before && *name == placeholder);
                let found = found.map(|(_, _, kind)| *kind);
                let Some(kind) = found.or(operation.is_described.then_some("<absent>")) else {
                    return Err(format!(
                        "{} ({} {}): tests/access/places.rs does not know what {placeholder} after {before:?} stands for: write it \
                         into KINDS",
                        operation.id, operation.method, operation.path,
                    ));
                };
                kind
            }
            word => word,
        };
        marked.push(kind);
    }
    Ok(marked.join("/"))
}

/// What placeholders of paths stand for: the segment before, the placeholder, the mark.
const KINDS: &[(&str, &str, &str)] = &[
    ("{module}", "{id}", "<record>"),
    ("deleted", "{id}", "<deleted>"),
    ("{related_list}", "{related_id}", "<related>"),
    ("Notes", "{id}", "<note>"),
    ("Notes", "{related_id}", "<note>"),
    ("Attachments", "{related_id}", "<attachment>"),
    ("Emails", "{related_id}", "<mail>"),
    ("__email_drafts", "{related_id}", "<draft_mail>"),
    ("Locking_Information__s", "{related_id}", "<lock>"),
    ("__history", "{related_id}", "<history>"),
    ("custom_views", "{id}", "<view>"),
    ("recycle_bin", "{id}", "<deleted>"),
    ("Entity_Scores__s", "{id}", "<absent>"),
    ("tags", "{id}", "<tag>"),
    ("fields", "{id}", "<field>"),
    ("modules", "{id}", "<module>"),
    ("layouts", "{id}", "<absent>"),
    ("related_lists", "{id}", "<absent>"),
    ("blueprints", "{id}", "<absent>"),
    ("record_locking_configurations", "{id}", "<absent>"),
    ("rules", "{id}", "<absent>"),
    ("email_templates", "{id}", "<email_template>"),
    ("inventory_templates", "{id}", "<inventory_template>"),
    ("users", "{id}", "<user>"),
    ("users", "{user_id}", "<user>"),
    ("territories", "{id}", "<territory>"),
    ("territories", "{territory_id}", "<territory>"),
    ("roles", "{id}", "<role>"),
    ("profiles", "{id}", "<profile>"),
    ("user_groups", "{id}", "<group>"),
    ("users_unavailability", "{id}", "<absent>"),
    ("taxes", "{id}", "<absent>"),
];

/// A body once for each field of the module that may refer to another record, and once without any.
fn expand(world: &World, module: &str, text: &str) -> Vec<String> {
    let Some((hole, of, is_draft)) = hole(text, module) else { return vec![text.to_owned()] };
    let described = world.module(&of);
    let whole = |change: &str| {
        if is_draft { format!("<members>{change}") } else { change.to_owned() }
    };
    let mut texts = Vec::new();
    let plain = format!(r#""{}":"taken""#, described.name_field());
    texts.push(text.replace(&hole, &whole(if is_draft { "" } else { &plain })));
    for Reference { field, value, beside } in described.references(&world.modules) {
        let comma = if is_draft { "," } else { "" };
        texts.push(text.replace(&hole, &whole(&format!(r#"{comma}"{field}":{value}{beside}"#))));
    }
    for field in described.unique_fields() {
        let comma = if is_draft { "," } else { "" };
        texts.push(text.replace(&hole, &whole(&format!(r#"{comma}"{field}":"<!{of}.{field}>""#))));
    }
    texts.into_iter().map(|text| text.replace("<members>", &format!("<members:{of}>"))).collect()
}

/// The hole of a body, the module whose members fill it, and whether it is a whole record.
fn hole(text: &str, module: &str) -> Option<(String, String, bool)> {
    for (word, is_draft) in [("draft", true), ("change", false)] {
        let plain = format!("<{word}>");
        if text.contains(&plain) {
            return Some((plain, module.to_owned(), is_draft));
        }
        let start = format!("<{word}:");
        if let Some(at) = text.find(&start) {
            let end = at + text[at..].find('>').expect("a mark ends");
            return Some((text[at..=end].to_owned(), text[at + start.len()..end].to_owned(), is_draft));
        }
    }
    None
}

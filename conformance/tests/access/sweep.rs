//! A mark is planted in every text of every record and of what hangs on it; then a stranger, who owns nothing where every
//! module is private, asks for everything in every way. No answer holds the mark or an id of what is out of reach.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dealwright_testkit::api::with_params;
use dealwright_testkit::{Answer, Api, on_both};
use reqwest::Method;
use serde_json::{Value, json};

use super::matrix::send_all;
use super::operations::{self, Listed};
use super::places::{self, Content, split};
use super::things;
use super::trials::Call;
use super::world::{MARK, Side, Slot, World};

/// Ids and texts that the stranger must not be told, with what they are.
pub(super) struct Secrets {
    pub(super) ids: BTreeMap<String, String>,
    /// Records by their module, as far as ids may stand in paths.
    pub(super) slots: BTreeMap<String, Vec<Slot>>,
}

/// Fills every module with records, everything hung on them that can be.
pub(super) async fn plant(world: &Arc<World>) -> Secrets {
    let admin = &world.admin;
    let mut slots: BTreeMap<String, Vec<Slot>> = BTreeMap::new();
    for module in world.creatable() {
        slots.insert(module.name.clone(), world.make(&module.name, Side::Far, 2, true).await);
    }
    join(world, &slots).await;
    for (module, slots) in &mut slots {
        let mut deleted = world.make(module, Side::Far, 1, true).await.remove(0);
        for kind in ["note", "attachment"] {
            things::make(world, &deleted, kind, "").await;
        }
        if let Some(id) = things::make(world, &deleted, "deleted", "").await {
            deleted.things.insert("deleted.".to_owned(), id);
        }
        for (at, slot) in slots.iter_mut().enumerate() {
            for kind in ["note", "attachment", "mail", "draft_mail", "view", "file", "history", "job", "lock"]
            {
                // A record that is locked takes no more.
                if (kind == "lock" && at > 0) || (kind == "job" && module != "Deals") {
                    continue;
                }
                if let Some(id) = things::make(world, slot, kind, "").await {
                    slot.things.insert(format!("{kind}."), id);
                }
            }
        }
        slots.push(deleted);
    }
    let mut ids = BTreeMap::new();
    for slot in slots.values().flatten() {
        ids.insert(slot.id.clone(), format!("a record of {}", slot.module));
        for (kind, id) in &slot.things {
            // A job's id is handed out by the way, and says nothing.
            ids.entry(id.clone()).or_insert_with(|| format!("{kind} of {}", slot.module));
        }
    }
    // Whatever else came of it: rows of documents, stages, links.
    for module in &world.modules {
        let answer = admin.get(&format!("{}?fields=id&per_page=200", module.name)).await;
        if answer.status != 200 || module.name == "Users" {
            continue;
        }
        for row in answer.rows() {
            let id = row["id"].as_str().unwrap_or_default().to_owned();
            let known = ids.contains_key(&id);
            ids.insert(id.clone(), format!("a record of {}", module.name));
            let rest = slots.entry(module.name.clone()).or_default();
            if !known && rest.len() < 4 {
                let (module, serial) = (module.name.clone(), String::new());
                rest.push(Slot { module, side: Side::Far, id, serial, things: BTreeMap::new() });
            }
        }
    }
    Secrets { ids, slots }
}

/// Puts the records into each other's lookups and lists.
async fn join(world: &World, slots: &BTreeMap<String, Vec<Slot>>) {
    for module in world.creatable() {
        let slot = &slots[&module.name][0];
        for reference in module.references(&world.modules) {
            let (between, marks) = split(&reference.value);
            let Some(target) = slots.get(&marks[0].kind) else { continue };
            if marks.len() > 1 || marks[0].detail == "name" {
                continue;
            }
            let value = format!("{}{}{}", between[0], target[1].id, between[1]);
            let body = format!(r#"{{"data":[{{"{}":{value}{}}}]}}"#, reference.field, reference.beside);
            let path = format!("{}/{}", module.name, slot.id);
            let _some_are_refused = world.admin.send(Method::PUT, &path, body.into_bytes()).await;
        }
        for (list, target) in &module.related {
            let Some(target) = slots.get(target) else { continue };
            let path = format!("{}/{}/{list}/{}", module.name, slot.id, target[1].id);
            let _most_are_no_links = world.admin.put(&path, &json!({"data": [{"list_price": 1}]})).await;
        }
    }
}

/// Every GET of the registry for every module and record, and every other way to ask.
pub(super) fn questions(world: &World, secrets: &Secrets, listed: &[Listed]) -> Vec<Call> {
    let mut calls = Vec::new();
    for operation in listed.iter().filter(|operation| operation.method == Method::GET) {
        let ask = |path: String| Call {
            operation: operation.id.clone(),
            method: Method::GET,
            path,
            external: None,
            content: Content::Nothing,
        };
        let Ok(marked) = places::marked(operation) else { continue };
        let is_of_module =
            marked.contains("<module>") || marked.contains("<record>") || marked.contains("<note>");
        for module in &world.modules {
            if !is_of_module && module.name != "Deals" {
                break;
            }
            let empty = Vec::new();
            let slots = secrets.slots.get(&module.name).unwrap_or(&empty);
            let lists: Vec<(String, String)> = if marked.contains("{related_list}") {
                module.related.clone()
            } else {
                vec![(String::new(), String::new())]
            };
            for (list, target) in lists {
                let path = marked.replace("<module>", &module.name).replace("{related_list}", &list);
                let targets = secrets.slots.get(&target).unwrap_or(&empty);
                for slot in slots {
                    if let Some(path) = filled(world, &path, slot, targets) {
                        calls.push(ask(path.clone()));
                        if list.is_empty() && path.contains(&slot.id) {
                            continue;
                        }
                        calls.push(ask(format!(
                            "{path}?fields=id,{}",
                            described(world, &target, &module.name)
                        )));
                    }
                    if !path.contains('<') {
                        break;
                    }
                }
                if slots.is_empty() && !path.contains('<') {
                    calls.push(ask(path.clone()));
                }
            }
        }
    }
    for module in &world.modules {
        calls.extend(of_module(world, secrets, &module.name));
    }
    calls
}

/// Names of some fields of a related module, or else of the path's.
fn described(world: &World, target: &str, module: &str) -> String {
    let name = if world.modules.iter().any(|one| one.name == target) { target } else { module };
    world.module(name).name_field().to_owned()
}

fn filled(world: &World, path: &str, slot: &Slot, targets: &[Slot]) -> Option<String> {
    let (between, marks) = split(path);
    let mut filled = between[0].clone();
    for (mark, after) in marks.iter().zip(&between[1..]) {
        let value = match mark.kind.as_str() {
            "record" => slot.id.clone(),
            "related" => targets.first()?.id.clone(),
            "absent" => world.absent(),
            kind if mark.is_thing() => slot.things.get(&format!("{kind}.{}", mark.detail))?.clone(),
            "tag" | "field" => world.known.iter().find(|(name, _)| name.starts_with(&mark.kind))?.1.clone(),
            kind => world.known.get(kind)?.clone(),
        };
        filled.push_str(&value);
        filled.push_str(after);
    }
    Some(filled)
}

/// All ways to ask for the records of a module that are not a path of their own.
fn of_module(world: &World, secrets: &Secrets, module: &str) -> Vec<Call> {
    let described = world.module(module);
    let names: Vec<&str> = described.fields.iter().filter_map(|field| field["api_name"].as_str()).collect();
    let mut calls = Vec::new();
    let mut ask = |operation: &str, path: &str, params: &[(&str, &str)]| {
        calls.push(Call {
            operation: operation.to_owned(),
            method: Method::GET,
            path: with_params(path, params),
            external: None,
            content: Content::Nothing,
        });
    };
    let ids: Vec<&str> =
        secrets.slots.get(module).into_iter().flatten().map(|slot| slot.id.as_str()).collect();
    let ids = if ids.is_empty() { "1234567890123456789".to_owned() } else { ids.join(",") };
    for names in names.chunks(50) {
        let fields = names.join(",");
        ask("records.list", module, &[("fields", &fields)]);
        ask("records.list", module, &[("fields", &fields), ("ids", &ids)]);
        ask(
            "records.list",
            module,
            &[("fields", &fields), ("sort_by", "id"), ("sort_order", "asc"), ("include_child", "true")],
        );
        ask(
            "records.full_data_many",
            &format!("{module}/actions/fetch_full_data"),
            &[("fields", &fields), ("ids", &ids)],
        );
        ask("records.search", &format!("{module}/search"), &[("fields", &fields), ("word", MARK)]);
    }
    for kind in ["all", "recycle", "permanent"] {
        ask("records.deleted", &format!("{module}/deleted"), &[("type", kind)]);
    }
    for word in [MARK, &MARK.to_lowercase(), "mark", "public"] {
        ask("records.search", &format!("{module}/search"), &[("word", word)]);
        ask("records.count", &format!("{module}/actions/count"), &[("word", word)]);
    }
    for field in described.fields.iter().filter(|field| field["searchable"] == true) {
        let name = field["api_name"].as_str().unwrap_or_default();
        let criteria = match field["data_type"].as_str().unwrap_or_default() {
            "text" | "textarea" | "email" | "website" | "phone" => format!("({name}:starts_with:{MARK})"),
            "lookup" => format!("({name}:not_equal:1)"),
            _ => continue,
        };
        ask("records.search", &format!("{module}/search"), &[("criteria", &criteria)]);
        ask("records.count", &format!("{module}/actions/count"), &[("criteria", &criteria)]);
    }
    for slot in secrets.slots.get(module).into_iter().flatten() {
        let email = format!("{}@example.com", slot.mark().replace(' ', ".").to_lowercase());
        ask("records.search", &format!("{module}/search"), &[("email", &email)]);
        if let Some(view) = slot.things.get("view.") {
            ask("records.list", module, &[("fields", "id"), ("cvid", view)]);
        }
    }
    calls.extend(queries(world, module).into_iter().map(|query| Call {
        operation: "coql.run".to_owned(),
        method: Method::POST,
        path: "coql".to_owned(),
        external: None,
        content: Content::Json(json!({ "select_query": query }).to_string()),
    }));
    let none = json!({"filters": {"field": {"api_name": "id"}, "comparator": "not_equal", "value": "1"}});
    calls.push(Call {
        operation: "count_by_body.run".to_owned(),
        method: Method::POST,
        path: format!("{module}/actions/count"),
        external: None,
        content: Content::Json(none.to_string()),
    });
    calls
}

/// COQL that reads a module: its fields, joins, groups, counts, and as a part of another query.
fn queries(world: &World, module: &str) -> Vec<String> {
    let described = world.module(module);
    let mut queries = vec![
        format!("select count(id) from {module} where id is not null"),
        format!("select id from {module} where id in (select id from {module} where id is not null)"),
    ];
    let name = described.name_field();
    queries.push(format!("select {name}, count(id) from {module} where id is not null group by {name}"));
    queries.push(format!("select max({name}) from {module} where id is not null"));
    for field in &described.fields {
        let name = field["api_name"].as_str().unwrap_or_default();
        let target = super::modules::target(field);
        queries.push(format!("select id, {name} from {module} where id is not null"));
        if world.modules.iter().any(|module| module.name == target) {
            let there = world.module(target).name_field().to_owned();
            queries.push(format!("select {name}.{there}, {name}.id from {module} where id is not null"));
            queries.push(format!("select id from {module} where {name}.{there} like '{MARK}%'"));
            queries.push(format!(
                "select id from {module} where {name} in (select id from {target} where id is not null)"
            ));
        }
    }
    queries
}

/// What an answer tells that it must not.
pub(super) fn told(secrets: &Secrets, call: &Call, answer: &Answer) -> Option<String> {
    let asked = call.shown();
    if answer.status >= 500 && answer.status != 501 {
        return Some(format!("a fault of ours: {}", answer.text));
    }
    let text = &answer.text;
    let lower = text.to_lowercase();
    if lower.contains(&MARK.to_lowercase()) && !asked.to_lowercase().contains(&MARK.to_lowercase()) {
        return Some(format!("the mark: {}", around(text, lower.find(&MARK.to_lowercase()).unwrap_or(0))));
    }
    for id in digits(text) {
        if let Some(what) = secrets.ids.get(id)
            && !asked.contains(id)
        {
            return Some(format!("the id of {what}: {}", around(text, text.find(id).unwrap_or(0))));
        }
    }
    let body: Value = serde_json::from_str(text).unwrap_or_default();
    let counts = ["records.count", "count_by_body.run"].contains(&call.operation.as_str());
    if counts && body["count"].as_u64().is_some_and(|count| count > 0) {
        return Some(format!("how many there are: {text}"));
    }
    if asked.contains("count(id)")
        && body["data"][0].as_object().is_some_and(|row| row.values().any(|value| value.as_u64() > Some(0)))
    {
        return Some(format!("how many there are: {text}"));
    }
    None
}

/// Runs of digits that may be ids.
fn digits(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() >= 15)
}

fn around(text: &str, at: usize) -> String {
    let skipped = text.get(..at).map_or(0, |before| before.chars().count()).saturating_sub(80);
    text.chars().skip(skipped).take(200).collect()
}

/// Asks, and gives what was told, by operation.
pub(super) async fn ask(api: &Api, secrets: &Secrets, calls: Vec<Call>) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (call, answer) in send_all(api, calls).await {
        if let Some(what) = told(secrets, &call, &answer) {
            found.entry(call.operation.clone()).or_default().push(format!(
                "{} → {} {what}",
                call.shown(),
                answer.status
            ));
        }
    }
    found
}

/// A text of what was found, each operation with a few examples.
pub(super) fn text(calls: usize, found: &BTreeMap<String, Vec<String>>) -> String {
    let mut text = format!("{calls} calls\n");
    for (operation, cases) in found {
        text.push_str(&format!("\n## {operation}: {}\n", cases.len()));
        for case in cases.iter().collect::<BTreeSet<_>>() {
            text.push_str(&format!("- {case}\n"));
        }
    }
    text
}

on_both! {
    async fn a_stranger_is_shown_nothing(server: TestServer) {
        let world = Arc::new(World::new(server).await);
        let secrets = plant(&world).await;
        let calls = questions(&world, &secrets, &operations::served());
        let count = calls.len();
        let found = ask(&world.actor.api, &secrets, calls).await;
        println!("{}", text(count, &found));
        assert!(found.is_empty(), "{}", text(count, &found));
    }
}

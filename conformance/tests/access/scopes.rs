//! A token's scopes hold for every module that a call touches: with one scope each, an administrator is shown nothing of
//! other modules but the names and ids in lookups, learns nothing of them by asking, and changes nothing in them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use dealwright_testkit::{Api, on_both};
use serde_json::{Value, json};

use super::bodies;
use super::matrix::{chosen, is_long, send, send_all};
use super::operations;
use super::places::{self, Content};
use super::sweep::{self, Secrets};
use super::trials::{Call, Trials};
use super::world::{MARK, Side, World};

/// What a token may do: module and operation.
struct Token {
    scopes: &'static str,
    /// The module of the scope.
    module: &'static str,
    /// `READ`, `CREATE`, `UPDATE`, `DELETE`
    may: &'static [&'static str],
}

const TOKENS: &[Token] = &[
    Token { scopes: "ZohoCRM.modules.accounts.READ", module: "Accounts", may: &["READ"] },
    Token { scopes: "ZohoCRM.modules.deals.CREATE", module: "Deals", may: &["CREATE"] },
    Token {
        scopes: "ZohoCRM.modules.leads.ALL",
        module: "Leads",
        may: &["READ", "CREATE", "UPDATE", "DELETE"],
    },
    // The long form only.
    Token { scopes: "ZohoCRM.modules.deals.READ,ZohoCRM.coql.READ", module: "Deals", may: &["READ"] },
    Token { scopes: "ZohoCRM.modules.contacts.UPDATE", module: "Contacts", may: &["UPDATE"] },
    Token { scopes: "ZohoCRM.modules.contacts.READ", module: "Contacts", may: &["READ"] },
    Token { scopes: "ZohoCRM.modules.deals.DELETE", module: "Deals", may: &["DELETE"] },
    Token {
        scopes: "ZohoCRM.modules.quotes.ALL",
        module: "Quotes",
        may: &["READ", "CREATE", "UPDATE", "DELETE"],
    },
    Token {
        scopes: "ZohoCRM.modules.events.ALL",
        module: "Events",
        may: &["READ", "CREATE", "UPDATE", "DELETE"],
    },
    Token {
        scopes: "ZohoCRM.modules.notes.ALL",
        module: "Notes",
        may: &["READ", "CREATE", "UPDATE", "DELETE"],
    },
    Token { scopes: "ZohoCRM.coql.READ", module: "", may: &[] },
    Token {
        scopes: "ZohoCRM.modules.products.ALL",
        module: "Products",
        may: &["READ", "CREATE", "UPDATE", "DELETE"],
    },
];

/// How many of the tokens the short form tries.
const SHORT: usize = 3;

impl Token {
    fn may(&self, module: &str, operation: &str) -> bool {
        self.module == module && self.may.contains(&operation)
    }
}

fn tokens() -> &'static [Token] {
    if is_long() { TOKENS } else { &TOKENS[..SHORT] }
}

/// Parts of an answer that are rows of a module which may not be read, rather than lookups to them.
pub(super) fn shown(
    secrets: &Secrets,
    may: &dyn Fn(&str) -> bool,
    world: &World,
    value: &Value,
) -> Option<String> {
    match value {
        Value::Array(values) => values.iter().find_map(|value| shown(secrets, may, world, value)),
        Value::Object(members) => {
            let is_lookup = members
                .keys()
                .all(|key| ["id", "name", "module", "email", "api_name"].contains(&key.as_str()));
            if let Some(what) = members.get("id").and_then(Value::as_str).and_then(|id| secrets.ids.get(id))
                && !is_lookup
            {
                let module = what.rsplit(' ').next().unwrap_or_default();
                let is_record = what.starts_with("a record of ");
                let of_it = world.modules.iter().any(|one| one.name == module && one.is_creatable);
                if is_record && of_it && !may(module) {
                    return Some(format!("{what}: {value}"));
                }
            }
            members.values().find_map(|value| shown(secrets, may, world, value))
        }
        _ => None,
    }
}

/// Records by module and id, as far as a change shows.
pub(super) type State = BTreeMap<String, BTreeMap<String, String>>;

/// Every record of the modules that are asked for.
pub(super) async fn state(world: &World, api: &Api, wanted: &dyn Fn(&str) -> bool) -> State {
    let mut state = BTreeMap::new();
    for module in world.modules.iter().filter(|module| module.is_creatable && wanted(&module.name)) {
        let mut rows = BTreeMap::new();
        let has = |name: &str| module.fields.iter().any(|field| field["api_name"] == name);
        let more: Vec<&str> = ["Modified_Time", "Owner"].into_iter().filter(|name| has(name)).collect();
        let fields = [vec!["id"], more].concat().join(", ");
        for page in 0..20 {
            let query = format!(
                "select {fields} from {} where id is not null limit {}, 2000",
                module.name,
                page * 2000
            );
            let answer = api.post("coql", &json!({ "select_query": query })).await;
            if answer.status != 200 {
                break;
            }
            for row in answer.rows() {
                rows.insert(row["id"].as_str().unwrap_or_default().to_owned(), row.to_string());
            }
            if answer.json()["info"]["more_records"] != true {
                break;
            }
        }
        state.insert(module.name.clone(), rows);
    }
    state
}

/// What a call changed that may not be changed.
pub(super) fn changed(may: &dyn Fn(&str, &str) -> bool, before: &State, after: &State) -> Option<String> {
    for (module, rows) in before {
        let now = &after[module];
        let made = now.keys().find(|id| !rows.contains_key(*id));
        let gone = rows.keys().find(|id| !now.contains_key(*id));
        let other = rows.iter().find(|(id, row)| now.get(*id).is_some_and(|now| now != *row));
        if let Some(id) = made
            && !may(module, "CREATE")
        {
            return Some(format!("made a record of {module}: {}", now[id]));
        }
        if let Some(id) = gone
            && !may(module, "DELETE")
        {
            return Some(format!("deleted a record of {module}: {}", rows[id]));
        }
        if let Some((id, row)) = other
            && !may(module, "UPDATE")
        {
            return Some(format!("changed a record of {module}: {row} is {}", now[id]));
        }
    }
    None
}

/// Questions in pairs that differ in a value of another module only: with the value of a record that is there, and with one
/// that no record has. Whoever may not read that module gets the same answer to both.
pub(super) fn oracles(
    world: &World,
    secrets: &Secrets,
    of: &str,
    about: &dyn Fn(&str) -> bool,
) -> Vec<(Call, Call)> {
    let mut pairs = Vec::new();
    let pair = |operation: &str, path: String, query: &dyn Fn(&str) -> Vec<(String, String)>| {
        let ask = |value: &str| {
            let query = query(value);
            let query: Vec<(&str, &str)> =
                query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            Call {
                operation: operation.to_owned(),
                method: reqwest::Method::GET,
                path: dealwright_testkit::api::with_params(&path, &query),
                external: None,
                content: Content::Nothing,
            }
        };
        (ask(MARK), ask("nothing"))
    };
    let Some(module) = world.modules.iter().find(|module| module.name == of) else { return pairs };
    for (list, target) in &module.related {
        let Some(there) = world.modules.iter().find(|module| module.name == *target) else { continue };
        if !about(target) || !secrets.slots.contains_key(target) {
            continue;
        }
        for relation in [list.clone(), format!("{list}__r")] {
            pairs.push(pair("records.list", module.name.clone(), &|value| {
                let filter = json!([{
                    "include_objects": true, "relation": {"api_name": relation},
                    "criteria": {"comparator": "starts_with", "field": {"api_name": there.name_field()}, "value": value},
                }]);
                vec![("fields".to_owned(), "id".to_owned()), ("cross_filters".to_owned(), filter.to_string())]
            }));
        }
    }
    for field in &module.fields {
        let target = super::modules::target(field);
        let Some(there) = world.modules.iter().find(|module| module.name == target) else { continue };
        if !about(target) {
            continue;
        }
        let name = field["api_name"].as_str().unwrap_or_default();
        let texts = there
            .fields
            .iter()
            .filter(|field| field["data_type"] == "text" && field["api_name"] != there.name_field());
        for text in texts.filter_map(|field| field["api_name"].as_str()).take(3) {
            for (operation, path) in [("records.search", "search"), ("records.count", "actions/count")] {
                pairs.push(pair(operation, format!("{}/{path}", module.name), &|value| {
                    vec![("criteria".to_owned(), format!("({name}.{text}:starts_with:{value})"))]
                }));
            }
        }
    }
    pairs
}

/// All that a token does that its scopes do not cover.
async fn tried(world: &Arc<World>, secrets: &Secrets, token: &Token, found: &mut BTreeSet<String>) -> usize {
    let mut count = 0;
    let api = world.server.api_with_scopes(token.scopes).await;
    let add = |found: &mut BTreeSet<String>, kind: &str, call: &Call, what: String| {
        let what: String = what.chars().take(300).collect();
        found.insert(format!("{kind} | {} | {} {} → {what}", token.scopes, call.operation, call.shown()));
    };
    let own = format!("{}/", token.module);
    let asks_own = |call: &Call| {
        call.path.starts_with(&own)
            || call.path.split('?').next() == Some(token.module)
            || call.path == "coql"
            || !call.path.starts_with(|c: char| c.is_ascii_uppercase())
    };
    let calls: Vec<Call> =
        sweep::questions(world, secrets, &operations::served()).into_iter().filter(asks_own).collect();
    count += calls.len();
    for (call, answer) in send_all(&api, calls).await {
        let body: Value = serde_json::from_str(&answer.text).unwrap_or_default();
        if let Some(what) = shown(secrets, &|module| token.may(module, "READ"), world, &body) {
            add(found, "shown", &call, what);
        }
        if answer.status >= 500 && answer.status != 501 {
            add(found, "fault", &call, answer.text);
        }
    }
    let pairs = oracles(world, secrets, token.module, &|module| module != token.module);
    count += 2 * pairs.len();
    for (yes, no) in pairs {
        let (one, other) = (send(&api, &yes).await, send(&api, &no).await);
        if (one.status, &one.text) != (other.status, &other.text) {
            add(
                found,
                "told by asking",
                &yes,
                format!("{} {}, and for nothing {} {}", one.status, one.text, other.status, other.text),
            );
        }
    }
    let bodies: Vec<_> = bodies::all().iter().collect();
    let (cases, _) = places::cases(world, &operations::served(), &bodies);
    let cases: Vec<_> =
        cases.into_iter().filter(|case| case.module == token.module && !case.is_read()).collect();
    let cases = chosen(cases);
    let trials = Trials::prepare(world, &cases, &[Side::Far, Side::Absent]).await;
    let mut before = state(world, &world.admin, &|_| true).await;
    for trial in &trials.trials {
        let Some(call) = trials.call(world, &cases, trial) else { continue };
        count += 1;
        let answer = send(&api, &call).await;
        if answer.status >= 500 && answer.status != 501 {
            add(found, "fault", &call, answer.text.clone());
        }
        if answer.status >= 400 {
            continue;
        }
        let after = state(world, &world.admin, &|_| true).await;
        // Operations on records of the module itself have the scopes that are documented for them, but these may do either.
        let is_either = call.operation.starts_with("records.");
        let may =
            |module: &str, what: &str| token.may(module, what) || (module == token.module && !is_either);
        if let Some(what) = changed(&may, &before, &after) {
            add(found, "changed", &call, what);
        }
        before = after;
        // What is changed at another time shows it.
        world.server.advance(Duration::from_secs(1));
    }
    if let Some(what) = changed(&|_, _| false, &before, &state(world, &world.admin, &|_| true).await) {
        found.insert(format!("changed | {} | a call that was refused → {what}", token.scopes));
    }
    count
}

on_both! {
    async fn a_token_reaches_the_modules_of_its_scopes_only(server: TestServer) {
        let world = Arc::new(World::new(server).await);
        let secrets = sweep::plant(&world).await;
        let mut found = BTreeSet::new();
        let mut calls = 0;
        for token in tokens() {
            calls += tried(&world, &secrets, token, &mut found).await;
        }
        let text = found.iter().map(|one| format!("- {one}\n")).collect::<String>();
        println!("{calls} calls, {} findings\n{text}", found.len());
        assert!(found.is_empty(), "{calls} calls, {} findings\n{text}", found.len());
    }
}

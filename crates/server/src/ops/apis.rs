//! `GET __apis`: the registry itself, as far as it is served.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use dealwright_engine::request::Prepared;
use dealwright_engine::{Cx, Error, Reply, Request};
use dealwright_wire::{ApiError, Code};
use serde::Deserialize;
use serde_json::{Value, json};

use super::operation::{Method, Operation, Target};
use super::scope::ScopeRule;
use crate::versions::ApiVersion;

pub(super) static OPERATIONS: &[Operation] = &[Operation::new(
    "apis.list",
    Method::Get,
    "__apis",
    ScopeRule::Fixed("zohocrm.apis", "READ"),
    ApiVersion::V2,
    Target::Run(|cx, request| Box::pin(std::future::ready(list(cx, request)))),
)];

/// `{"field":{"api_name":"operation_types.method"},"comparator":"equals","value":"GET"}`
#[derive(Deserialize)]
struct Filter {
    field: FilterField,
    comparator: String,
    value: String,
}

#[derive(Deserialize)]
struct FilterField {
    api_name: String,
}

/// Lists that are kept: one for each version and set of modules. More orgs with modules of their own take turns.
const KEPT: usize = 32;
static LISTS: Mutex<VecDeque<Arc<List>>> = Mutex::new(VecDeque::new());

/// The list for one version, for orgs with these modules. It is long, and changes only with them.
struct List {
    version: &'static str,
    modules: Vec<String>,
    /// In order.
    paths: BTreeMap<String, Vec<Entry>>,
    whole: Arc<Prepared>,
}

/// An operation on a path.
struct Entry {
    method: &'static str,
    scope: Option<String>,
    /// Place in the list of modules.
    module: Option<usize>,
}

fn list(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let filter = request.params.get("filters").map(parse).transpose()?;
    let list = List::of(cx);
    let Some(filter) = filter else { return Ok(Reply::prepared(200, Arc::clone(&list.whole))) };
    let wanted = list.paths.iter().filter_map(|(path, entries)| {
        let wanted: Vec<&Entry> = entries.iter().filter(|entry| list.passes(entry, &filter)).collect();
        (!wanted.is_empty()).then_some((path.as_str(), wanted))
    });
    let wanted: Vec<_> = wanted.collect();
    if wanted.is_empty() {
        return Ok(Reply::nothing());
    }
    Ok(Reply::json(200, text(wanted.iter().map(|(path, entries)| (*path, entries.iter().copied())))))
}

impl List {
    fn of(cx: &Cx) -> Arc<Self> {
        let modules = || {
            let all = cx.snapshot.schema.modules().iter();
            all.filter(|module| module.has_records() && module.flag("api_supported"))
                .map(|module| &module.api_name)
        };
        let is_it = |list: &&Arc<Self>| list.version == cx.profile.name && list.modules.iter().eq(modules());
        let mut lists = LISTS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = lists.iter().find(is_it) {
            return Arc::clone(known);
        }
        let list = Arc::new(Self::new(cx.profile.name, modules().cloned().collect()));
        if lists.len() >= KEPT {
            lists.pop_front();
        }
        lists.push_back(Arc::clone(&list));
        list
    }

    fn new(version: &'static str, modules: Vec<String>) -> Self {
        let scope_names: Vec<String> =
            modules.iter().map(|module| dealwright_wire::scope::module_name(module)).collect();
        let mut paths: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        for operation in super::operations().filter(|operation| operation.is_served()) {
            let method = operation.method.text();
            let route = operation.route().replace("{version}", version).replace("{id}", "{{id}}");
            if !route.contains("{module}") {
                let entry = Entry { method, scope: operation.scope.text(""), module: None };
                paths.entry(route).or_default().push(entry);
                continue;
            }
            for (at, module) in modules.iter().enumerate() {
                let scope = operation.scope.text(&scope_names[at]);
                let entry = Entry { method, scope, module: Some(at) };
                paths.entry(route.replace("{module}", module)).or_default().push(entry);
            }
        }
        let whole = text(paths.iter().map(|(path, entries)| (path.as_str(), entries.iter())));
        Self { version, modules, paths, whole: Arc::new(Prepared::new(whole)) }
    }

    fn passes(&self, entry: &Entry, filter: &Filter) -> bool {
        match filter.field.api_name.as_str() {
            "operation_types.method" => filter.value == entry.method,
            "operation_types.oauth_scope" => entry.scope.as_deref() == Some(filter.value.as_str()),
            _ => entry.module.is_some_and(|at| self.modules[at] == filter.value),
        }
    }
}

fn text<'l>(paths: impl Iterator<Item = (&'l str, impl Iterator<Item = &'l Entry>)>) -> Vec<u8> {
    // A credit is the least a call costs; this server counts none.
    let operation = |Entry { method, scope, .. }: &Entry| json!({"method": method, "oauth_scope": scope, "min_credits": 1, "max_credits": 1});
    let apis: Vec<Value> = paths
        .map(|(path, entries)| json!({"path": path, "operation_types": entries.map(operation).collect::<Vec<_>>()}))
        .collect();
    json!({"__apis": apis}).to_string().into_bytes()
}

fn parse(text: &str) -> Result<Filter, ApiError> {
    let invalid = || ApiError::new(Code::InvalidData).param("filters");
    let filter: Filter = serde_json::from_str(text).map_err(|_| invalid())?;
    let known = ["operation_types.method", "operation_types.oauth_scope", "module"];
    if filter.comparator == "equals" && known.contains(&filter.field.api_name.as_str()) {
        Ok(filter)
    } else {
        Err(invalid())
    }
}

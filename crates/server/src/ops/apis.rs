//! `GET __apis`: the registry itself, as far as it is served.

use std::collections::BTreeMap;

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

fn list(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let filter = request.params.get("filters").map(parse).transpose()?;
    let modules: Vec<&str> = cx
        .snapshot
        .schema
        .modules()
        .iter()
        .filter(|module| module.has_records() && module.flag("api_supported"))
        .map(|module| module.api_name.as_str())
        .collect();
    let mut paths: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for operation in super::operations().filter(|operation| operation.is_served()) {
        let route = operation.route().replace("{version}", cx.profile.name).replace("{id}", "{{id}}");
        if !route.contains("{module}") {
            add(&mut paths, filter.as_ref(), route, operation, None);
            continue;
        }
        for module in &modules {
            add(&mut paths, filter.as_ref(), route.replace("{module}", module), operation, Some(module));
        }
    }
    if paths.is_empty() {
        return Ok(Reply::nothing());
    }
    let apis: Vec<Value> =
        paths.into_iter().map(|(path, types)| json!({"path": path, "operation_types": types})).collect();
    Ok(Reply::value(200, &json!({"__apis": apis})))
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

fn add(
    paths: &mut BTreeMap<String, Vec<Value>>,
    filter: Option<&Filter>,
    path: String,
    operation: &Operation,
    module: Option<&str>,
) {
    let method = operation.method.text();
    let scope = operation.scope.text(&dealwright_wire::scope::module_name(module.unwrap_or_default()));
    let wanted = filter.is_none_or(|filter| match filter.field.api_name.as_str() {
        "operation_types.method" => filter.value == method,
        "operation_types.oauth_scope" => scope.as_deref() == Some(filter.value.as_str()),
        _ => module == Some(filter.value.as_str()),
    });
    if wanted {
        // A credit is the least a call costs; this server counts none.
        let entry = json!({"method": method, "oauth_scope": scope, "min_credits": 1, "max_credits": 1});
        paths.entry(path).or_default().push(entry);
    }
}

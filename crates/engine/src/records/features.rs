//! The keys beside `data` that say what else a write may set off: `trigger`, `lar_id`, `apply_feature_execution`,
//! `skip_feature_execution`. Source: "Insert records" of each version, and the client models.
//!
//! What they say travels with the write's event, in the same transaction: whoever acts on events (workflows,
//! webhooks, cadences) finds there what the caller has switched off.

use std::sync::Arc;

use dealwright_wire::{ApiError, Code, Id};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Names that `apply_feature_execution` takes.
const APPLIED: [&str; 7] = [
    "layout_rules",
    "criteria_validation_rule",
    "function_validation_rule",
    "range_validation",
    "assignment_rules",
    "global_map_dependency",
    "territory_subordinates",
];
/// Names that `skip_feature_execution` takes.
const SKIPPED: [&str; 3] = ["cadences", "assignment_rules", "connected_workflows"];

/// The keys as they stand in the body.
pub(crate) struct FeatureKeys<'a> {
    pub trigger: Option<&'a RawValue>,
    pub wf_trigger: Option<&'a RawValue>,
    pub lar_id: Option<&'a RawValue>,
    pub apply_feature_execution: Option<&'a RawValue>,
    pub skip_feature_execution: Option<&'a RawValue>,
}

/// What a write may set off. By default everything.
#[derive(Debug, Clone, Default)]
pub(crate) struct Features {
    /// As the event carries it; `None` when the caller switched nothing off or on.
    options: Option<Arc<str>>,
}

impl Features {
    /// Reads the keys of a body.
    pub(crate) fn read(keys: &FeatureKeys<'_>) -> Result<Self, ApiError> {
        let mut options = Map::new();
        if let Some(triggers) = given(keys.trigger) {
            options.insert("trigger".to_owned(), json!(triggers_of(triggers)?));
        } else if let Some(raw) = given(keys.wf_trigger)
            && matches!(raw.trim_matches('"'), "false")
        {
            options.insert("trigger".to_owned(), json!([]));
        }
        if let Some(raw) = given(keys.lar_id) {
            return Err(rule(raw));
        }
        let features = [
            ("apply_feature_execution", keys.apply_feature_execution, &APPLIED[..]),
            ("skip_feature_execution", keys.skip_feature_execution, &SKIPPED[..]),
        ];
        for (key, raw, supported) in features {
            if let Some(raw) = given(raw) {
                options.insert(key.to_owned(), json!(names_of(key, raw, supported)?));
            }
        }
        Ok(Self::from_options(options))
    }

    /// Deleting takes one switch, in the query: `wf_trigger=false`.
    pub(crate) fn without_workflows() -> Self {
        let mut options = Map::new();
        options.insert("trigger".to_owned(), json!([]));
        Self::from_options(options)
    }

    fn from_options(options: Map<String, Value>) -> Self {
        Self { options: (!options.is_empty()).then(|| Value::Object(options).to_string().into()) }
    }

    /// For the event.
    pub(crate) fn text(&self) -> Option<String> {
        self.options.as_deref().map(str::to_owned)
    }
}

fn given(raw: Option<&RawValue>) -> Option<&str> {
    raw.map(RawValue::get).filter(|raw| *raw != "null")
}

/// Names of automations. Unknown ones are kept: there is no closed list of them.
fn triggers_of(raw: &str) -> Result<Vec<String>, ApiError> {
    serde_json::from_str(raw).map_err(|_| {
        ApiError::new(Code::InvalidData)
            .detail("expected_data_type", "jsonarray")
            .field("trigger", "$.trigger".to_owned())
    })
}

/// An org has no assignment rules yet, so that none can be named.
fn rule(raw: &str) -> ApiError {
    let error = ApiError::new(Code::InvalidData).field("lar_id", "$.lar_id".to_owned());
    match serde_json::from_str::<Id>(raw) {
        Ok(id) => error.message("the id given seems to be invalid").id(id),
        Err(_) => error.detail("expected_data_type", "bigint"),
    }
}

fn names_of(key: &str, raw: &str, supported: &[&str]) -> Result<Vec<String>, ApiError> {
    #[derive(Deserialize)]
    struct Feature {
        name: Option<String>,
    }
    let features: Vec<Feature> = serde_json::from_str(raw).map_err(|_| {
        ApiError::new(Code::InvalidData)
            .detail("expected_data_type", "jsonarray")
            .field(key, format!("$.{key}"))
    })?;
    let mut names = Vec::with_capacity(features.len());
    for (at, feature) in features.into_iter().enumerate() {
        let path = format!("$.{key}[{at}].name");
        let name =
            feature.name.ok_or_else(|| ApiError::new(Code::MandatoryNotFound).field("name", path.clone()))?;
        if !supported.contains(&name.as_str()) {
            return Err(ApiError::new(Code::InvalidData)
                .detail("supported_values", supported.to_vec())
                .field("name", path));
        }
        names.push(name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests {
    use serde_json::value::RawValue;

    use super::{FeatureKeys, Features};

    fn read(key: &str, text: &str) -> Option<String> {
        let raw = RawValue::from_string(text.to_owned()).unwrap();
        let mut keys = FeatureKeys {
            trigger: None,
            wf_trigger: None,
            lar_id: None,
            apply_feature_execution: None,
            skip_feature_execution: None,
        };
        match key {
            "trigger" => keys.trigger = Some(&raw),
            "wf_trigger" => keys.wf_trigger = Some(&raw),
            _ => keys.skip_feature_execution = Some(&raw),
        }
        Features::read(&keys).unwrap().text()
    }

    #[test]
    fn the_event_carries_what_was_chosen_and_nothing_else() {
        assert_eq!(read("trigger", "[]").as_deref(), Some(r#"{"trigger":[]}"#));
        assert_eq!(read("trigger", r#"["workflow"]"#).as_deref(), Some(r#"{"trigger":["workflow"]}"#));
        assert_eq!(read("wf_trigger", "false").as_deref(), Some(r#"{"trigger":[]}"#));
        assert_eq!(read("wf_trigger", "true"), None);
        let skipped = read("skip_feature_execution", r#"[{"name":"cadences"}]"#);
        assert_eq!(skipped.as_deref(), Some(r#"{"skip_feature_execution":["cadences"]}"#));
    }
}

//! Conversion of leads, quotes and orders; merging; blueprints.

mod blueprint;
mod conversion_options;
mod convert_inventory;
mod convert_lead;
mod mass_convert;
mod merge;
mod pipeline;

use std::time::Duration;

use dealwright_testkit::Api;
use serde_json::Value;

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[
    ("convert.run", "conversion/convert_lead.rs"),
    ("conversion_options.get", "conversion/conversion_options.rs"),
    ("mass_convert.run", "conversion/mass_convert.rs"),
    ("mass_convert.status", "conversion/mass_convert.rs"),
    ("merge.run", "conversion/merge.rs"),
    ("merge.status", "conversion/merge.rs"),
    ("blueprint.get", "conversion/blueprint.rs"),
    ("blueprint.update", "conversion/blueprint.rs"),
    ("blueprints.list", "conversion/blueprint.rs"),
    ("blueprints.create", "conversion/blueprint.rs"),
    ("blueprints.update_many", "conversion/blueprint.rs"),
    ("blueprints.delete_many", "conversion/blueprint.rs"),
    ("blueprints.get", "conversion/blueprint.rs"),
    ("blueprints.update_one", "conversion/blueprint.rs"),
    ("blueprints.delete_one", "conversion/blueprint.rs"),
];

/// The status of a mass conversion once nothing is left of it to do.
async fn finished(api: &Api, module: &str, job: &str) -> Value {
    for _ in 0..2_000 {
        let answer = api.get(&format!("{module}/actions/mass_convert?job_id={job}")).await;
        let body = answer.json();
        let status = if module == "Leads" { body["data"][0].clone() } else { body };
        let state = status.get("Status").or_else(|| status.get("status")).cloned().unwrap_or_default();
        if matches!(state.as_str(), Some("completed" | "failed")) {
            return status;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the job {job} does not end");
}

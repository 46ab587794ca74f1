//! Mass actions, owners, views as filters, the recycle bin.

mod count;
mod criteria;
mod delete;
mod owner;
mod recycle_bin;
mod restore;
mod update;
mod views;

use std::sync::Arc;
use std::time::Duration;

use dealwright_engine::Org;
use dealwright_testkit::{Answer, Api, TestServer};
use serde_json::Value;

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[
    ("mass_update.run", "mass/update.rs"),
    ("mass_update.status", "mass/update.rs"),
    ("mass_delete.run", "mass/delete.rs"),
    ("mass_delete.status", "mass/delete.rs"),
    ("change_owner_one.run", "mass/owner.rs"),
    ("change_owner.run", "mass/owner.rs"),
    ("mass_change_owner.run", "mass/owner.rs"),
    ("mass_change_owner.status", "mass/owner.rs"),
    ("count_by_body.run", "mass/count.rs"),
    ("recycle_bin.list", "mass/recycle_bin.rs"),
    ("recycle_bin.get", "mass/recycle_bin.rs"),
    ("recycle_bin.delete_many", "mass/recycle_bin.rs"),
    ("recycle_bin.delete_one", "mass/recycle_bin.rs"),
    ("recycle_bin_count.get", "mass/recycle_bin.rs"),
    ("recycle_bin_restore.run", "mass/restore.rs"),
    ("recycle_bin_restore_one.run", "mass/restore.rs"),
    ("recycle_bin_empty.run", "mass/recycle_bin.rs"),
];

const UNKNOWN: &str = "1234567890123456789";

/// The id of a module's view by its display value.
async fn view(api: &Api, module: &str, display_value: &str) -> String {
    let answer = api.get(&format!("settings/custom_views?module={module}")).await;
    let views = answer.json()["custom_views"].as_array().cloned().unwrap_or_default();
    let found = views.iter().find(|view| view["display_value"] == display_value);
    let found = found.unwrap_or_else(|| panic!("no view {display_value}: {}", answer.text));
    found["id"].as_str().expect("ids are text").to_owned()
}

/// The id of the job that an answer tells of.
fn job(answer: &Answer) -> String {
    let id = answer.json()["data"][0]["details"]["job_id"].as_str().map(str::to_owned);
    id.unwrap_or_else(|| panic!("no job: {}", answer.text))
}

/// The status of a job when it has ended.
async fn ended(api: &Api, path: &str, job: &str) -> Value {
    for _ in 0..600 {
        let answer = api.get(&format!("{path}?job_id={job}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let status = answer.rows()[0].clone();
        match status["Status"].as_str() {
            Some("COMPLETED" | "FAILED") => return status,
            _ => tokio::time::sleep(Duration::from_millis(20)).await,
        }
    }
    panic!("job {job} does not end");
}

/// The org of a development server.
async fn org(server: &TestServer) -> Arc<Org> {
    server.state.orgs.get(server.development.org).await.expect("the org is open")
}

//! Shares, locks and territories of records.

mod configurations;
mod locks;
mod pages;
mod reach;
mod shares;
mod territories;

use dealwright_testkit::Api;
use serde_json::json;

/// Operations tested here: id, and the file below `tests/`.
pub(crate) const TESTED: &[(&str, &str)] = &[
    ("record_locks.list", "sharing/locks.rs"),
    ("record_locks.create", "sharing/locks.rs"),
    ("record_locks.get", "sharing/locks.rs"),
    ("record_locks.update_one", "sharing/locks.rs"),
    ("record_locks.delete_one", "sharing/locks.rs"),
    ("share.list", "sharing/shares.rs"),
    ("share.create", "sharing/shares.rs"),
    ("share.update", "sharing/shares.rs"),
    ("share.delete", "sharing/shares.rs"),
    ("assign_territories_one.run", "sharing/territories.rs"),
    ("remove_territories_one.run", "sharing/territories.rs"),
    ("assign_territories.run", "sharing/territories.rs"),
    ("remove_territories.run", "sharing/territories.rs"),
    ("record_locking_configurations.list", "sharing/configurations.rs"),
    ("record_locking_configurations.create", "sharing/configurations.rs"),
    ("record_locking_configurations.update_many", "sharing/configurations.rs"),
    ("record_locking_configurations.delete_many", "sharing/configurations.rs"),
    ("record_locking_configurations.get", "sharing/configurations.rs"),
    ("record_locking_configurations.update_one", "sharing/configurations.rs"),
    ("record_locking_configurations.delete_one", "sharing/configurations.rs"),
    ("data_sharing.list", "sharing/reach.rs"),
    ("data_sharing.update_many", "sharing/reach.rs"),
];

/// Sets what everybody may do with the records of a module.
pub(crate) async fn make(api: &Api, module: &str, share_type: &str) {
    let body = json!({"data_sharing": [{"share_type": share_type, "module": {"api_name": module}}]});
    let answer = api.put("settings/data_sharing", &body).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
}

/// Locks a record and gives the lock's id.
pub(crate) async fn lock(api: &Api, module: &str, id: &str) -> String {
    let body = json!({"data": [{"Locked_Reason__s": "Audit"}]});
    let answer = api.post(&format!("{module}/{id}/Locking_Information__s"), &body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.ids().remove(0)
}

//! The list of operations against what is tested: none is served without a test of its own, none lets a stranger in.

use std::collections::{BTreeMap, BTreeSet};

use dealwright_server::ops::{Operation, ScopeRule, operations};
use dealwright_testkit::{Api, on_both};

use crate::outcome;

/// Where each operation that is served is tested.
const ALL: &[&[(&str, &str)]] = &[
    TESTED,
    crate::conversion::TESTED,
    crate::files::TESTED,
    crate::formulas::TESTED,
    crate::history::TESTED,
    crate::mail::TESTED,
    crate::mass::TESTED,
    crate::people::TESTED,
    crate::related::TESTED,
    crate::sharing::TESTED,
    crate::tags::TESTED,
    crate::values::TESTED,
];

/// The operations of records and metadata: id, or a noun for all its verbs, and the file below `tests/`.
const TESTED: &[(&str, &str)] = &[
    ("apis.list", "apis.rs"),
    ("records.list", "records/list.rs"),
    ("records.insert", "records/insert.rs"),
    ("records.update_many", "records/update.rs"),
    ("records.patch_many", "guide.rs"),
    ("records.delete_many", "records/delete.rs"),
    ("records.get", "records/get.rs"),
    ("records.update_one", "records/update.rs"),
    ("records.patch_one", "guide.rs"),
    ("records.delete_one", "records/delete.rs"),
    ("records.upsert", "records/upsert.rs"),
    ("records.search", "records/search.rs"),
    ("records.deleted", "records/deleted.rs"),
    ("records.count", "records/count.rs"),
    ("records.clone", "records/clone.rs"),
    ("records.full_data_one", "records/full_data.rs"),
    ("records.full_data_many", "records/full_data.rs"),
    ("entity_scores.list", "records/entity_scores.rs"),
    ("entity_scores.get", "records/entity_scores.rs"),
    ("photo.get", "records/photo.rs"),
    ("photo.put", "records/photo.rs"),
    ("photo.delete", "records/photo.rs"),
    ("modules.list", "settings/modules.rs"),
    ("modules.get", "settings/modules.rs"),
    ("fields.list", "settings/fields.rs"),
    ("fields.get", "settings/fields.rs"),
    ("fields.pick_list_values", "settings/fields.rs"),
    ("fields.create", "settings/fields.rs"),
    ("fields.update_many", "settings/fields.rs"),
    ("fields.update_one", "settings/fields.rs"),
    ("fields.delete", "settings/fields.rs"),
    ("layouts.list", "settings/layouts.rs"),
    ("layouts.get", "settings/layouts.rs"),
    ("related_lists.list", "settings/related_lists.rs"),
    ("related_lists.get", "settings/related_lists.rs"),
    ("custom_views.list", "settings/custom_views.rs"),
    ("custom_views.get", "settings/custom_views.rs"),
    ("custom_views.create", "settings/custom_views.rs"),
    ("custom_views.update_many", "settings/custom_views.rs"),
    ("custom_views.delete_many", "settings/custom_views.rs"),
    ("custom_views.update_one", "settings/custom_views.rs"),
    ("custom_views.delete_one", "settings/custom_views.rs"),
    ("custom_views_sort.update_many", "settings/custom_views.rs"),
    ("custom_views_sort.update_one", "settings/custom_views.rs"),
    ("cadences.list", "settings/cadences.rs"),
    ("enrol_in_cadences.run", "settings/cadences.rs"),
    ("unenrol_from_cadences.run", "settings/cadences.rs"),
    ("org_taxes.list", "settings/org_taxes.rs"),
    ("org_taxes.get", "settings/org_taxes.rs"),
    ("org_taxes.create", "settings/org_taxes.rs"),
    ("org_taxes.update_many", "settings/org_taxes.rs"),
    ("org_taxes.delete_many", "settings/org_taxes.rs"),
    ("org_taxes.delete_one", "settings/org_taxes.rs"),
    ("variables", "settings/variables.rs"),
    ("variable_groups", "settings/variables.rs"),
    ("org.get", "org.rs"),
    ("users.list", "users.rs"),
    ("users.get", "users.rs"),
    ("users.count", "users.rs"),
    ("profiles.list", "settings/profiles.rs"),
    ("profiles.get", "settings/profiles.rs"),
    ("coql.run", "coql/rows.rs"),
];

/// Calls an operation with something plausible in each placeholder.
async fn call(api: &Api, operation: &Operation) -> dealwright_testkit::Answer {
    let method = operation.method.text().parse().expect("methods have their usual names");
    let mut path = operation.route().replace("{version}", "v8").replace("{module}", "Leads");
    while let (Some(from), Some(to)) = (path.find('{'), path.find('}')) {
        path.replace_range(from..=to, "1234567890123456789");
    }
    api.send_to(method, &path, Vec::new()).await
}

on_both! {
    async fn every_operation_asks_for_a_token_and_its_scope(server: TestServer) {
        let (nobody, nothing) = (server.api().without_token(), server.api_with_scopes("ZohoCRM.none.READ").await);
        for operation in operations() {
            let answer = call(&nobody, operation).await;
            assert_eq!(outcome(&answer), "401 AUTHENTICATION_FAILURE", "{}", operation.id);
            if !matches!(operation.scope, ScopeRule::Any) {
                let answer = call(&nothing, operation).await;
                assert_eq!(outcome(&answer), "401 OAUTH_SCOPE_MISMATCH", "{}", operation.id);
            }
        }
    }

    async fn an_operation_that_is_not_served_yet_says_so(server: TestServer) {
        let api = server.api();
        for operation in operations().filter(|operation| !operation.is_served()) {
            let answer = call(&api, operation).await;
            assert_eq!(outcome(&answer), "501 NOT_SUPPORTED", "{}: {}", operation.id, answer.text);
            assert_eq!(answer.details()["operation"], operation.id);
        }
    }

    async fn an_operation_that_is_served_does_not_fail_by_our_fault(server: TestServer) {
        let api = server.api();
        for operation in operations().filter(|operation| operation.is_served()) {
            let answer = call(&api, operation).await;
            assert!(answer.status < 500, "{}: {} {}", operation.id, answer.status, answer.text);
            assert_ne!(answer.status, 404, "{}", operation.id);
        }
    }
}

#[test]
fn every_operation_that_is_served_has_a_test() {
    let tested: BTreeMap<&str, &str> = ALL.iter().copied().flatten().copied().collect();
    assert_eq!(
        tested.len(),
        ALL.iter().map(|area| area.len()).sum::<usize>(),
        "an operation is listed twice"
    );
    let served: BTreeSet<&str> = operations().filter(|one| one.is_served()).map(|one| one.id).collect();
    let noun = |id: &str| id.split_once('.').map_or_else(|| id.to_owned(), |(noun, _)| noun.to_owned());
    let is_tested = |id: &&&str| tested.contains_key(**id) || tested.contains_key(noun(id).as_str());
    let missing: Vec<_> = served.iter().filter(|id| !is_tested(id)).collect();
    assert!(missing.is_empty(), "served without a test: {missing:?}");
    let is_there = |id: &&&str| served.contains(**id) || served.iter().any(|one| noun(one) == **id);
    let gone: Vec<_> = tested.keys().filter(|id| !is_there(id)).collect();
    assert!(gone.is_empty(), "tested, but not served: {gone:?}");
    for (id, file) in &tested {
        let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(file);
        assert!(file.is_file(), "{id} is said to be tested in {}", file.display());
    }
}

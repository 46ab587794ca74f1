//! The scopes there are, for whoever has to name some: the groups, and what operations ask for below each.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use dealwright_accounts::scopes;

use crate::ops;

/// A scope that covers others, in words, and those that operations ask for below it.
pub(super) struct ScopeGroup {
    pub(super) name: &'static str,
    pub(super) words: String,
    pub(super) narrower: Vec<String>,
}

static GROUPS: LazyLock<Vec<ScopeGroup>> = LazyLock::new(|| {
    let asked: BTreeSet<String> = ops::operations()
        .filter_map(|operation| operation.scope.text("leads"))
        .flat_map(|scopes| scopes.split(',').map(str::to_owned).collect::<Vec<_>>())
        .collect();
    let group = |name: &'static str| {
        let branch = name.rsplit_once('.').map(|(branch, _)| format!("{branch}."));
        let is_below = |scope: &&String| {
            *scope != name && branch.as_ref().is_some_and(|branch| scope.starts_with(branch))
        };
        let narrower = asked.iter().filter(is_below).cloned().collect();
        ScopeGroup { name, words: scopes::describe(name), narrower }
    };
    scopes::EVERYTHING.split_ascii_whitespace().map(group).collect()
});

pub(super) fn scope_groups() -> &'static [ScopeGroup] {
    &GROUPS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_that_is_asked_for_is_listed_and_exists() {
        let listed: BTreeSet<&str> = scope_groups()
            .iter()
            .flat_map(|group| group.narrower.iter().map(String::as_str).chain([group.name]))
            .collect();
        for operation in ops::operations() {
            for scope in operation.scope.text("leads").iter().flat_map(|scopes| scopes.split(',')) {
                assert!(listed.contains(scope), "{scope} of {}", operation.id);
            }
        }
        for scope in listed {
            assert!(scopes::is_known(scope), "{scope}");
        }
    }
}

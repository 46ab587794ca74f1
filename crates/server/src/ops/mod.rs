//! The registry: every operation of the API on a few pages. Routing, scopes, metrics and `GET __apis` come from it.
//!
//! - [`operation`]: what an entry says; [`scope`]: who may call it; [`coverage`]: the page that shows all of it
//! - `records`, `metadata`, [`apis`] and the others: operations that are served
//! - `line`: several of them in one line
//! - `not_yet`: operations that are known and answer 501

pub mod apis;
mod blueprint;
mod conversion;
pub mod coverage;
mod custom_views;
mod files;
mod history;
mod line;
mod mail;
mod mass;
mod metadata;
mod not_yet;
pub mod operation;
mod people;
mod records;
mod related;
pub mod scope;
mod settings;
mod sharing;
mod tags;

pub use operation::{Method, Operation, Root, Run, Target, Uploads};
pub use scope::ScopeRule;

/// Groups of operations with the heading they have in the coverage page. A heading may come more than once.
static GROUPS: &[(&str, &[Operation])] = &[
    ("The list itself", apis::OPERATIONS),
    ("Records", records::OPERATIONS),
    ("Metadata", metadata::OPERATIONS),
    ("Metadata", metadata::OTHERS),
    ("Settings", settings::OPERATIONS),
    ("Metadata", custom_views::OPERATIONS),
    ("Conversion, merging, blueprints", conversion::OPERATIONS),
    ("Conversion, merging, blueprints", blueprint::OPERATIONS),
    ("Conversion, merging, blueprints", blueprint::DESIGNED),
    ("Attachments and files", files::OPERATIONS),
    ("History", history::OPERATIONS),
    ("E-mails of records", mail::OPERATIONS),
    ("Mass actions, owners, recycle bin", mass::OPERATIONS),
    ("Users, territories, data sharing", people::OPERATIONS),
    ("Related lists, notes, contact roles", related::OPERATIONS),
    ("Shares, locks, territories of records", sharing::OPERATIONS),
    ("Tags", tags::OPERATIONS),
    ("Records", not_yet::records::OPERATIONS),
    ("Attachments and files", not_yet::files::OPERATIONS),
    ("E-mails of records", not_yet::mail::OPERATIONS),
    ("Settings", not_yet::settings::OPERATIONS),
    ("Users, territories, data sharing", not_yet::people::OPERATIONS),
    ("Automation", not_yet::automation::OPERATIONS),
    ("Bulk, notifications, queries", not_yet::platform::OPERATIONS),
];

/// Every operation, served or not.
pub fn operations() -> impl Iterator<Item = &'static Operation> {
    GROUPS.iter().flat_map(|(_, operations)| *operations)
}

/// Words at the start of a path that are no modules. Without this list a path below them that no route knows,
/// `users/5/x` for example, would be taken for records of a module with that name.
const RESERVED: [&str; 19] = [
    "__apis",
    "__composite_requests",
    "__features",
    "__zia_org_enrichment",
    "__zia_people_enrichment",
    "actions",
    "approvals",
    "bulk",
    "coql",
    "email",
    "files",
    "functions",
    "graphql",
    "org",
    "settings",
    "signals",
    "upload",
    "users",
    "workflow_configurations",
];

/// True for a first path segment that cannot name a module.
pub fn is_reserved(segment: &str) -> bool {
    segment.is_empty() || RESERVED.contains(&segment)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Method, Root, operations};

    #[test]
    fn ids_and_routes_are_unique() {
        let mut ids = HashSet::new();
        let mut routes = HashSet::new();
        for operation in operations() {
            assert!(ids.insert(operation.id), "{} is listed twice", operation.id);
            let route = format!("{} {}", operation.method.text(), operation.route());
            assert!(routes.insert(route.clone()), "{route} is listed twice");
        }
        assert!(operations().any(|operation| operation.method == Method::Patch));
    }

    #[test]
    fn first_words_of_static_paths_are_no_modules() {
        for operation in operations().filter(|operation| operation.root == Root::Crm) {
            let first = operation.path.split('/').next().unwrap_or_default();
            // The one module whose path is documented in lower case too.
            if first.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') && first != "contacts" {
                assert!(super::is_reserved(first), "{first} of {} is not reserved", operation.id);
            }
        }
    }
}

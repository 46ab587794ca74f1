//! OAuth scopes: `Service.resource[.sub][.OPERATION]`, compared without regard to case.
//!
//! A parent implies its children, `ALL` implies every operation, `WRITE` implies create and update.

use std::fmt;

/// What an operation asks for: a dotted path in lower case, and the operation on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScopeNeed<'a> {
    /// For example `zohocrm.modules.leads`.
    pub path: &'a str,
    /// `READ`, `CREATE`, `UPDATE`, `DELETE`, …
    pub operation: &'a str,
}

impl fmt::Display for ScopeNeed<'_> {
    /// As the documentation writes it: `ZohoCRM.modules.leads.READ`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (service, rest) = self.path.split_once('.').unwrap_or((self.path, ""));
        let service = SERVICES.iter().find(|name| name.eq_ignore_ascii_case(service)).unwrap_or(&service);
        let dot = if rest.is_empty() { "" } else { "." };
        write!(f, "{service}{dot}{rest}.{}", self.operation)
    }
}

/// Services as scopes write them.
const SERVICES: [&str; 4] = ["ZohoCRM", "ZohoFiles", "ZohoSearch", "AaaServer"];

#[derive(Debug, Clone, PartialEq, Eq)]
struct Scope {
    path: String,
    /// `None`: every operation.
    operation: Option<String>,
}

const OPERATIONS: [&str; 9] =
    ["all", "read", "create", "update", "delete", "write", "view", "custom", "execute"];

/// The branch of records.
pub const MODULES: &str = "zohocrm.modules";

/// Modules with a scope of their own; all others go by `custom`. Source: the published table of scopes.
const NAMED: [&str; 27] = [
    "accounts",
    "activities",
    "appointments",
    "attachments",
    "calls",
    "campaigns",
    "cases",
    "contacts",
    "custom",
    "deals",
    "emails",
    "events",
    "forecasts",
    "invoices",
    "leads",
    "notes",
    "pricebooks",
    "products",
    "purchaseorders",
    "quotes",
    "salesorders",
    "services",
    "solutions",
    "tasks",
    "vendors",
    "visits",
    "users",
];

/// The scope of the module that stands for tasks, events and calls together.
const ACTIVITIES: &str = "activities";
const EACH_ACTIVITY: [&str; 3] = ["tasks", "events", "calls"];

/// True when `whole` is the module of all activities and `module` one of those it stands for.
pub fn is_activity_of(whole: &str, module: &str) -> bool {
    module_name(whole) == ACTIVITIES && EACH_ACTIVITY.contains(&module_name(module).as_str())
}

/// A module's name in scopes: lower case, without underscores.
pub fn module_name(module: &str) -> String {
    module.trim_end_matches("__s").chars().filter(|c| *c != '_').map(|c| c.to_ascii_lowercase()).collect()
}

/// The scope for a module in a branch that has one part per module, such as [`MODULES`]. A name that cannot stand in a
/// scope is that of no module but a custom one.
pub fn module_scope(branch: &str, module: &str, operation: &str) -> String {
    let mut name = module_name(module);
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        "custom".clone_into(&mut name);
    }
    ScopeNeed { path: &format!("{branch}.{name}"), operation }.to_string()
}

/// The scopes a token carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScopeSet {
    scopes: Vec<Scope>,
    text: String,
}

impl ScopeSet {
    /// Reads scopes separated by commas or spaces. The text is kept as given.
    pub fn parse(text: &str) -> Self {
        let scopes = split(text)
            .map(|one| {
                let lower = one.to_ascii_lowercase();
                match lower.rsplit_once('.') {
                    Some((path, operation)) if OPERATIONS.contains(&operation) => Scope {
                        path: path.to_owned(),
                        operation: (operation != "all").then(|| operation.to_owned()),
                    },
                    _ => Scope { path: lower, operation: None },
                }
            })
            .collect();
        Self { scopes, text: text.trim().to_owned() }
    }

    pub fn is_empty(&self) -> bool {
        self.scopes.is_empty()
    }

    /// True when some scope of the set covers the need.
    pub fn allows(&self, need: ScopeNeed<'_>) -> bool {
        self.scopes.iter().any(|scope| {
            let covers_path = need
                .path
                .strip_prefix(scope.path.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
            covers_path
                && match &scope.operation {
                    None => true,
                    Some(operation) if operation == "write" => {
                        ["create", "update", "write"].iter().any(|o| need.operation.eq_ignore_ascii_case(o))
                    }
                    Some(operation) => need.operation.eq_ignore_ascii_case(operation),
                }
        })
    }

    /// True when some scope covers the module in a branch that has one part per module, such as [`MODULES`].
    pub fn allows_module(&self, branch: &str, module: &str, operation: &str) -> bool {
        // Most tokens carry the whole branch; that needs no text to be made.
        if self.allows(ScopeNeed { path: branch, operation }) {
            return true;
        }
        let name = module_name(module);
        let allows = |name: &str| self.allows(ScopeNeed { path: &format!("{branch}.{name}"), operation });
        allows(&name)
            || (name == ACTIVITIES && EACH_ACTIVITY.into_iter().all(allows))
            || (!NAMED.contains(&name.as_str()) && allows("custom"))
    }

    /// True when every scope of `other` is covered by this set.
    pub fn covers(&self, other: &Self) -> bool {
        other.scopes.iter().all(|scope| {
            let operations: &[&str] = match scope.operation.as_deref() {
                Some("write") => &["create", "update"],
                Some(operation) => return self.allows(ScopeNeed { path: &scope.path, operation }),
                None => &["all"],
            };
            operations.iter().all(|operation| self.allows(ScopeNeed { path: &scope.path, operation }))
        })
    }

    /// The scopes one by one, as they were written.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        split(&self.text)
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, one) in self.iter().enumerate() {
            if at > 0 {
                f.write_str(" ")?;
            }
            f.write_str(one)?;
        }
        Ok(())
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split([',', ' ', '\t', '\n']).map(str::trim).filter(|one| !one.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(scopes: &str, path: &str, operation: &str) -> bool {
        ScopeSet::parse(scopes).allows(ScopeNeed { path, operation })
    }

    #[test]
    fn parents_and_all_imply() {
        assert!(allows("ZohoCRM.modules.ALL", "zohocrm.modules.leads", "READ"));
        assert!(allows("ZohoCRM.modules.READ", "zohocrm.modules.leads", "READ"));
        assert!(allows("ZohoCRM.Modules.Leads.all", "zohocrm.modules.leads", "DELETE"));
        assert!(allows("ZohoCRM.modules.deals.WRITE", "zohocrm.modules.deals", "UPDATE"));
        assert!(!allows("ZohoCRM.modules.deals.WRITE", "zohocrm.modules.deals", "DELETE"));
        assert!(!allows("ZohoCRM.modules.leads.READ", "zohocrm.modules.leadsource", "READ"));
        assert!(!allows("ZohoCRM.modules.leads.READ", "zohocrm.modules.leads", "UPDATE"));
        assert!(!allows("", "zohocrm.org", "READ"));
    }

    #[test]
    fn all_activities_are_tasks_events_and_calls() {
        let allows = |scopes: &str| ScopeSet::parse(scopes).allows_module(MODULES, "Activities", "READ");
        assert!(allows("ZohoCRM.modules.activities.READ") && allows("ZohoCRM.modules.READ"));
        let three = "ZohoCRM.modules.tasks.READ ZohoCRM.modules.events.ALL ZohoCRM.modules.calls.READ";
        assert!(allows(three));
        assert!(!allows("ZohoCRM.modules.tasks.READ ZohoCRM.modules.events.ALL"));
        assert!(!allows("ZohoCRM.modules.custom.ALL"));
        assert!(is_activity_of("activities", "Calls") && !is_activity_of("Activities", "Deals"));
    }

    #[test]
    fn needs_read_as_documented() {
        let text = |path, operation| ScopeNeed { path, operation }.to_string();
        assert_eq!(text("zohocrm.settings.fields", "READ"), "ZohoCRM.settings.fields.READ");
        assert_eq!(text("zohosearch.securesearch", "READ"), "ZohoSearch.securesearch.READ");
        assert_eq!(module_scope(MODULES, "Sales_Orders", "CREATE"), "ZohoCRM.modules.salesorders.CREATE");
        for odd in ["", "a b", "x\r\ny", "Größe", "a\""] {
            assert_eq!(module_scope(MODULES, odd, "READ"), "ZohoCRM.modules.custom.READ");
        }
    }

    #[test]
    fn a_set_covers_another() {
        let wide = ScopeSet::parse("ZohoCRM.modules.ALL,ZohoCRM.settings.ALL");
        assert!(wide.covers(&ScopeSet::parse("ZohoCRM.modules.leads.READ ZohoCRM.settings.fields.ALL")));
        assert!(!wide.covers(&ScopeSet::parse("ZohoCRM.users.READ")));
        assert!(!ScopeSet::parse("ZohoCRM.modules.READ").covers(&ScopeSet::parse("ZohoCRM.modules.ALL")));
    }
}

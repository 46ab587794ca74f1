//! Which scope an operation asks for.

use dealwright_engine::access::{Action, Opening};
use dealwright_wire::scope::{MODULES, module_scope};
use dealwright_wire::{Compat, ScopeNeed, ScopeSet};

/// Scope of an operation. The second part is the scope's operation: `READ`, `CREATE`, …
#[derive(Debug, Clone, Copy)]
pub enum ScopeRule {
    /// Any valid token will do.
    Any,
    /// `ZohoCRM.modules.{module}`
    Module(&'static str),
    /// [`ScopeRule::Module`], or the fixed path with an operation of its own.
    ModuleOr(&'static str, &'static str, &'static str),
    /// [`ScopeRule::Module`] with `READ`, and in strict mode the search service's own scope: many real clients
    /// never ask for it.
    ModuleSearch,
    /// [`ScopeRule::ModuleSearch`] for what is no module: the path to read.
    Search(&'static str),
    /// What hangs on a record: `ZohoCRM.modules.attachments`, and the record's own module to read.
    Beside(&'static str, &'static str),
    /// A resource that has its own branch per module: `ZohoCRM.share.{module}`, or `all` in place of the module.
    /// Holds the branch in lower case.
    Branch(&'static str, &'static str),
    /// One path, in lower case.
    Fixed(&'static str, &'static str),
}

/// What the path of a call says about where it goes.
#[derive(Debug, Clone, Copy)]
pub struct GoesTo<'a> {
    /// `api_name` of the path's module; empty without one.
    pub module: &'a str,
    pub names_record: bool,
    pub is_of_settings: bool,
}

const SEARCH: ScopeNeed<'static> = ScopeNeed { path: "zohosearch.securesearch", operation: "READ" };

impl ScopeRule {
    /// True when the token may call the operation on that module (the first path segment of record routes).
    pub fn allows(self, scopes: &ScopeSet, module: &str, compat: Compat) -> bool {
        match self {
            Self::Any => true,
            Self::Fixed(path, operation) => scopes.allows(ScopeNeed { path, operation }),
            Self::Module(operation) => scopes.allows_module(MODULES, module, operation),
            Self::ModuleOr(operation, path, other) => {
                scopes.allows_module(MODULES, module, operation)
                    || scopes.allows(ScopeNeed { path, operation: other })
            }
            Self::ModuleSearch => {
                scopes.allows_module(MODULES, module, "READ")
                    && (compat == Compat::Lenient || scopes.allows(SEARCH))
            }
            Self::Search(path) => {
                scopes.allows(ScopeNeed { path, operation: "READ" })
                    && (compat == Compat::Lenient || scopes.allows(SEARCH))
            }
            Self::Beside(name, operation) => {
                scopes.allows_module(MODULES, name, operation)
                    && scopes.allows_module(MODULES, module, "READ")
            }
            Self::Branch(branch, operation) => {
                let all = format!("{branch}.all");
                scopes.allows_module(branch, module, operation)
                    || scopes.allows(ScopeNeed { path: &all, operation })
            }
        }
    }

    /// What the token lacks, separated by commas. The module comes from the path, so it tells nobody whether there is one.
    pub fn missing(self, scopes: &ScopeSet, module: &str, compat: Compat) -> String {
        let fixed = |path, operation| {
            let need = ScopeNeed { path, operation };
            (need.to_string(), scopes.allows(need))
        };
        let of = |branch, module, operation| {
            (module_scope(branch, module, operation), scopes.allows_module(branch, module, operation))
        };
        let search = || (SEARCH.to_string(), compat == Compat::Lenient || scopes.allows(SEARCH));
        let all = match self {
            Self::Any => Vec::new(),
            Self::Fixed(path, operation) => vec![fixed(path, operation)],
            Self::Module(operation) | Self::ModuleOr(operation, ..) => vec![of(MODULES, module, operation)],
            Self::ModuleSearch => vec![of(MODULES, module, "READ"), search()],
            Self::Search(path) => vec![fixed(path, "READ"), search()],
            Self::Beside(name, operation) => vec![of(MODULES, name, operation), of(MODULES, module, "READ")],
            Self::Branch(branch, operation) => vec![of(branch, module, operation)],
        };
        let missing: Vec<_> =
            all.into_iter().filter(|(_, is_there)| !is_there).map(|(scope, _)| scope).collect();
        missing.join(",")
    }

    /// What the rule stands for beyond being asked: how far the operation goes in the module of its path. All else that it
    /// touches is asked of the token when a grant is made. An operation on one record (`names_record`) stands for
    /// changing it; settings rule over all modules.
    pub fn opens(self, scopes: &ScopeSet, place: GoesTo<'_>) -> Opening {
        let by_operation = |operation: &str| {
            let more: &[Action] = match (operation, place.names_record) {
                ("CREATE", false) => &[Action::View, Action::Create],
                ("CREATE", true) => &[Action::View, Action::Create, Action::Edit],
                ("UPDATE", _) => &[Action::View, Action::Edit],
                ("DELETE", false) => &[Action::View, Action::Delete],
                ("DELETE", true) => &[Action::View, Action::Delete, Action::Edit],
                _ => &[Action::View],
            };
            Opening::of(place.module, more)
        };
        match self {
            Self::Module(operation) => by_operation(operation),
            Self::ModuleOr(operation, ..) if scopes.allows_module(MODULES, place.module, operation) => {
                by_operation(operation)
            }
            Self::ModuleSearch | Self::Beside(..) => by_operation("READ"),
            Self::Fixed(..) if place.is_of_settings => Opening::every(),
            Self::Any | Self::ModuleOr(..) | Self::Search(_) | Self::Branch(..) | Self::Fixed(..) => {
                Opening::of(place.module, &[Action::View, Action::Create, Action::Edit, Action::Delete])
            }
        }
    }

    /// True when lenient mode let a call through that lacks a scope.
    pub fn is_waived(self, scopes: &ScopeSet, compat: Compat) -> bool {
        matches!(self, Self::ModuleSearch | Self::Search(_))
            && compat == Compat::Lenient
            && !scopes.allows(SEARCH)
    }

    /// As `GET __apis` prints it. `module` is in its scope form.
    pub fn text(self, module: &str) -> Option<String> {
        Some(match self {
            Self::Any => return None,
            Self::Fixed(path, operation) => ScopeNeed { path, operation }.to_string(),
            Self::Module(operation) | Self::ModuleOr(operation, ..) => {
                format!("ZohoCRM.modules.{module}.{operation}")
            }
            Self::ModuleSearch => format!("ZohoCRM.modules.{module}.READ,ZohoSearch.securesearch.READ"),
            Self::Search(path) => {
                format!("{},ZohoSearch.securesearch.READ", ScopeNeed { path, operation: "READ" })
            }
            Self::Beside(name, operation) => {
                format!("ZohoCRM.modules.{module}.READ,ZohoCRM.modules.{name}.{operation}")
            }
            Self::Branch(branch, operation) => {
                ScopeNeed { path: &format!("{branch}.{module}"), operation }.to_string()
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ScopeRule;
    use dealwright_wire::{Compat, ScopeSet, scope::module_name as scope_name};

    fn allows(rule: ScopeRule, scopes: &str, module: &str) -> bool {
        rule.allows(&ScopeSet::parse(scopes), module, Compat::Strict)
    }

    #[test]
    fn modules_go_by_their_scope_name() {
        assert_eq!(scope_name("Sales_Orders"), "salesorders");
        assert_eq!(scope_name("Appointments__s"), "appointments");
        let read = ScopeRule::Module("READ");
        assert!(allows(read, "ZohoCRM.modules.salesorders.READ", "Sales_Orders"));
        assert!(allows(read, "ZohoCRM.modules.READ", "Sales_Orders"));
        assert!(!allows(read, "ZohoCRM.modules.leads.ALL", "Deals"));
    }

    #[test]
    fn unknown_modules_are_custom_ones() {
        let read = ScopeRule::Module("READ");
        assert!(allows(read, "ZohoCRM.modules.custom.READ", "Boats"));
        assert!(allows(read, "ZohoCRM.modules.boats.READ", "Boats"));
        assert!(!allows(read, "ZohoCRM.modules.custom.READ", "Leads"));
    }

    #[test]
    fn what_hangs_on_a_record_needs_both_scopes() {
        let create = ScopeRule::Beside("attachments", "CREATE");
        assert!(allows(create, "ZohoCRM.modules.ALL", "Leads"));
        assert!(allows(create, "ZohoCRM.modules.leads.ALL,ZohoCRM.modules.attachments.CREATE", "Leads"));
        assert!(!allows(create, "ZohoCRM.modules.leads.ALL", "Leads"));
        assert!(!allows(create, "ZohoCRM.modules.attachments.ALL", "Leads"));
        assert!(!allows(create, "ZohoCRM.modules.leads.ALL,ZohoCRM.modules.attachments.READ", "Leads"));
    }

    #[test]
    fn a_branch_of_all_modules_covers_each() {
        let send = ScopeRule::Branch("zohocrm.send_mail", "CREATE");
        assert!(allows(send, "ZohoCRM.send_mail.all.CREATE", "Leads"));
        assert!(allows(send, "ZohoCRM.send_mail.leads.CREATE", "Leads"));
        assert!(!allows(send, "ZohoCRM.send_mail.deals.CREATE", "Leads"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let missing = |rule: ScopeRule, scopes: &str, module: &str, compat| {
            rule.missing(&ScopeSet::parse(scopes), module, compat)
        };
        for (rule, scopes, compat, expected) in [
            (ScopeRule::Module("READ"), "", Compat::Strict, "ZohoCRM.modules.leads.READ"),
            (
                ScopeRule::Fixed("zohocrm.coql", "READ"),
                "ZohoCRM.modules.ALL",
                Compat::Lenient,
                "ZohoCRM.coql.READ",
            ),
            (ScopeRule::ModuleSearch, "ZohoCRM.modules.ALL", Compat::Strict, "ZohoSearch.securesearch.READ"),
            (
                ScopeRule::ModuleSearch,
                "openid",
                Compat::Strict,
                "ZohoCRM.modules.leads.READ,ZohoSearch.securesearch.READ",
            ),
            (ScopeRule::ModuleSearch, "openid", Compat::Lenient, "ZohoCRM.modules.leads.READ"),
            (
                ScopeRule::Beside("attachments", "CREATE"),
                "ZohoCRM.modules.leads.ALL",
                Compat::Strict,
                "ZohoCRM.modules.attachments.CREATE",
            ),
            (
                ScopeRule::Branch("zohocrm.send_mail", "CREATE"),
                "ZohoCRM.send_mail.deals.CREATE",
                Compat::Strict,
                "ZohoCRM.send_mail.leads.CREATE",
            ),
        ] {
            assert_eq!(missing(rule, scopes, "Leads", compat), expected);
            // Whoever asks for what is named is let in.
            let all = format!("{scopes},{expected}");
            assert!(rule.allows(&ScopeSet::parse(&all), "Leads", compat), "{all}");
        }
    }

    #[test]
    fn search_needs_both_scopes_in_strict_mode() {
        assert!(!allows(ScopeRule::ModuleSearch, "ZohoCRM.modules.ALL", "Leads"));
        assert!(allows(ScopeRule::ModuleSearch, "ZohoCRM.modules.ALL,ZohoSearch.securesearch.READ", "Leads"));
    }
}

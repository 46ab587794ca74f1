//! Which scopes exist, and how they read in words on the consent page.
//!
//! Source: API documentation, "Scopes". Groups are checked, what stands below a group is not:
//! modules and settings resources grow, and a scope nothing asks for does no harm.

use std::borrow::Cow;

use dealwright_wire::ScopeSet;

use crate::OAuthError;

/// Groups of scopes: what they begin with, in lower case, and what they give access to.
const GROUPS: &[(&str, &str)] = &[
    ("zohocrm.modules", "records"),
    ("zohocrm.settings", "settings"),
    ("zohocrm.users", "users"),
    ("zohocrm.org", "the organisation's details"),
    ("zohocrm.bulk", "bulk import and export"),
    ("zohocrm.coql", "queries"),
    ("zohocrm.graphql", "GraphQL queries"),
    ("zohocrm.mass_update", "mass update of records"),
    ("zohocrm.mass_delete", "mass deletion of records"),
    ("zohocrm.mass_convert", "mass conversion of records"),
    ("zohocrm.change_owner", "owners of records"),
    ("zohocrm.notifications", "notifications about changes"),
    ("zohocrm.files", "files"),
    ("zohocrm.templates", "templates"),
    ("zohocrm.send_mail", "mail sent from records"),
    ("zohocrm.share", "sharing of records"),
    ("zohocrm.composite_requests", "composite requests"),
    ("zohocrm.features", "the list of features"),
    ("zohocrm.apis", "the list of operations"),
    ("zohocrm.functions", "functions"),
    ("zohocrm.signals", "signals"),
    ("zohocrm.zia", "data enrichment"),
    ("zohofiles.files", "files for import"),
    ("zohosearch.securesearch", "search"),
    ("aaaserver.profile", "your name and email address"),
];

/// Scopes that stand alone.
const SINGLE: &[(&str, &str)] = &[
    ("openid", "Know who you are"),
    ("email", "See your email address"),
    ("profile", "See your name"),
    ("phone", "See your phone number"),
];

const OPERATIONS: &[(&str, &str)] = &[
    ("all", "See and change"),
    ("read", "See"),
    ("view", "See"),
    ("create", "Create"),
    ("update", "Change"),
    ("write", "Create and change"),
    ("delete", "Delete"),
    ("custom", "Use"),
    ("execute", "Run"),
];

/// How many wrong scopes a message names, and how much of each.
const SHOWN: usize = 5;
const SHOWN_LETTERS: usize = 80;

/// Every scope there is: what the published development tokens carry.
pub const EVERYTHING: &str = "ZohoCRM.modules.ALL ZohoCRM.settings.ALL ZohoCRM.users.ALL ZohoCRM.org.ALL ZohoCRM.bulk.ALL \
     ZohoCRM.coql.READ ZohoCRM.graphql.READ ZohoCRM.mass_update.ALL ZohoCRM.mass_delete.ALL ZohoCRM.mass_convert.ALL \
     ZohoCRM.change_owner.ALL ZohoCRM.notifications.ALL ZohoCRM.files.ALL ZohoCRM.templates.ALL ZohoCRM.send_mail.ALL \
     ZohoCRM.share.ALL ZohoCRM.composite_requests.CUSTOM ZohoCRM.features.READ ZohoCRM.apis.READ ZohoCRM.functions.ALL \
     ZohoCRM.signals.ALL ZohoCRM.zia.ALL ZohoFiles.files.ALL ZohoSearch.securesearch.READ AaaServer.profile.READ \
     openid email profile phone";

/// Reads the scopes a client asks for; at least one, and all of them known.
pub fn requested(text: &str) -> Result<ScopeSet, OAuthError> {
    let scopes = ScopeSet::parse(text);
    if scopes.is_empty() || !scopes.iter().all(is_known) {
        return Err(OAuthError::InvalidScope);
    }
    Ok(scopes)
}

/// Why scopes cannot be asked for, for a person: names those that do not exist. `None` when they can.
pub fn fault(text: &str) -> Option<String> {
    let scopes = ScopeSet::parse(text);
    if scopes.is_empty() {
        return Some("Name at least one scope.".to_owned());
    }
    let mut unknown: Vec<String> = Vec::new();
    for scope in scopes.iter().filter(|scope| !is_known(scope)) {
        let shown: String = scope.chars().take(SHOWN_LETTERS).collect();
        if is_known(&format!("{scope}.ALL")) {
            return Some(format!("{shown} does not say what for: {shown}.READ or {shown}.ALL, for example."));
        }
        unknown.push(shown);
    }
    match unknown.as_slice() {
        [] => None,
        [one] => Some(format!("There is no scope {one}.")),
        many => Some(format!("There are no scopes {}.", many[..many.len().min(SHOWN)].join(", "))),
    }
}

/// `true` for `Group[.name].OPERATION` of a known group, and for the scopes that stand alone.
pub fn is_known(scope: &str) -> bool {
    parts(scope).is_some() || single(scope).is_some()
}

/// What a scope allows, in words.
pub fn describe(scope: &str) -> String {
    if let Some(words) = single(scope) {
        return words.to_owned();
    }
    let Some((verb, what, name)) = parts(scope) else { return scope.to_owned() };
    match name {
        Some(name) => format!("{verb} {what}: {name}"),
        None => format!("{verb} {what}"),
    }
}

fn single(scope: &str) -> Option<&'static str> {
    SINGLE.iter().find(|(name, _)| name.eq_ignore_ascii_case(scope)).map(|&(_, words)| words)
}

/// Verb, group in words, and what the scope is narrowed to.
fn parts(scope: &str) -> Option<(&'static str, &'static str, Option<Cow<'_, str>>)> {
    let (path, operation) = scope.rsplit_once('.')?;
    let verb = OPERATIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(operation))?.1;
    let lower = path.to_ascii_lowercase();
    let (rest, words) =
        GROUPS.iter().find_map(|(group, words)| Some((lower.strip_prefix(group)?, *words)))?;
    if rest.is_empty() {
        return Some((verb, words, None));
    }
    let name = rest.strip_prefix('.')?;
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    if name.is_empty() || !name.chars().all(is_name) || name.split('.').any(str::is_empty) {
        return None;
    }
    Some((verb, words, Some(Cow::Owned(name.replace(['_', '.'], " ")))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_scopes_pass_in_any_case_and_others_do_not() {
        for good in
            ["ZohoCRM.modules.ALL", "zohocrm.Modules.leads.read", "ZohoFiles.files.ALL", "openid", EVERYTHING]
        {
            assert!(requested(good).is_ok(), "{good}");
        }
        assert!(requested("ZohoCRM.modules.ALL,ZohoCRM.settings.fields.READ").is_ok());
        for bad in [
            "",
            " ,",
            "ZohoBooks.invoices.ALL",
            "ZohoCRM.nothing.ALL",
            "ZohoCRM.modules",
            "ZohoCRM.modulesx.ALL",
        ] {
            assert!(requested(bad).is_err(), "{bad}");
        }
        assert!(requested("ZohoCRM.modules..READ").is_err());
        assert!(requested("ZohoCRM.modules.ALL,nonsense").is_err());
    }

    #[test]
    fn a_fault_names_the_scope() {
        for (text, expected) in [
            ("ZohoCRM.modules.ALL", None),
            (" , ", Some("Name at least one scope.")),
            ("ZohoCRM.modules.ALL,ZohoCRM.nope.READ", Some("There is no scope ZohoCRM.nope.READ.")),
            ("a b", Some("There are no scopes a, b.")),
            (
                "ZohoCRM.modules.leads",
                Some(
                    "ZohoCRM.modules.leads does not say what for: ZohoCRM.modules.leads.READ or ZohoCRM.modules.leads.ALL, \
                     for example.",
                ),
            ),
        ] {
            assert_eq!(fault(text).as_deref(), expected, "{text}");
        }
        assert!(fault(&"x,".repeat(1_000)).unwrap().len() < 60);
        assert!(fault(&"é".repeat(1_000)).unwrap().len() < 200);
    }

    #[test]
    fn scopes_read_as_sentences() {
        assert_eq!(describe("ZohoCRM.modules.leads.READ"), "See records: leads");
        assert_eq!(describe("ZohoCRM.settings.ALL"), "See and change settings");
        assert_eq!(describe("email"), "See your email address");
    }

    #[test]
    fn everything_covers_every_group() {
        let all = ScopeSet::parse(EVERYTHING);
        for (group, _) in GROUPS {
            assert!(
                all.iter().any(|scope| scope.to_ascii_lowercase().starts_with(&format!("{group}."))),
                "{group}"
            );
        }
    }
}

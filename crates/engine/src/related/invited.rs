//! Events to which a record is invited: it is among their participants, or for accounts and deals one of its contacts
//! is.

use dealwright_schema::ModuleDef;
use dealwright_store::Dialect;

use crate::access::unasked::{self, Why};
use crate::records::linked as links;
use crate::snapshot::Snapshot;

/// Related list of invitations.
pub(crate) const LIST: &str = "Invited_Events";

/// True for events (`t`) to which the record bound to `?1`, of module `parent`, is invited.
pub(crate) fn condition(
    snapshot: &Snapshot,
    dialect: &dyn Dialect,
    parent: &ModuleDef,
    events: &ModuleDef,
) -> String {
    let participants = events.field("Participants").and_then(|field| field.column.as_deref()).unwrap_or("id");
    // Participants are stored as compact JSON text, so an id stands between quotes behind its key.
    let invites = |id: &str| {
        let entry = format!("('\"participant\":\"' || CAST({id} AS TEXT) || '\"')");
        dialect.contains(&format!("t.\"{participants}\""), &entry)
    };
    let Some(contacts) = contacts(snapshot, parent) else {
        // The cast tells PostgreSQL the argument's type, which it would else take from the text around it.
        return invites("CAST(?1 AS BIGINT)");
    };
    format!("EXISTS (SELECT 1 FROM ({contacts}) p WHERE {})", invites("p.id"))
}

/// A query for the contacts of the record bound to `?1`; `None` when the record takes part itself.
fn contacts(snapshot: &Snapshot, parent: &ModuleDef) -> Option<String> {
    let module = snapshot.schema.module("Contacts")?;
    let column = |module: &ModuleDef, name: &str| module.field(name).and_then(|field| field.column.clone());
    match parent.api_name.as_str() {
        "Accounts" => {
            let (table, account) = (unasked::table(module, Why::Condition)?, column(module, "Account_Name")?);
            Some(format!("SELECT c.id FROM {{{table}}} c WHERE c.\"{account}\" = ?1"))
        }
        "Deals" => {
            let (table, contact) = (unasked::table(parent, Why::Condition)?, column(parent, "Contact_Name")?);
            let roles = links::CONTACT_ROLES;
            Some(format!(
                "SELECT d.\"{contact}\" AS id FROM {{{table}}} d WHERE d.id = ?1 AND d.\"{contact}\" IS NOT NULL \
                 UNION SELECT l.other FROM {{_links}} l WHERE l.one = ?1 AND l.kind = {roles}"
            ))
        }
        _ => None,
    }
}

//! What the caller wants of the conversion of a lead: the keys of `data[0]`, or of the body of a mass conversion.
//!
//! Accounts, contacts and users are named as `{"id": …}` or by the id alone, as the versions do it.

use dealwright_wire::{ApiError, Code, Id};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::cx::Cx;
use crate::documents::User;
use crate::records::draft::{self, Draft};
use crate::settings::entry::Entry;
use crate::snapshot::Snapshot;

/// Tags of one kind of record at most.
const TAGS: usize = 10;

/// A module that a lead becomes a record of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Contacts,
    Accounts,
    Deals,
}

impl Side {
    pub(super) const ALL: [Self; 3] = [Self::Contacts, Self::Accounts, Self::Deals];

    /// As the API names the module.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Contacts => "Contacts",
            Self::Accounts => "Accounts",
            Self::Deals => "Deals",
        }
    }

    /// The side that `{"api_name"}` or `{"id"}` of a module names.
    fn named(cx: &Cx, entry: &Entry<'_>) -> Result<Self, ApiError> {
        let names = || Self::ALL.map(Self::name).to_vec();
        if let Some(name) = entry.text("api_name", 100)? {
            let found = Self::ALL.into_iter().find(|side| side.name() == name);
            return found.ok_or_else(|| entry.unsupported("api_name", names()));
        }
        let id = entry.id("id")?.ok_or_else(|| entry.missing("api_name"))?;
        let module = cx.snapshot.schema.module_by_id(id);
        let found = Self::ALL.into_iter().find(|side| module.is_some_and(|m| m.api_name == side.name()));
        found.ok_or_else(|| entry.error(Code::InvalidData, "id"))
    }
}

/// Which tags of the lead a record gets.
#[derive(Debug, Clone, Default)]
pub(super) enum Carry {
    #[default]
    None,
    All,
    Named(Vec<String>),
}

/// One conversion as it is wanted.
#[derive(Debug, Clone)]
pub(super) struct LeadConverter {
    /// Where the keys stand: `$.data[0]`, or `$` for a mass conversion.
    pub path: String,
    /// The contact's account is replaced by the lead's company.
    pub overwrite: bool,
    /// A record that the lead matches is used; else records are always made.
    pub add_to_existing_record: bool,
    pub contact: Option<Id>,
    pub account: Option<Id>,
    /// With an id: that deal is used.
    pub deal: Option<Draft>,
    /// The part that the contact has in the deal.
    pub contact_role: Option<Id>,
    pub owner: Option<Id>,
    tags: [Carry; 3],
    pub attachments_to: Side,
    /// Only what belongs to these modules moves to the new records.
    pub related_modules: Option<Vec<Id>>,
}

#[derive(Deserialize)]
struct DealKey<'a> {
    #[serde(borrow, rename = "Deals")]
    deals: Option<&'a RawValue>,
}

impl LeadConverter {
    /// Reads the keys that stand at `path`.
    pub(super) fn read(cx: &Cx, raw: &RawValue, path: &str) -> Result<Self, ApiError> {
        let not_an_object = || {
            ApiError::new(Code::InvalidData)
                .detail("expected_data_type", "jsonobject")
                .field("data", path.to_owned())
        };
        let keys: Map<String, Value> = serde_json::from_str(raw.get()).map_err(|_| not_an_object())?;
        let deals: DealKey<'_> = serde_json::from_str(raw.get()).map_err(|_| not_an_object())?;
        let entry = Entry::at(&keys, path.to_owned());
        // Owners are told by e-mail; this server sends none of its own accord. A wrong value is refused all the same.
        entry.flag("notify_lead_owner")?;
        entry.flag("notify_new_entity_owner")?;
        let (mut deal, mut contact_role) = (None, None);
        if let Some(raw) = deals.deals.filter(|raw| raw.get() != "null") {
            deal = Some(read_deal(cx, raw, path)?);
            let keys: Map<String, Value> = serde_json::from_str(raw.get()).unwrap_or_default();
            contact_role = Entry::at(&keys, format!("{path}.Deals")).reference("Contact_Role")?;
        }
        let attachments_to = match entry.entry("move_attachments_to")? {
            Some(named) => Side::named(cx, &named)?,
            None => Side::Contacts,
        };
        if attachments_to == Side::Deals && deal.is_none() {
            return Err(entry.error(Code::InvalidData, "move_attachments_to"));
        }
        Ok(Self {
            overwrite: entry.flag("overwrite")?.unwrap_or(false),
            add_to_existing_record: entry.flag("add_to_existing_record")?.unwrap_or(true),
            contact: entry.reference("Contacts")?,
            account: entry.reference("Accounts")?,
            deal,
            contact_role,
            owner: owner(cx, &entry)?,
            tags: tags(cx, &entry)?,
            attachments_to,
            related_modules: related_modules(cx, &entry)?,
            path: path.to_owned(),
        })
    }

    /// Which tags of the lead the record of that side gets.
    pub(super) fn tags(&self, side: Side) -> &Carry {
        &self.tags[side as usize]
    }

    /// `$.data[0].Contacts`
    pub(super) fn path_of(&self, side: Side) -> String {
        format!("{}.{}", self.path, side.name())
    }
}

/// The deal that is wanted. For a new one what the layout's `convert_mapping` requires must be there.
fn read_deal(cx: &Cx, raw: &RawValue, path: &str) -> Result<Draft, ApiError> {
    let deals = cx.snapshot.module("Deals")?;
    let draft = draft::draft(cx, deals, raw, "Deals", format!("{path}.Deals"))?;
    if draft.id.is_some() {
        return Ok(draft);
    }
    let mapping = cx.snapshot.schema.module("Leads").and_then(|leads| leads.described.get("convert_mapping"));
    let asked = mapping.and_then(|mapping| mapping.get("Deals")?.get("fields")?.as_array());
    for field in asked.into_iter().flatten().filter(|field| field["required"] == true) {
        let Some(at) = field["api_name"].as_str().and_then(|name| deals.field_index(name)) else { continue };
        if !draft.fills(at) {
            return Err(draft.mandatory(&deals.fields()[at]));
        }
    }
    draft::check_mandatory(deals, &draft)?;
    Ok(draft)
}

/// The user that the new records shall belong to.
pub(super) fn owner(cx: &Cx, entry: &Entry<'_>) -> Result<Option<Id>, ApiError> {
    let Some(id) = entry.reference("assign_to")? else { return Ok(None) };
    let refused = |message: &'static str| entry.error(Code::InvalidData, "assign_to").message(message).id(id);
    let user = cx.snapshot.user(id).filter(|user| user.is_active);
    let user = user.ok_or_else(|| refused("the id given seems to be invalid"))?;
    if !may_assign_to(&cx.snapshot, &cx.actor.user, user) {
        return Err(refused("Non Subordinate User Found"));
    }
    Ok(Some(id))
}

/// Who does not administer the org gives records to himself and to the people below him.
fn may_assign_to(snapshot: &Snapshot, giver: &User, taker: &User) -> bool {
    if giver.id == taker.id || snapshot.profile_of(giver).is_some_and(|profile| profile.is_admin) {
        return true;
    }
    let mut role = snapshot.role(taker.role);
    // A cycle of roles would otherwise never end.
    for _ in 0..snapshot.roles.len() {
        let Some(above) = role.and_then(|role| role.reporting_to) else { return false };
        if above == giver.role {
            return true;
        }
        role = snapshot.role(above);
    }
    false
}

/// `{"Contacts": ["name", …], …}`, or in a mass conversion the modules whose records get all tags.
fn tags(cx: &Cx, entry: &Entry<'_>) -> Result<[Carry; 3], ApiError> {
    let mut tags: [Carry; 3] = Default::default();
    if matches!(entry.value("carry_over_tags"), Some(Value::Array(_))) {
        for named in entry.entries("carry_over_tags")? {
            tags[Side::named(cx, &named)? as usize] = Carry::All;
        }
        return Ok(tags);
    }
    let Some(named) = entry.entry("carry_over_tags")? else { return Ok(tags) };
    for side in Side::ALL {
        let Some(value) = named.value(side.name()) else { continue };
        let names: Vec<String> = serde_json::from_value(value.clone()).map_err(|_| {
            named.error(Code::InvalidData, side.name()).detail("expected_data_type", "jsonarray")
        })?;
        if names.len() > TAGS {
            return Err(named.error(Code::InvalidData, side.name()).detail("maximum_length", TAGS));
        }
        tags[side as usize] = Carry::Named(names);
    }
    Ok(tags)
}

/// The modules of `related_modules`, by name or id.
pub(super) fn related_modules(cx: &Cx, entry: &Entry<'_>) -> Result<Option<Vec<Id>>, ApiError> {
    if entry.value("related_modules").is_none() {
        return Ok(None);
    }
    let mut modules = Vec::new();
    for named in entry.entries("related_modules")? {
        let module = match (named.text("api_name", 100)?, named.id("id")?) {
            (Some(name), _) => cx.snapshot.schema.module(name),
            (None, Some(id)) => cx.snapshot.schema.module_by_id(id),
            (None, None) => return Err(named.missing("api_name")),
        };
        modules.push(module.ok_or_else(|| named.error(Code::InvalidData, "api_name"))?.id);
    }
    Ok(Some(modules))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use dealwright_wire::Id;

    use super::may_assign_to;
    use crate::documents::{Audit, Documents, Role, User};
    use crate::metadata::tests::snapshot;
    use crate::snapshot::Snapshot;

    #[test]
    fn records_are_given_to_oneself_and_downwards() {
        let snapshot = snapshot();
        let id = |number| Id::new(number).unwrap();
        let role = |number, above| {
            Arc::new(Role {
                id: id(number),
                name: number.to_string(),
                reporting_to: above,
                share_with_peers: false,
                description: None,
                audit: Audit::default(),
            })
        };
        let roles = vec![role(1, None), role(2, Some(id(1))), role(3, Some(id(2)))];
        let documents = Documents { roles, ..snapshot.documents() };
        let (schema, details) = (snapshot.schema.clone(), snapshot.details.clone());
        let snapshot = Snapshot::new(schema, details, documents, Arc::default());
        let user = |number: i64, role| User {
            id: id(number),
            identity: id(number),
            first_name: None,
            last_name: number.to_string(),
            email: format!("{number}@example.com"),
            role: id(role),
            profile: id(99),
            is_active: true,
            created_time: 0,
            more: serde_json::Map::new(),
        };
        let (head, middle, hand) = (user(11, 1), user(12, 2), user(13, 3));
        assert!(may_assign_to(&snapshot, &head, &hand));
        assert!(may_assign_to(&snapshot, &middle, &middle));
        assert!(!may_assign_to(&snapshot, &hand, &middle));
    }
}

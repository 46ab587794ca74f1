//! `settings/territories`: the parts of the market, in a tree below the org.
//!
//! The first territory that is made brings the root with it, which stands for the whole org: it has no superior,
//! cannot be deleted, and only its name changes. Source: "Territories" of the published API.

use std::sync::Arc;

use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use super::entry::{self, Entry};
use super::resource::{self, Field, Kind, Resource, Step, Unique, Words, mandatory, optional};
use crate::cx::Cx;
use crate::documents::{Audit, Keys, Territory};
use crate::error::Error;
use crate::metadata::{Reader, invalid_id, page, paging, path_id};
use crate::org::Change;
use crate::records::outcome;
use crate::request::{Answer, Reply, Request};

/// Permission to change territories.
pub(crate) const MANAGE: &str = "Crm_Implied_Manage_Territories";

/// The tree.
pub static TERRITORIES: Resource<Territory> = Resource {
    most: 10,
    per_page: Some(2_000),
    unique: &[Unique::of(&["name"])],
    show,
    fresh,
    check,
    remove,
    ..Resource::new(
        "territories",
        MANAGE,
        FIELDS,
        Words {
            created: "Territory Created Successfully",
            updated: "Territory Updated Successfully",
            deleted: "Given Territory Removed Successfully",
        },
    )
};

const MOVED: &str =
    "Given Territory Removed Successfully and its child Territories moved to the another territory";

const FIELDS: &[Field] = &[
    mandatory("name", Kind::Name(100, "^~`#%&+=[]{}|\\;\"'<>,", "invalid data")),
    optional("description", Kind::Text(3_000)),
    optional("permission_type", Kind::OneOf(&["read_only", "read_write_delete"])),
    optional("reporting_to", Kind::Territory),
    optional("manager", Kind::User),
    optional("account_rule_criteria", Kind::Object),
    optional("lead_rule_criteria", Kind::Object),
    optional("deal_rule_criteria", Kind::Object),
];

#[expect(clippy::unnecessary_wraps, reason = "hooks share one signature")]
fn fresh(_: &Step<'_>) -> Result<Keys, ApiError> {
    let mut keys = Keys::new();
    keys.insert("permission_type".to_owned(), json!("read_only"));
    Ok(keys)
}

fn root(change: &Change) -> Option<Arc<Territory>> {
    change.all::<Territory>().iter().find(|one| one.reporting_to.is_none()).cloned()
}

/// The root, made when there is none.
fn planted(cx: &Cx, change: &mut Change) -> Result<Id, Error> {
    if let Some(root) = root(change) {
        return Ok(root.id);
    }
    let root = Territory {
        id: cx.org.mint.next(),
        name: cx.snapshot.details.company_name.clone(),
        description: None,
        permission_type: "read_write_delete".to_owned(),
        reporting_to: None,
        manager: None,
        users: Vec::new(),
        account_rule_criteria: None,
        lead_rule_criteria: None,
        deal_rule_criteria: None,
        audit: Audit {
            created_time: Some(change.now.0),
            modified_time: Some(change.now.0),
            ..Audit::default()
        },
    };
    let id = root.id;
    change.put(root)?;
    Ok(id)
}

fn check(step: &mut Step<'_>, before: Option<&Territory>, territory: &mut Territory) -> Result<(), Error> {
    // Rules put records into territories by themselves; nothing here does that.
    for key in ["account_rule_criteria", "lead_rule_criteria", "deal_rule_criteria"] {
        if step.entry.value(key).is_some() {
            return Err(step.error(Code::NotSupported, key).into());
        }
    }
    let Some(before) = before else {
        let top = planted(step.cx, step.change)?;
        territory.reporting_to = territory.reporting_to.or(Some(top));
        return Ok(());
    };
    if before.reporting_to.is_none() {
        let other = FIELDS.iter().skip(1).find(|field| step.entry.value(field.name).is_some());
        if let Some(other) = other {
            return Err(step.error(Code::NotAllowedHere, other.name).into());
        }
        territory.reporting_to = None;
        return Ok(());
    }
    let superior = territory.reporting_to.ok_or_else(|| step.entry.missing("reporting_to"))?;
    if below(step.change, territory.id).contains(&superior) {
        return Err(step.error(Code::InvalidData, "reporting_to").into());
    }
    Ok(())
}

/// The territory and all below it.
fn below(change: &Change, territory: Id) -> Vec<Id> {
    let mut reached = vec![territory];
    let mut at = 0;
    while let Some(&above) = reached.get(at) {
        let children = change.all::<Territory>().iter().filter(|one| one.reporting_to == Some(above));
        reached.extend(children.map(|one| one.id).filter(|id| !reached.contains(id)).collect::<Vec<_>>());
        at += 1;
    }
    reached
}

fn remove(step: &mut Step<'_>, territory: &Territory) -> Result<(), Error> {
    refuse_root(territory)?;
    if step.change.all::<Territory>().iter().any(|one| one.reporting_to == Some(territory.id)) {
        let error = ApiError::new(Code::NotAllowedHere).message("child territory exists");
        return Err(error.detail("resource_path_index", 2).id(territory.id).into());
    }
    leave(step.cx, step.change, territory, None)
}

fn refuse_root(territory: &Territory) -> Result<(), ApiError> {
    if territory.reporting_to.is_some() {
        return Ok(());
    }
    let error = ApiError::new(Code::NotAllowedHere).message("the territory of the org cannot be deleted");
    Err(error.detail("resource_path_index", 2).id(territory.id))
}

/// Takes the records out of a territory that goes, or hands them on, and remembers that it was there.
fn leave(cx: &Cx, change: &mut Change, territory: &Territory, heir: Option<Id>) -> Result<(), Error> {
    if let Some(heir) = heir {
        change.hand_on(territory.id, heir);
        change.exec(
            "UPDATE {_record_territories} SET territory_id = ?2 WHERE territory_id = ?1 AND NOT EXISTS \
             (SELECT 1 FROM {_record_territories} o WHERE o.territory_id = ?2 \
             AND o.record_id = {_record_territories}.record_id)",
            vec![territory.id.into(), heir.into()],
        );
    }
    change.exec("DELETE FROM {_record_territories} WHERE territory_id = ?1", vec![territory.id.into()]);
    let mut keys = Keys::new();
    keys.insert("name".to_owned(), json!(territory.name));
    keys.insert("territory".to_owned(), json!(territory.id));
    let audit =
        Audit { created_by: Some(cx.user_id()), created_time: Some(change.now.0), ..Audit::default() };
    let id = cx.org.mint.next();
    change.put(crate::documents::Setting { id, kind: DELETED.to_owned(), audit, keys })
}

/// Kind of the settings that remember deleted territories.
const DELETED: &str = "deleted_territories";

/// The territories right below the one of the path.
pub fn children<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = path_id(request, 0, 2)?;
        cx.snapshot.territory(id).ok_or_else(|| invalid_id(2))?;
        let below = cx.snapshot.territories.iter().filter(|one| one.reporting_to == Some(id));
        resource::answer(cx, request, &TERRITORIES, &below.cloned().collect::<Vec<_>>())
    })
}

/// How many users each territory has.
pub fn users_count<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (number, per_page) = paging(request)?;
        let (rows, info) = page(&cx.snapshot.territories, number, per_page);
        if rows.is_empty() {
            return Ok(Reply::nothing());
        }
        let counts: Vec<Value> = rows
            .iter()
            .map(|one| {
                let territory = json!({"name": one.name, "id": one.id, "subordinates": false});
                json!({"count": one.users.len().to_string(), "territory": territory})
            })
            .collect();
        Ok(Reply::value(200, &json!({"associated_users_count": counts, "info": info})))
    })
}

/// Territories that were deleted.
pub fn deleted<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (number, per_page) = paging(request)?;
        let ids = request.params.list("ids");
        let wanted = |id: &str| ids.as_ref().is_none_or(|ids| ids.contains(&id));
        let all: Vec<_> = cx.snapshot.settings(DELETED).filter(|one| wanted(one.str("territory"))).collect();
        let (rows, info) = page(&all, number, per_page);
        if rows.is_empty() {
            return Ok(Reply::nothing());
        }
        let reader = Reader::of(cx);
        let shown: Vec<Value> = rows
            .iter()
            .map(|one| {
                json!({
                    "name": one.str("name"),
                    "id": one.str("territory"),
                    "deleted_time": reader.time(one.audit.created_time),
                    "deleted_by": reader.user(one.audit.created_by),
                })
            })
            .collect();
        Ok(Reply::value(200, &json!({"territories": shown, "info": info})))
    })
}

/// Deletes territories after their records, users and children went to others: the one of the path, or several.
pub fn transfer<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        cx.require_admin(MANAGE)?;
        let single = match request.segment(0) {
            "" => None,
            _ => Some(path_id(request, 0, 2)?),
        };
        let entries =
            entry::parse(request, TERRITORIES.key, if single.is_some() { 1 } else { TERRITORIES.most })?;
        let outcomes = cx.change(|change| {
            let hand_on = |(at, keys): (usize, &Keys)| {
                let entry = Entry::of_list(keys, TERRITORIES.key, at);
                let id = resource::named(&entry, single).map_err(Error::from);
                resource::outcome(
                    id.and_then(|id| change.attempt(|change| hand_on(cx, change, &entry, id))),
                    MOVED,
                )
            };
            entries.iter().enumerate().map(hand_on).collect::<Result<Vec<_>, _>>()
        });
        Ok(outcome::reply_under(cx, TERRITORIES.key, 200, outcomes.await?))
    })
}

fn hand_on(cx: &Cx, change: &mut Change, entry: &Entry<'_>, id: Id) -> Result<Id, Error> {
    let gone = change.find::<Territory>(id).ok_or_else(|| invalid_id(2).id(id))?;
    refuse_root(&gone)?;
    let heir = entry.id("transfer_to_id")?.ok_or_else(|| entry.missing("transfer_to_id"))?;
    let invalid = || entry.error(Code::InvalidData, "transfer_to_id").id(heir);
    // Its own children cannot take its place, as they go to the heir too.
    let known = change.find::<Territory>(heir).filter(|heir| !below(change, id).contains(&heir.id));
    let mut heir = Territory::clone(&*known.ok_or_else(invalid)?);
    for &user in &gone.users {
        if !heir.users.contains(&user) {
            heir.users.push(user);
        }
    }
    let heir_id = heir.id;
    change.put(heir)?;
    let children: Vec<_> =
        change.all::<Territory>().iter().filter(|one| one.reporting_to == Some(id)).cloned().collect();
    for child in children {
        change.put(Territory { reporting_to: Some(heir_id), ..Territory::clone(&child) })?;
    }
    leave(cx, change, &gone, Some(heir_id))?;
    change.remove::<Territory>(id);
    Ok(id)
}

fn show(reader: &Reader<'_>, territory: &Territory) -> Value {
    let superior = territory.reporting_to.and_then(|id| reader.snapshot.territory(id));
    json!({
        "id": territory.id,
        "name": territory.name,
        "api_name": territory.name.replace(' ', "_"),
        "description": territory.description,
        "permission_type": territory.permission_type,
        "reporting_to": superior.map(|one| json!({"name": one.name, "id": one.id})),
        "manager": reader.user(territory.manager),
        "account_rule_criteria": territory.account_rule_criteria,
        "lead_rule_criteria": territory.lead_rule_criteria,
        "deal_rule_criteria": territory.deal_rule_criteria,
        "created_by": reader.user(territory.audit.created_by),
        "created_time": reader.time(territory.audit.created_time),
        "modified_by": reader.user(territory.audit.modified_by),
        "modified_time": reader.time(territory.audit.modified_time),
    })
}

//! `settings/data_sharing`: what everybody may do with the records of a module.
//!
//! A module that was never set is public: everybody may do with its records what their profile permits.

use std::sync::Arc;

use dealwright_schema::ModuleDef;
use dealwright_schema::indexes::OF_OWNERS;
use dealwright_wire::{ApiError, Code};
use serde_json::{Value, json};

use super::entry::{self, Entry};
use crate::access::Level;
use crate::cx::Cx;
use crate::documents::{Audit, Keys, Setting};
use crate::error::Error;
use crate::org::Change;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Reply, Request};

/// Kind of its settings; each names a module by its id.
pub(crate) use crate::documents::kind::DATA_SHARING as KIND;
/// Permission to change it, and the sharing rules.
pub(crate) const MANAGE: &str = "Crm_Implied_Manage_Data_Sharing";
/// Modules that one call may set.
const MOST: usize = 100;

/// True for modules whose records can be shared: those with owners, but for what belongs to another record.
pub(crate) fn is_shareable(module: &ModuleDef) -> bool {
    let is_custom = module.text("generated_type") == "custom";
    let has_default = module.described.get("default_share_type").is_some_and(|value| !value.is_null());
    module.has_records()
        && module.parent.is_none()
        && module.field("Owner").is_some_and(|field| field.column.is_some())
        && (is_custom || has_default)
}

/// What holds in each module.
pub fn list<'a>(cx: &'a Cx, _: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let modules = cx.snapshot.schema.modules().iter().filter(|module| is_shareable(module));
        let rows: Vec<Value> = modules
            .map(|module| {
                json!({
                    "module": {"api_name": module.api_name, "id": module.id},
                    "share_type": Level::SHARE_TYPES[cx.snapshot.share_type(module.id) as usize],
                    "public_in_portals": false,
                    "rule_computation_running": false,
                })
            })
            .collect();
        Ok(Reply::value(200, &json!({KIND: rows})))
    })
}

/// Sets what holds in some modules, each by itself.
pub fn update<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        cx.require_admin(MANAGE)?;
        let entries = entry::parse(request, KIND, MOST)?;
        let outcomes = cx.change(|change| {
            let set = |(at, keys): (usize, &Keys)| match change
                .attempt(|change| set(cx, change, &Entry::of_list(keys, KIND, at)))
            {
                Ok(module) => {
                    let said = Said::new("data sharing settings updated successfully");
                    Ok(Outcome::Said(said.detail("module", module.api_name.as_str())))
                }
                Err(Error::Api(error)) => Ok(Outcome::Failed(error)),
                Err(error) => Err(error),
            };
            entries.iter().enumerate().map(set).collect::<Result<Vec<_>, _>>()
        });
        Ok(outcome::reply_under(cx, KIND, 200, outcomes.await?))
    })
}

fn set(cx: &Cx, change: &mut Change, entry: &Entry<'_>) -> Result<Arc<ModuleDef>, Error> {
    let given = entry.entry("module")?.ok_or_else(|| entry.missing("module"))?;
    let schema = change.schema();
    let named = match (given.id("id")?, given.text("api_name", 100)?) {
        (Some(id), Some(name)) => schema.module_by_id(id).filter(|found| found.api_name == name),
        (Some(id), None) => schema.module_by_id(id),
        (None, Some(name)) => schema.module(name),
        (None, None) => return Err(given.missing("id").into()),
    };
    let module = named.filter(|module| is_shareable(module)).cloned();
    let module = module.ok_or_else(|| entry.error(Code::InvalidData, "module"))?;
    let share_type = entry.text("share_type", 30)?.ok_or_else(|| entry.missing("share_type"))?;
    let Some(level) = Level::of_share_type(share_type) else {
        let refused: ApiError = entry.error(Code::InvalidData, "share_type");
        return Err(refused.detail("regex", Level::SHARE_TYPES.join("|")).into());
    };
    let now = change.now.0;
    let known = change.all::<Setting>().iter();
    let known = known.filter(|one| one.kind == KIND).find(|one| one.id_of("module") == Some(module.id));
    let mut setting = known.map_or_else(
        || Setting {
            id: cx.org.mint.next(),
            kind: KIND.to_owned(),
            audit: Audit::default(),
            keys: Keys::new(),
        },
        |known| Setting::clone(known),
    );
    setting.audit.modified_by = Some(cx.user_id());
    setting.audit.modified_time = Some(now);
    setting.keys.insert("module".to_owned(), json!(module.id));
    setting.keys.insert("share_type".to_owned(), json!(share_type));
    change.put(setting)?;
    if level < Level::Full {
        order_by_owner(change, &module)?;
    }
    Ok(module)
}

/// Gives a module that not everybody sees all of an index of each owner's records in the order of changes: lists of those
/// who see the records of some owners are put together from it.
fn order_by_owner(change: &mut Change, module: &ModuleDef) -> Result<(), Error> {
    let group = OF_OWNERS.map(str::to_owned);
    if OF_OWNERS.iter().any(|name| module.field(name).is_none()) || module.indexes.contains(&group.to_vec()) {
        return Ok(());
    }
    change.unseen(module.id, |module| {
        module.indexes.push(group.to_vec());
        Ok(())
    })
}

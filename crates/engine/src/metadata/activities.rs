//! `Activities`, the module of v2 and v2.1 that stands for tasks, events and calls together, as the metadata tells of it. It is
//! kept nowhere: it follows from the three modules.

use std::sync::Arc;

use dealwright_schema::field::PickValue;
use dealwright_schema::{DataType, FieldDef, ModuleDef};
use dealwright_wire::{Id, Profile};
use serde_json::{Map, Value, json};

use crate::access::{self, Action};
use crate::cx::Cx;
use crate::documents::UserProfile;
use crate::snapshot::Snapshot;

/// What paths call the module.
pub(crate) const MODULE: &str = "Activities";
/// The key that says which kind of activity a row is, and its values the modules' names.
pub(crate) const KIND: &str = "Activity_Type";

/// A module of activities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    Tasks,
    Events,
    Calls,
}

impl Activity {
    pub(crate) const ALL: [Self; 3] = [Self::Tasks, Self::Events, Self::Calls];

    /// API name of the module.
    pub(crate) fn module(self) -> &'static str {
        match self {
            Self::Tasks => "Tasks",
            Self::Events => "Events",
            Self::Calls => "Calls",
        }
    }

    /// The activity whose module has that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|activity| activity.module() == name)
    }
}

/// True when a path means the module of all activities: in the versions that have it.
pub fn is_meant(cx: &Cx, module: &str) -> bool {
    cx.profile.activity_lists && module.eq_ignore_ascii_case(MODULE)
}

/// Related list with all open activities, and the one with all closed ones.
pub(crate) const OPEN_VIEW: &str = "Activities_Chronological_View";
pub(crate) const CLOSED_VIEW: &str = "Activities_Chronological_View_History";

/// Names under which v2 and v2.1 know the two.
const OLDER: [(&str, &str); 2] = [("Activities", OPEN_VIEW), ("Activities_History", CLOSED_VIEW)];

/// What v2 and v2.1 call one of the two lists.
pub(crate) fn older_view(name: &str) -> Option<&'static str> {
    OLDER.iter().find(|(_, newer)| *newer == name).map(|(older, _)| *older)
}

/// The list that v2 and v2.1 call so.
pub(crate) fn newer_view(name: &str) -> Option<&'static str> {
    OLDER.iter().find(|(older, _)| *older == name).map(|(_, newer)| *newer)
}

/// Keys of the modules' descriptions that say something about one of them alone.
const OWN: [&str; 5] =
    ["related_lists", "default_views", "related_list_fields", "default_view_fields", "search_layout_fields"];

/// The module, in the versions that have it. `None` for orgs without one of the modules it stands for.
pub(crate) fn find(snapshot: &Snapshot, profile: &Profile) -> Option<Arc<ModuleDef>> {
    if !profile.activity_lists {
        return None;
    }
    let parts = Activity::ALL.map(|activity| snapshot.schema.module(activity.module()));
    let [Some(tasks), Some(events), Some(calls)] = parts else { return None };
    let mut module = ModuleDef::empty(older(tasks.id, 0)?, MODULE, tasks.layout_id);
    module.described = described(tasks);
    module.display_field.clone_from(&tasks.display_field);
    module.add_field(kind(tasks)?);
    for field in [tasks, events, calls].into_iter().flat_map(|part| part.fields()) {
        if module.field(&field.api_name).is_none() {
            module.add_field(field.clone());
        }
    }
    Some(Arc::new(module))
}

/// An id that follows from another and that nothing else has: of half its age, from before there was this server.
fn older(id: Id, next: i64) -> Option<Id> {
    Id::new(id.get() / 2 + next)
}

/// As tasks are described, without what only tasks have.
fn described(tasks: &ModuleDef) -> Map<String, Value> {
    let mut out = tasks.described.clone();
    out.retain(|key, _| !OWN.contains(&key.as_str()));
    for key in ["module_name", "plural_label", "actual_plural_label"] {
        out.insert(key.to_owned(), json!(MODULE));
    }
    for key in ["singular_label", "actual_singular_label"] {
        out.insert(key.to_owned(), json!("Activity"));
    }
    for key in ["global_search_supported", "isBlueprintSupported", "lookupable", "show_as_tab"] {
        out.insert(key.to_owned(), json!(false));
    }
    out
}

/// The field that says which of the modules a record is of; `None` when no field can be made.
fn kind(tasks: &ModuleDef) -> Option<FieldDef> {
    let option = |(activity, at): (Activity, i64)| PickValue {
        id: older(tasks.id, at),
        display_value: activity.module().to_owned(),
        actual_value: activity.module().to_owned(),
        more: Map::new(),
    };
    let data_type = DataType::find("picklist", Some("string"))?;
    Some(FieldDef {
        length: Some(120),
        system_mandatory: true,
        pick_list_values: Activity::ALL.into_iter().zip(2..).map(option).collect(),
        ..FieldDef::plain(older(tasks.id, 1)?, KIND.to_owned(), "Activity Type".to_owned(), data_type)
    })
}

/// True for profiles whose users see records of the module: of this one, those that see some activities.
pub(crate) fn is_seen_by(snapshot: &Snapshot, profile: &UserProfile, module: &ModuleDef) -> bool {
    let sees = |module: &ModuleDef| !profile.denied.contains(&access::permission(module, Action::View));
    if module.api_name != MODULE || module.has_records() {
        return sees(module);
    }
    let mut parts = Activity::ALL.iter().filter_map(|activity| snapshot.schema.module(activity.module()));
    parts.any(|part| sees(part))
}

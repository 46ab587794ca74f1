//! Custom views: those that come with a module and those that people made. Which of them somebody may use, their
//! order, and their records.

use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_wire::{ApiError, Code, Id};
use serde_json::{Value, json};

use crate::access::principals::{self, DEPTH, Member};
use crate::cx::Cx;
use crate::documents::{Keys, Setting};
use crate::records::filter::Filter;
use crate::records::json_criteria::{self, Place};
use crate::records::list_query::Order;

/// Kind of the settings that keep what one user changed about a view for themself: its order, its place among their
/// favourites.
pub(crate) use crate::documents::kind::VIEW_PREFERENCES as OWN;
/// Kind of the settings that are views people made.
pub(crate) use crate::documents::kind::VIEWS as MADE;

/// Views without criteria whose records follow from something else. By system name, or by name where the view has
/// no system name.
const OTHERWISE: [(&str, Meaning); 7] = [
    // Who has read which record, and who owns one together with others, is not kept.
    ("UNREADVIEWS", Meaning::Unknown),
    ("COOWNERVIEW", Meaning::Unknown),
    ("LEADSSHAREDBYME", Meaning::SharedByMe),
    ("LEADSSHAREDTOME", Meaning::SharedToMe),
    ("Cancelled Meetings", Meaning::Cancelled),
    // There are no review processes, so that no record is in one.
    ("REVIEWPROCESS LEADS", Meaning::Nothing),
    ("REVIEWPROCESS CONTACTS", Meaning::Nothing),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// This server cannot tell which records are in it.
    Unknown,
    Nothing,
    /// Meetings that were called off.
    Cancelled,
    /// Records that the caller opened to others.
    SharedByMe,
    /// Records that were opened to the caller, their role or a group of theirs.
    SharedToMe,
}

/// Why somebody sees a view, in the words of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Category {
    Public,
    /// Shared with others; administrators see them.
    OtherUsers,
    SharedWithMe,
    CreatedByMe,
}

impl Category {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Public => "public_views",
            Self::OtherUsers => "other_users_views",
            Self::SharedWithMe => "shared_with_me",
            Self::CreatedByMe => "created_by_me",
        }
    }
}

/// A view of a module that the caller may use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'m> {
    keys: &'m Keys,
    pub(crate) category: Category,
    /// The document of a view that somebody made.
    pub(crate) made: Option<&'m Setting>,
    /// What the caller changed for themself.
    own: Option<&'m Setting>,
}

impl<'m> View<'m> {
    /// The views of a module that the caller may use: those that came with it, then those that people made.
    pub(crate) fn all(cx: &'m Cx, module: &'m ModuleDef) -> impl Iterator<Item = Self> {
        let made = cx.snapshot.settings(MADE).filter(|setting| setting.str("module") == module.api_name);
        let made = made.filter_map(|setting| {
            let category = category(cx, setting)?;
            Some(Self { keys: &setting.keys, category, made: Some(setting), own: own(cx, setting.id) })
        });
        Self::standard(module)
            .map(|view| Self { own: view.id().and_then(|id| own(cx, id)), ..view })
            .chain(made)
    }

    /// The views that came with a module, as everybody sees them.
    pub(crate) fn standard(module: &'m ModuleDef) -> impl Iterator<Item = Self> {
        let views = module.described.get("default_views").and_then(Value::as_array).into_iter().flatten();
        let view = |keys| Self { keys, category: Category::Public, made: None, own: None };
        views.filter_map(Value::as_object).map(view)
    }

    /// The view of that id, if the module has it and the caller may use it.
    pub(crate) fn find(cx: &'m Cx, module: &'m ModuleDef, id: Id) -> Option<Self> {
        Self::all(cx, module).find(|view| view.id() == Some(id))
    }

    /// The view that a parameter names. Source: "Get records" of the published API.
    pub(crate) fn of_param(cx: &'m Cx, module: &'m ModuleDef, text: &str) -> Result<Self, ApiError> {
        let found = text.trim().parse().ok().and_then(|id| Self::find(cx, module, id));
        found.ok_or_else(|| ApiError::new(Code::InvalidData).param("cvid"))
    }

    pub(crate) fn id(self) -> Option<Id> {
        match self.made {
            Some(made) => Some(made.id),
            None => self.keys.get("id")?.as_str()?.parse().ok(),
        }
    }

    /// A key of the view as it is stored; null when there is none.
    pub(crate) fn get(self, key: &str) -> &'m Value {
        self.keys.get(key).unwrap_or(&Value::Null)
    }

    /// A key that each user may change for themself.
    pub(crate) fn own(self, key: &str) -> Option<&'m Value> {
        self.own.and_then(|own| own.keys.get(key)).filter(|value| !value.is_null())
    }

    /// Narrows `filter` to the view's records. `NOT_SUPPORTED` when this server cannot tell which they are.
    pub(crate) fn narrow(self, cx: &Cx, module: &ModuleDef, filter: &mut Filter) -> Result<(), ApiError> {
        if let Some(criteria) = self.criteria(module) {
            let place = Place { root: "$.criteria", param: Some("cvid") };
            return json_criteria::add(cx, module, &criteria, place, filter);
        }
        if self.made.is_some() {
            return Ok(());
        }
        let name = self.get("system_name").as_str().or(self.get("name").as_str()).unwrap_or_default();
        let Some((_, meaning)) = OTHERWISE.iter().find(|(other, _)| *other == name) else { return Ok(()) };
        match meaning {
            Meaning::Nothing => filter.and("1 = 0"),
            Meaning::Cancelled => {
                filter.and("EXISTS (SELECT 1 FROM {_cancelled_events} c WHERE c.id = t.id)");
            }
            Meaning::SharedByMe => {
                let me = filter.bind(cx.user_id());
                filter.and(&format!(
                    "t.id IN (SELECT s.record_id FROM {{_shares}} s WHERE s.shared_by = {me})"
                ));
            }
            Meaning::SharedToMe => {
                let principals = Member::of(&cx.snapshot, &cx.actor.user).principals(&cx.snapshot);
                let principals: Vec<i64> = principals.into_iter().map(Id::get).collect();
                let argument = filter.bind(Cell::Ids(principals.into()));
                let test = cx.org.store.dialect().in_ids("s.principal", &argument);
                filter.and(&format!("t.id IN (SELECT s.record_id FROM {{_shares}} s WHERE {test})"));
            }
            Meaning::Unknown => {
                return Err(ApiError::new(Code::NotSupported)
                    .message("which records are in this view is not known yet")
                    .param("cvid"));
            }
        }
        Ok(())
    }

    /// The view's criteria, with the names that its fields have now and their ids.
    pub(crate) fn criteria(self, module: &ModuleDef) -> Option<Value> {
        let criteria = Some(self.get("criteria")).filter(|criteria| !criteria.is_null())?;
        Some(with_names_and_ids(module, criteria))
    }

    /// True when the view itself says whether converted leads are in it.
    pub(crate) fn decides_on_converted(self, module: &ModuleDef) -> bool {
        self.criteria(module).is_some_and(|criteria| mentions(&criteria, "Converted__s"))
    }

    /// The field by which the view is sorted, and whether its values fall; `None` when it has no order of its own.
    pub(crate) fn sorted_by(self, module: &ModuleDef) -> Option<(&FieldDef, bool)> {
        let (by, order) = match self.own("sort_by") {
            Some(by) => (by, self.own("sort_order").unwrap_or(&Value::Null)),
            None => (self.get("sort_by"), self.get("sort_order")),
        };
        let by = by.as_str()?;
        let field = by.parse().ok().and_then(|id| module.field_by_id(id)).or_else(|| module.field(by))?;
        Some((field, order.as_str() != Some("asc")))
    }

    /// The view's own order; `None` when it has none.
    pub(crate) fn order(self, module: &ModuleDef) -> Option<Order> {
        let (field, descending) = self.sorted_by(module)?;
        Order::of(module, &field.api_name, descending)
    }
}

/// Why the caller may use a view that somebody made; `None` when they may not.
pub(crate) fn category(cx: &Cx, view: &Setting) -> Option<Category> {
    if view.audit.created_by == Some(cx.user_id()) {
        return Some(Category::CreatedByMe);
    }
    match view.str("access_type") {
        "public" => Some(Category::Public),
        "shared" => {
            let sides = view.keys.get("shared_to").and_then(Value::as_array).into_iter().flatten();
            let is_mine =
                |side: &Value| principals::side_has(&cx.snapshot, side, "resource", &cx.actor.user, DEPTH);
            if sides.into_iter().any(is_mine) {
                return Some(Category::SharedWithMe);
            }
            cx.is_admin().then_some(Category::OtherUsers)
        }
        _ => None,
    }
}

/// What the caller changed about a view for themself.
pub(crate) fn own(cx: &Cx, view: Id) -> Option<&Setting> {
    let is_own = |setting: &&Setting| {
        setting.id_of("view") == Some(view) && setting.id_of("user") == Some(cx.user_id())
    };
    cx.snapshot.settings(OWN).find(is_own)
}

/// Criteria with the id of each field beside its name. Where the id is known, the name is the one of now.
pub(crate) fn with_names_and_ids(module: &ModuleDef, given: &Value) -> Value {
    let mut out = given.clone();
    if let Some(group) = out.get_mut("group").and_then(Value::as_array_mut) {
        for part in group {
            *part = with_names_and_ids(module, part);
        }
        return out;
    }
    let named = &given["field"];
    let by_id = named["id"].as_str().and_then(|id| id.parse().ok()).and_then(|id| module.field_by_id(id));
    let name = named.as_str().or_else(|| named["api_name"].as_str());
    if let Some(field) = by_id.or_else(|| name.and_then(|name| module.field(name))) {
        out["field"] = json!({"api_name": field.api_name, "id": field.id});
    }
    out
}

fn mentions(criteria: &Value, field: &str) -> bool {
    let named = &criteria["field"];
    named.as_str().or_else(|| named["api_name"].as_str()) == Some(field)
        || criteria["group"].as_array().is_some_and(|group| group.iter().any(|part| mentions(part, field)))
}

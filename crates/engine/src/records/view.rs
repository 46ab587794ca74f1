//! Custom views as filters: the records of the view that `cvid` names, in its own order.

use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code, Id};
use serde_json::Value;

use crate::cx::Cx;
use crate::metadata::custom_views;
use crate::records::filter::Filter;
use crate::records::json_criteria::{self, Place};
use crate::records::list_query::Order;

/// Views without criteria whose records follow from something else. By system name, or by name where the view has
/// no system name.
const OTHERWISE: [(&str, Meaning); 8] = [
    // Who has read which record is not kept.
    ("UNREADVIEWS", Meaning::Unknown),
    ("COOWNERVIEW", Meaning::Unknown),
    ("LEADSSHAREDBYME", Meaning::Unknown),
    ("LEADSSHAREDTOME", Meaning::Unknown),
    ("Cancelled Meetings", Meaning::Unknown),
    ("Next 7 Days Tasks", Meaning::Unknown),
    // There are no review processes, so that no record is in one.
    ("REVIEWPROCESS LEADS", Meaning::Nothing),
    ("REVIEWPROCESS CONTACTS", Meaning::Nothing),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// This server cannot tell which records are in it.
    Unknown,
    Nothing,
}

/// A view of a module.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'m>(&'m Value);

impl<'m> View<'m> {
    /// The module's view of that id.
    pub(crate) fn find(module: &'m ModuleDef, id: Id) -> Option<Self> {
        custom_views::find(module, id).map(Self)
    }

    /// The view that a parameter names. Source: "Get records" of the published API.
    pub(crate) fn of_param(module: &'m ModuleDef, text: &str) -> Result<Self, ApiError> {
        let found = text.trim().parse().ok().and_then(|id| Self::find(module, id));
        found.ok_or_else(|| ApiError::new(Code::InvalidData).param("cvid"))
    }

    /// Narrows `filter` to the view's records. `NOT_SUPPORTED` when this server cannot tell which they are.
    pub(crate) fn narrow(self, cx: &Cx, module: &ModuleDef, filter: &mut Filter) -> Result<(), ApiError> {
        if let Some(criteria) = self.criteria() {
            let place = Place { root: "$.criteria", param: Some("cvid") };
            return json_criteria::add(cx, module, criteria, place, filter);
        }
        let name = self.0["system_name"].as_str().or(self.0["name"].as_str()).unwrap_or_default();
        match OTHERWISE.iter().find(|(other, _)| *other == name) {
            None => Ok(()),
            Some((_, Meaning::Nothing)) => {
                filter.and("1 = 0");
                Ok(())
            }
            Some((_, Meaning::Unknown)) => Err(ApiError::new(Code::NotSupported)
                .message("which records are in this view is not known yet")
                .param("cvid")),
        }
    }

    fn criteria(self) -> Option<&'m Value> {
        self.0.get("criteria").filter(|criteria| !criteria.is_null())
    }

    /// True when the view itself says whether converted leads are in it.
    pub(crate) fn decides_on_converted(self) -> bool {
        self.criteria().is_some_and(|criteria| mentions(criteria, "Converted__s"))
    }

    /// The view's own order; `None` when it has none.
    pub(crate) fn order(self, module: &ModuleDef) -> Option<Order> {
        let sort_by = &self.0["sort_by"];
        let name = sort_by.as_str().or_else(|| sort_by["api_name"].as_str())?;
        Order::of(module, name, self.0["sort_order"].as_str() != Some("asc"))
    }
}

fn mentions(criteria: &Value, field: &str) -> bool {
    let named = &criteria["field"];
    named.as_str().or_else(|| named["api_name"].as_str()) == Some(field)
        || criteria["group"].as_array().is_some_and(|group| group.iter().any(|part| mentions(part, field)))
}

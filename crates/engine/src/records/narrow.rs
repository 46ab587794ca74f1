//! The parameters that say which records a list, a search or a count is about: `cvid`, `territory_id`, `converted`,
//! `approved`, `approval_state`, `filters`.

use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code, Id};

use crate::cx::Cx;
use crate::records::filter::Filter;
use crate::records::json_criteria;
use crate::records::list_query::{Order, ambiguous};
use crate::records::territories;
use crate::records::view::View;
use crate::request::Params;

/// States that a record can be in between its writing and its approval. Source: the values of `$approval_state`.
const APPROVAL_STATES: [&str; 15] = [
    "approved",
    "approval_process_pending",
    "approval_process_rejected",
    "review_process_pending",
    "review_process_rejected",
    "merge_pending",
    "zia_vision_pending",
    "zia_vision_rejected",
    "zia_vision_validation",
    "webform_unapproved",
    "webform_invalid",
    "webform_invalid_approval",
    "webform_double_optin",
    "email_parser_waiting",
    "email_parser_rejected",
];

/// Narrows `filter` by every parameter there is. Gives the order of the view, when one is named that has its own.
pub(crate) fn narrow(
    cx: &Cx,
    module: &ModuleDef,
    params: &Params,
    filter: &mut Filter,
) -> Result<Option<Order>, ApiError> {
    let include_child = params.flag("include_child")?.unwrap_or(false);
    if let Some(id) = params.get("territory_id") {
        let id = id.trim().parse().map_err(|_| ApiError::new(Code::InvalidData).param("territory_id"))?;
        territory(cx, module, id, include_child, filter).map_err(|error| error.param("territory_id"))?;
    }
    let view = params.get("cvid").map(|id| View::of_param(cx, module, id)).transpose()?;
    if let Some(view) = view {
        view.narrow(cx, module, filter)?;
    }
    approved(params, filter)?;
    let decided = view.is_some_and(|view| view.decides_on_converted(module));
    if !decided || params.get("converted").is_some() {
        converted(module, params.get("converted"), filter)?;
    }
    if let Some(text) = params.get("filters") {
        json_criteria::add_param(cx, module, "filters", text, filter)?;
    }
    let Some(order) = view.and_then(|view| view.order(module)) else { return Ok(None) };
    Ok(Some(match params.get("sort_order") {
        Some(text) => Order { descending: text.eq_ignore_ascii_case("desc"), ..order },
        None => order,
    }))
}

/// A view brings its own order, so that `sort_by` beside `cvid` is refused; versions that sort by any field, and lenient
/// mode, let `sort_by` win. True when the view's order is to be taken.
pub(crate) fn view_decides_order(cx: &Cx, params: &Params) -> Result<bool, ApiError> {
    let both = params.get("cvid").is_some() && params.get("sort_by").is_some();
    if both && !cx.profile.sort_by_any_field {
        if !cx.is_lenient() {
            return Err(ambiguous("cvid", "sort_by"));
        }
        cx.note("view-sort-by");
    }
    Ok(!both)
}

/// Records of a territory, with those of the territories below it if wanted.
///
/// `INVALID_MODULE` for modules that have no territories, `TERRITORY_NOT_ENABLED` while the org has none.
pub(crate) fn territory(
    cx: &Cx,
    module: &ModuleDef,
    id: Id,
    include_child: bool,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    if !module.has_territories() {
        return Err(
            ApiError::new(Code::InvalidModule).message("Territory is not supported for the given module")
        );
    }
    if cx.snapshot.territories.is_empty() {
        return Err(ApiError::new(Code::TerritoryNotEnabled));
    }
    territories::within(cx, id, include_child, filter)
}

/// Every record is approved: there are no approval processes that could hold one back.
fn approved(params: &Params, filter: &mut Filter) -> Result<(), ApiError> {
    let wanted = match params.get("approved") {
        None | Some("true" | "both") => true,
        Some("false") => false,
        Some(_) => return Err(ApiError::new(Code::PatternNotMatched).param("approved")),
    };
    let states = params.list("approval_state").unwrap_or_else(|| vec!["approved"]);
    if states.iter().any(|state| !APPROVAL_STATES.contains(state)) {
        return Err(ApiError::new(Code::InvalidData)
            .param("approval_state")
            .detail("supported_values", APPROVAL_STATES.to_vec()));
    }
    if !wanted || !states.contains(&"approved") {
        filter.and("1 = 0");
    }
    Ok(())
}

/// Converted leads stay out unless asked for.
pub(crate) fn converted(
    module: &ModuleDef,
    asked: Option<&str>,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    let Some(column) = module.field("Converted__s").and_then(|field| field.column.as_deref()) else {
        return Ok(());
    };
    let converted = match asked {
        None | Some("false") => false,
        Some("true") => true,
        Some("both") => return Ok(()),
        Some(_) => return Err(ApiError::new(Code::PatternNotMatched).param("converted")),
    };
    let argument = filter.bind(converted);
    let test = format!("t.\"{column}\" = {argument}");
    if converted {
        filter.and(&test);
    } else {
        filter.and_most(&test);
    }
    Ok(())
}

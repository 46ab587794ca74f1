//! The parameters of a list or a search, read and checked.

use dealwright_schema::full_text::FullText;
use dealwright_schema::{ModuleDef, Storage};
use dealwright_store::full_text::Asked;
use dealwright_wire::{ApiError, Code, Id};

use crate::cx::Cx;
use crate::records::page_token::{self, Bound, Place};
use crate::records::selection::alias;
use crate::request::Params;

/// Rows of a page at most, and when nothing is said.
pub(crate) const PAGE: u32 = 200;
/// Field names in `fields` at most.
const FIELDS: usize = 50;
/// Ids in `ids` at most.
const IDS: usize = 100;

/// What to list, in which order, and which part of it.
#[derive(Debug, Clone)]
pub(crate) struct ListQuery {
    /// Requested names as given, joined by commas.
    pub fields: Option<Box<str>>,
    pub ids: Option<Vec<i64>>,
    pub order: Order,
    pub per_page: u32,
    pub page: u32,
    pub place: Option<Place>,
    /// What page tokens are bound to besides the parameters; see [`Bound::within`].
    pub within: Box<str>,
}

/// The order of a list. Equal rows come in the order of their ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub by: SortBy,
    pub descending: bool,
    /// Name and direction as `info` shows them.
    pub shown: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SortBy {
    /// Ids rise with the creation time, so this is also the order by `Created_Time`.
    Id,
    ModifiedTime,
    Field {
        column: String,
        is_text: bool,
        storage: Storage,
        /// Sorted by its beginning only.
        is_long: bool,
    },
    /// Of a search by word: group by group, the newest first.
    Rank(Ranked),
}

/// What a search by word finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ranked {
    pub text: FullText,
    /// What each group asks for; no record is in two of them.
    pub tiers: Vec<Asked>,
}

impl ListQuery {
    pub(crate) fn parse(cx: &Cx, module: &ModuleDef, params: &Params, kind: Kind) -> Result<Self, ApiError> {
        Self::parse_within(cx, module, params, kind, "")
    }

    /// [`ListQuery::parse`] for a list that is not all records of the module; `within` says which.
    pub(crate) fn parse_within(
        cx: &Cx,
        module: &ModuleDef,
        params: &Params,
        kind: Kind,
        within: &str,
    ) -> Result<Self, ApiError> {
        let fields = fields(cx, params, kind)?;
        let per_page = number(params, "per_page")?.map_or(PAGE, |n| n.min(PAGE));
        let page = number(params, "page")?;
        let place = match params.get("page_token") {
            Some(_) if page.is_some_and(|page| page > 1) => return Err(ambiguous("page", "page_token")),
            Some(token) if kind != Kind::Search && cx.profile.page_tokens => {
                let bound = Bound { user: cx.user_id(), module: module.id, within, params };
                Some(page_token::open(token, cx.org.clock.now(), &cx.org.token_key, bound)?)
            }
            _ => None,
        };
        let ids = params
            .list("ids")
            .map(|ids| {
                if ids.len() > IDS {
                    return Err(ApiError::new(Code::LimitExceeded).detail("limit", IDS).param("ids"));
                }
                let parsed = ids.iter().map(|id| id.parse::<Id>().map(Id::get));
                parsed
                    .collect::<Result<Vec<_>, _>>()
                    .map_err(|_| ApiError::new(Code::InvalidData).param("ids"))
            })
            .transpose()?;
        let order = order(cx, module, params, kind)?;
        Ok(Self { fields, ids, order, per_page, page: page.unwrap_or(1), place, within: within.into() })
    }

    /// One row in no particular order, with these fields or all.
    pub(crate) fn one(fields: Option<Box<str>>) -> Self {
        let order = Order { by: SortBy::Id, descending: true, shown: "id".to_owned() };
        Self { fields, ids: None, order, per_page: 1, page: 1, place: None, within: Box::default() }
    }

    /// True when the page is read from its end, against the order of the list.
    pub(crate) fn is_backwards(&self) -> bool {
        self.place.as_ref().is_some_and(|place| place.backwards)
    }

    /// Rows before the page.
    pub(crate) fn offset(&self) -> u32 {
        (self.page - 1).saturating_mul(self.per_page)
    }
}

/// What the parameters belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    List,
    Search,
    /// Rows that hang on a record: tokens as in a list, and who lists them says whether `fields` are needed.
    Beside,
}

fn fields(cx: &Cx, params: &Params, kind: Kind) -> Result<Option<Box<str>>, ApiError> {
    let Some(names) = params.list("fields") else {
        if kind == Kind::List && cx.profile.list_needs_fields {
            if !cx.is_lenient() {
                return Err(ApiError::missing_param("fields"));
            }
            cx.note("list-without-fields");
        }
        return Ok(None);
    };
    if names.len() > FIELDS {
        return Err(ApiError::new(Code::LimitExceeded).detail("limit", FIELDS).param("fields"));
    }
    Ok(Some(names.join(",").into()))
}

fn number(params: &Params, name: &str) -> Result<Option<u32>, ApiError> {
    let Some(text) = params.get(name) else { return Ok(None) };
    match text.trim().parse() {
        Ok(number) if number >= 1 => Ok(Some(number)),
        _ => Err(ApiError::new(Code::InvalidData).param(name).detail("expected_data_type", "integer")),
    }
}

pub(crate) fn ambiguous(one: &str, other: &str) -> ApiError {
    ApiError::new(Code::AmbiguityDuringProcessing)
        .message(format!("Please use either {one} or {other}, not both"))
        .detail("ambiguity_due_to", serde_json::json!([{ "param_name": one }, { "param_name": other }]))
}

fn order(cx: &Cx, module: &ModuleDef, params: &Params, kind: Kind) -> Result<Order, ApiError> {
    let descending = params.descending()?.unwrap_or(true);
    let name = params.get("sort_by").unwrap_or("id");
    // A search can be sorted by any field in every version; source: "Search records" of the published description.
    let by_any = cx.profile.sort_by_any_field || kind == Kind::Search;
    if !by_any && !matches!(name, "id" | "Created_Time" | "Modified_Time") {
        return Err(ApiError::new(Code::InvalidData)
            .param("sort_by")
            .detail("supported_values", vec!["id", "Created_Time", "Modified_Time"]));
    }
    let by = SortBy::field(module, alias(module, name, cx.is_lenient()))
        .ok_or_else(|| ApiError::new(Code::InvalidData).param("sort_by"))?;
    Ok(Order { by, descending, shown: name.to_owned() })
}

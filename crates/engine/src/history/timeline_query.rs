//! The parameters of a timeline, read and checked. Source: "Timelines" of the published API.

use dealwright_wire::{ApiError, Code, Id, Instant};
use serde_json::Value;

use crate::cx::Cx;
use crate::history::chain::Entry;
use crate::records::list_query::PAGE;
use crate::records::page_token::{self, Bound, Place};
use crate::request::Params;

const INNER_DETAILS: [&str; 4] = [
    "field_history.data_type",
    "field_history.enable_colour_code",
    "field_history.field_label",
    "field_history.pick_list_values",
];
/// Parts of a filter at most.
const FILTERS: usize = 25;

/// Which entries, in which order, which part of them, and how much of each.
#[derive(Debug)]
pub(super) struct TimelineQuery {
    pub per_page: usize,
    pub page: usize,
    /// Go on behind this entry.
    pub place: Option<Place>,
    pub ascending: bool,
    pub filter: Option<Filter>,
    /// Show the options of picklists that changed.
    pub options: bool,
    pub colour_flag: bool,
}

impl TimelineQuery {
    pub(super) fn parse(cx: &Cx, module: Id, params: &Params) -> Result<Self, ApiError> {
        let inner = listed(params, "include_inner_details", &INNER_DETAILS)?;
        listed(params, "include", &["extension", "type"])?;
        listed(params, "sort_by", &["audited_time"])?;
        let order = listed(params, "sort_order", &["asc", "desc"])?;
        let page = number(params, "page")?;
        let place = match params.get("page_token") {
            Some(_) if page.is_some_and(|page| page > 1) => {
                let names = [
                    serde_json::json!({"param_name": "page"}),
                    serde_json::json!({"param_name": "page_token"}),
                ];
                return Err(
                    ApiError::new(Code::AmbiguityDuringProcessing).detail("ambiguity_due_to", names.to_vec())
                );
            }
            Some(token) => {
                let bound = Bound { user: cx.user_id(), module, within: "", params };
                Some(page_token::open(token, cx.org.clock.now(), &cx.org.token_key, bound)?)
            }
            None => None,
        };
        Ok(Self {
            per_page: number(params, "per_page")?.unwrap_or(PAGE as usize).min(PAGE as usize),
            page: page.unwrap_or(1),
            place,
            ascending: order.contains(&"asc"),
            filter: params.get("filters").map(Filter::read).transpose()?,
            options: inner.contains(&"field_history.pick_list_values"),
            colour_flag: inner.contains(&"field_history.enable_colour_code"),
        })
    }
}

fn number(params: &Params, name: &str) -> Result<Option<usize>, ApiError> {
    match params.get(name).map(str::parse::<usize>) {
        None => Ok(None),
        Some(Ok(number)) if number >= 1 => Ok(Some(number)),
        Some(_) => Err(ApiError::new(Code::InvalidData).param(name).detail("expected_data_type", "integer")),
    }
}

/// The values of a parameter that takes only these.
fn listed<'p>(params: &'p Params, name: &str, supported: &[&str]) -> Result<Vec<&'p str>, ApiError> {
    let values = params.list(name).unwrap_or_default();
    if values.iter().all(|value| supported.contains(value)) {
        return Ok(values);
    }
    Err(ApiError::new(Code::InvalidData).param(name).detail("supported_values", supported.to_vec()))
}

/// A condition on entries, in the JSON form that all filters have.
#[derive(Debug)]
pub(super) enum Filter {
    All(Vec<Self>),
    Any(Vec<Self>),
    Test { field: Field, comparator: Comparator, values: Vec<String> },
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Field {
    AuditedTime,
    Action,
    Source,
    DoneBy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparator {
    Equal,
    NotEqual,
    In,
    NotIn,
    Between,
    GreaterThan,
    GreaterEqual,
    LessThan,
    LessEqual,
}

impl Filter {
    fn read(text: &str) -> Result<Self, ApiError> {
        let mut left = FILTERS;
        let node: Option<Value> = serde_json::from_str(text).ok();
        node.and_then(|node| Self::node(&node, &mut left)).ok_or_else(|| {
            // The published answer to a bad filter has this very text.
            ApiError::new(Code::InvalidData)
                .message("the relation name given seems to be invalid")
                .param("filters")
        })
    }

    fn node(node: &Value, left: &mut usize) -> Option<Self> {
        *left = left.checked_sub(1)?;
        if let Some(group) = node["group"].as_array() {
            let parts = group.iter().map(|part| Self::node(part, left)).collect::<Option<Vec<_>>>()?;
            return match node["group_operator"].as_str()?.to_ascii_lowercase().as_str() {
                "and" => Some(Self::All(parts)),
                "or" => Some(Self::Any(parts)),
                _ => None,
            };
        }
        let field = match node["field"]["api_name"].as_str().or_else(|| node["field"].as_str())? {
            "audited_time" => Field::AuditedTime,
            "action" => Field::Action,
            "source" => Field::Source,
            "done_by" => Field::DoneBy,
            _ => return None,
        };
        let comparator = match node["comparator"].as_str()? {
            "equal" => Comparator::Equal,
            "not_equal" => Comparator::NotEqual,
            "in" => Comparator::In,
            "not_in" => Comparator::NotIn,
            "between" => Comparator::Between,
            "greater_than" => Comparator::GreaterThan,
            "greater_equal" => Comparator::GreaterEqual,
            "less_than" => Comparator::LessThan,
            "less_equal" => Comparator::LessEqual,
            _ => return None,
        };
        let text = |value: &Value| value.as_str().or_else(|| value["id"].as_str()).map(str::to_owned);
        let values = match &node["value"] {
            Value::Array(values) => values.iter().map(text).collect::<Option<Vec<_>>>()?,
            value => vec![text(value)?],
        };
        let wanted = if comparator == Comparator::Between { values.len() == 2 } else { !values.is_empty() };
        let is_time = matches!(field, Field::AuditedTime);
        let fits = is_time
            || matches!(
                comparator,
                Comparator::Equal | Comparator::NotEqual | Comparator::In | Comparator::NotIn
            );
        (wanted && fits).then_some(Self::Test { field, comparator, values })
    }

    /// True for entries that the condition lets through. `action` is the entry's as it is shown.
    pub(super) fn lets_through(&self, cx: &Cx, entry: &Entry, action: &str) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.lets_through(cx, entry, action)),
            Self::Any(parts) => parts.iter().any(|part| part.lets_through(cx, entry, action)),
            Self::Test { field: Field::AuditedTime, comparator, values } => {
                let times: Vec<i64> = values
                    .iter()
                    .filter_map(|text| Instant::parse(text, &cx.snapshot.zone).map(|instant| instant.0))
                    .collect();
                test(*comparator, entry.at.div_euclid(1000), &times)
            }
            Self::Test { field, comparator, values } => {
                let user = entry.user.to_string();
                let own = match field {
                    Field::Action => action,
                    Field::Source => &entry.source,
                    Field::DoneBy | Field::AuditedTime => &user,
                };
                let values: Vec<&str> = values.iter().map(String::as_str).collect();
                test(*comparator, own, &values)
            }
        }
    }
}

fn test<T: PartialOrd + Copy>(comparator: Comparator, own: T, values: &[T]) -> bool {
    let Some(&first) = values.first() else { return false };
    match comparator {
        Comparator::Equal => own == first,
        Comparator::NotEqual => own != first,
        Comparator::In => values.contains(&own),
        Comparator::NotIn => !values.contains(&own),
        Comparator::Between => values.get(1).is_some_and(|&last| first <= own && own <= last),
        Comparator::GreaterThan => own > first,
        Comparator::GreaterEqual => own >= first,
        Comparator::LessThan => own < first,
        Comparator::LessEqual => own <= first,
    }
}

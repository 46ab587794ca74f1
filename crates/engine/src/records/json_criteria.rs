//! Criteria that come as JSON: mass actions, views, the `filters` of lists. They become the same condition on rows
//! as the criteria of a search, with two differences: `equal` on text means the whole text, and errors say where
//! in the body or the parameter they are.

use dealwright_query::criteria::{self, TreeError, TreeErrorKind};
use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code};
use serde_json::{Value, json};

use crate::cx::Cx;
use crate::records::filter::{Filter, Language, Translator};

/// Conditions of one tree at most. Published texts say 15 and 25.
pub(crate) const CONDITIONS: usize = 25;

/// Where JSON criteria stand, for errors.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// Path of the root: `$.criteria`; `$` for a parameter.
    pub root: &'a str,
    /// The query parameter that holds them, if one does.
    pub param: Option<&'a str>,
}

impl Place<'_> {
    /// An error at a key below the root: `.group[0].comparator`.
    pub(crate) fn error(&self, code: Code, path: &str) -> ApiError {
        let json_path = format!("{}{path}", self.root);
        let key = json_path.rsplit('.').next().unwrap_or_default();
        let key = key.split('[').next().unwrap_or_default().to_owned();
        let key = if key == "$" { self.param.unwrap_or_default().to_owned() } else { key };
        let error = ApiError::new(code).field(&key, json_path);
        match self.param {
            Some(param) => error.param(param),
            None => error,
        }
    }

    /// The error for JSON that is no criteria. Source: "Recycle bin" of the published API.
    pub(crate) fn refused(&self, error: &TreeError) -> ApiError {
        let refused = |code| self.error(code, &error.path);
        let beside = |key: &str| {
            let parent = error.path.rsplit_once('.').map_or("", |(parent, _)| parent);
            json!({ "api_name": key, "json_path": format!("{}{parent}.{key}", self.root) })
        };
        match error.kind {
            TreeErrorKind::WrongType(expected) => {
                refused(Code::InvalidData).detail("expected_data_type", expected)
            }
            TreeErrorKind::UnknownComparator => {
                refused(Code::InvalidData).message("Please provide a valid comparator")
            }
            TreeErrorKind::UnknownGroupOperator => {
                refused(Code::InvalidData).detail("supported_values", vec!["and", "or"])
            }
            TreeErrorKind::NeitherGroupNorCondition => {
                let expected = ["comparator", "group_operator"].map(|key| {
                    json!({ "api_name": key, "json_path": format!("{}{}.{key}", self.root, error.path) })
                });
                let error =
                    ApiError::new(Code::ExpectedFieldMissing).detail("expected_fields", expected.to_vec());
                match self.param {
                    Some(param) => error.param(param),
                    None => error,
                }
            }
            TreeErrorKind::MissingBeside(key) => {
                refused(Code::DependentFieldMissing).detail("dependee", beside(key))
            }
            TreeErrorKind::WrongValueCount | TreeErrorKind::TooDeep => refused(Code::InvalidData),
            TreeErrorKind::TooManyValues => refused(Code::LimitExceeded).detail("limit", 100),
            TreeErrorKind::TooManyConditions(limit) => ApiError::new(Code::CriteriaLimitExceeded)
                .message(format!("no of criterium that can be given exceed the limit {limit}"))
                .detail("limit", limit),
        }
    }

    /// Reads the JSON text of a parameter.
    pub(crate) fn parse(&self, text: &str) -> Result<Value, ApiError> {
        serde_json::from_str(text).map_err(|_| {
            let error = ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonobject");
            match self.param {
                Some(param) => error.param(param),
                None => error,
            }
        })
    }
}

/// Narrows `filter` to the records of a module that the criteria hold for.
pub(crate) fn add(
    cx: &Cx,
    module: &ModuleDef,
    value: &Value,
    place: Place<'_>,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    let tree = criteria::read(value, CONDITIONS).map_err(|error| place.refused(&error))?;
    let dialect = cx.org.store.dialect();
    let language = Language::Json { place, paths: &tree.paths };
    let translator = Translator { cx, snapshot: &cx.snapshot, module, dialect, table: "t", language };
    translator.add(&tree.criteria, filter)?;
    filter.is_criteria = true;
    Ok(())
}

/// The `filters` parameter of lists and counts.
pub(crate) fn add_param(
    cx: &Cx,
    module: &ModuleDef,
    param: &str,
    text: &str,
    filter: &mut Filter,
) -> Result<(), ApiError> {
    let place = Place { root: "$", param: Some(param) };
    add(cx, module, &place.parse(text)?, place, filter)
}

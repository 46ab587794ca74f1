//! `GET users/search`: users by criteria, e-mail address, phone number or word.
//!
//! Users are in memory, so the conditions are tested there; they mean what they mean in a search for records.

use std::cmp::Ordering;

use dealwright_query::{Condition, Criteria, Limits, Operator, criteria};
use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, Value as Parsed, ValueCx};
use dealwright_store::{dialect, full_text};
use dealwright_wire::{ApiError, Code, Id, letters};
use serde_json::{Value, json};

use super::{page, paging, user, users};
use crate::cx::Cx;
use crate::records;
use crate::records::filter::Filter;
use crate::request::{Answer, Params, Reply, Request};

/// Users a search can reach, unless whoever runs the server says otherwise.
const REACH: usize = 2_000;

/// Searches the users of one `type` (everyone when it is not given): 200 with users in the order of ids, 204 when there
/// are none.
pub fn search<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let (number, per_page) = paging(request)?;
        let reach = cx.ceilings.search_reach.map_or(REACH, |reach| reach as usize);
        if number.saturating_mul(per_page) > reach {
            return Err(ApiError::new(Code::LimitReached).detail("limit", reach.to_string()).into());
        }
        let module = searchable(cx)?;
        let wanted = Wanted::read(cx, &module, &request.params)?;
        let now = cx.org.clock.now();
        let found: Vec<Value> = users::of_type(cx, request)?
            .into_iter()
            .map(|found| user::write(&cx.snapshot, found, now))
            .filter(|user| wanted.fits(user))
            .collect();
        let (rows, info) = page(&found, number, per_page);
        if rows.is_empty() {
            return Ok(Reply::nothing());
        }
        Ok(Reply::value(200, &json!({"users": rows, "info": info})))
    })
}

/// The module of users as a search for records wants it: with a column for each field. Nothing reads the columns; they
/// tell that a field can be asked for.
fn searchable(cx: &Cx) -> Result<ModuleDef, ApiError> {
    let users = cx.snapshot.schema.module("Users").ok_or_else(ApiError::invalid_module)?;
    let mut module = ModuleDef::empty(users.id, &users.api_name, users.layout_id);
    module.set_table("users".to_owned());
    let person = users.field("created_by");
    for field in users.fields() {
        // Roles and profiles are no records: they are searched as people are.
        let person = person.filter(|_| field.lookup.is_some());
        module.add_field(match person {
            Some(person) => FieldDef { api_name: field.api_name.clone(), ..person.clone() },
            None => field.clone(),
        });
    }
    Ok(module)
}

/// What a search is for.
enum Sought {
    Criteria(Criteria),
    /// A part of an address, in lower case.
    Email(String),
    /// Digits of a number.
    Phone(String),
    /// Beginnings of words.
    Words(Vec<full_text::Term>),
}

/// A search that was found to be valid.
struct Wanted<'a> {
    cx: &'a Cx,
    module: &'a ModuleDef,
    sought: Sought,
}

impl<'a> Wanted<'a> {
    /// Reads the first of `criteria`, `email`, `phone` and `word` that is there.
    fn read(cx: &'a Cx, module: &'a ModuleDef, params: &Params) -> Result<Self, ApiError> {
        // Refuses what a search for records would refuse, in the same words.
        if records::search::condition(cx, module, params, &mut Filter::default())?.is_none() {
            let names = vec!["criteria", "email", "phone", "word"];
            return Err(ApiError::new(Code::ExpectedParamMissing).detail("param_names", names));
        }
        let sought = if let Some(text) = params.get("criteria") {
            let parsed = criteria::parse(text, &Limits::default());
            Sought::Criteria(parsed.map_err(|_| ApiError::new(Code::InvalidQuery))?)
        } else if let Some(address) = params.get("email") {
            Sought::Email(letters::fold(address.trim()).into_owned())
        } else if let Some(number) = params.get("phone") {
            Sought::Phone(dialect::digits(number))
        } else {
            Sought::Words(full_text::words(params.get("word").unwrap_or_default()))
        };
        Ok(Self { cx, module, sought })
    }

    /// Whether a user, in wire form, is meant.
    fn fits(&self, user: &Value) -> bool {
        match &self.sought {
            Sought::Criteria(criteria) => self.holds(criteria, user),
            Sought::Email(part) => {
                let addresses = self.texts(user, &|field| field.data_type.is_email());
                addresses.iter().any(|address| letters::fold(address).contains(part))
            }
            Sought::Phone(part) => {
                let numbers = self.texts(user, &|field| field.data_type.is_phone());
                numbers.iter().any(|number| dialect::digits(number).contains(part))
            }
            Sought::Words(terms) => {
                let all = self
                    .texts(user, &|field| field.data_type.get().is_text() && field.flag("searchable", true));
                let all = all.join(" ");
                let words = full_text::words(&all);
                let has = |term: &full_text::Term| match term.whole() {
                    Some(_) => words.iter().any(|word| word.text.starts_with(&term.text)),
                    // In scripts without spaces any part of a text counts; the first letter tells the kind of term.
                    None => all.to_lowercase().contains(term.text.trim_start_matches('w')),
                };
                !terms.is_empty() && terms.iter().all(has)
            }
        }
    }

    /// The texts that a user has in the fields that are wanted.
    fn texts<'u>(&self, user: &'u Value, is_wanted: &dyn Fn(&FieldDef) -> bool) -> Vec<&'u str> {
        let fields = self.module.fields().iter().filter(|field| is_wanted(field));
        fields.filter_map(|field| user.get(&field.api_name)?.as_str()).collect()
    }

    fn holds(&self, criteria: &Criteria, user: &Value) -> bool {
        match criteria {
            Criteria::All(parts) => parts.iter().all(|part| self.holds(part, user)),
            Criteria::Any(parts) => parts.iter().any(|part| self.holds(part, user)),
            Criteria::Not(part) => !self.holds(part, user),
            Criteria::Test(condition) => self.test(condition, user),
        }
    }

    fn test(&self, condition: &Condition, user: &Value) -> bool {
        // `role.id` is the role itself.
        let name = condition.field.split('.').next().unwrap_or_default();
        let Some(field) = self.module.field(name) else { return false };
        let value = &user[name];
        let is_empty = value.is_null() || value == "";
        match (condition.operator, condition.tests_empty()) {
            (Operator::IsEmpty, _) | (_, Some(true)) => return is_empty,
            (Operator::IsNotEmpty, _) | (_, Some(false)) => return !is_empty,
            (operator, None) if is_empty => return operator == Operator::NotEqual,
            _ => {}
        }
        match field.data_type.get().form {
            Form::User | Form::Lookup | Form::AnyLookup => self.test_reference(condition, value),
            Form::Bool | Form::Int | Form::BigInt | Form::Decimal | Form::Date | Form::Instant => {
                self.test_ordered(condition, field, value)
            }
            Form::Text
            | Form::Json
            | Form::JsonList
            | Form::Reminders
            | Form::Taxes
            | Form::Layout
            | Form::Subform
            | Form::Files => test_text(condition, field, value),
        }
    }

    /// Roles, profiles and people, by id or name.
    fn test_reference(&self, condition: &Condition, value: &Value) -> bool {
        let me = self.cx.user_id().to_string();
        let is = |wanted: &String| {
            let wanted = if wanted == "${CURRENTUSER}" { &me } else { wanted };
            ["id", "name", "email"]
                .into_iter()
                .filter_map(|key| value.get(key)?.as_str())
                .any(|own| letters::same(own, wanted))
        };
        condition.values.iter().any(is) != (condition.operator == Operator::NotEqual)
    }

    /// Dates, times, ids and what is true or false.
    fn test_ordered(&self, condition: &Condition, field: &FieldDef, value: &Value) -> bool {
        let Some(own) = self.cell(field, value) else { return false };
        let to = |at: usize| {
            let wanted = self.cell(field, &Value::String(condition.values.get(at)?.trim().to_owned()))?;
            compare(&own, &wanted)
        };
        let first = to(0);
        match condition.operator {
            Operator::Equals => first == Some(Ordering::Equal),
            Operator::NotEqual => first != Some(Ordering::Equal),
            Operator::In => (0..condition.values.len()).any(|at| to(at) == Some(Ordering::Equal)),
            Operator::Between => first.is_some_and(Ordering::is_ge) && to(1).is_some_and(Ordering::is_le),
            Operator::GreaterThan => first.is_some_and(Ordering::is_gt),
            Operator::GreaterEqual => first.is_some_and(Ordering::is_ge),
            Operator::LessThan => first.is_some_and(Ordering::is_lt),
            Operator::LessEqual => first.is_some_and(Ordering::is_le),
            Operator::StartsWith
            | Operator::EndsWith
            | Operator::Contains
            | Operator::IsEmpty
            | Operator::IsNotEmpty => false,
        }
    }

    fn cell(&self, field: &FieldDef, value: &Value) -> Option<Cell<'static>> {
        if field.api_name == "id" {
            return Some(value.as_str()?.parse::<Id>().ok()?.into());
        }
        let cx = ValueCx { zone: &self.cx.snapshot.zone, compat: self.cx.compat };
        match field.parse_to_compare(&value.to_string(), &cx) {
            Ok(Parsed::Cell(cell)) if !cell.is_null() => Some(cell.into_owned()),
            _ => None,
        }
    }
}

/// Texts without regard to case: of an option the whole, of other text words one after the other.
fn test_text(condition: &Condition, field: &FieldDef, value: &Value) -> bool {
    let own = letters::fold(value.as_str().unwrap_or_default());
    let is_option = field.data_type.is_picklist();
    let is = |wanted: &String| {
        let words = dialect::words(wanted);
        let has_words = !is_option && !words.trim().is_empty() && dialect::words(&own).contains(&words);
        own == letters::fold(wanted) || has_words
    };
    let first = condition.values.first().map(|value| letters::fold(value).into_owned()).unwrap_or_default();
    match condition.operator {
        Operator::Equals | Operator::In => condition.values.iter().any(is),
        Operator::NotEqual => !condition.values.iter().any(is),
        Operator::StartsWith => own.starts_with(&first),
        Operator::EndsWith => own.ends_with(&first),
        Operator::Contains => own.contains(&first),
        Operator::Between
        | Operator::GreaterThan
        | Operator::GreaterEqual
        | Operator::LessThan
        | Operator::LessEqual
        | Operator::IsEmpty
        | Operator::IsNotEmpty => false,
    }
}

fn compare(own: &Cell<'_>, wanted: &Cell<'_>) -> Option<Ordering> {
    match (own, wanted) {
        (Cell::Bool(own), Cell::Bool(wanted)) => Some(own.cmp(wanted)),
        (Cell::Int(own), Cell::Int(wanted)) => Some(own.cmp(wanted)),
        (Cell::Date(own), Cell::Date(wanted)) => Some(own.cmp(wanted)),
        (Cell::Instant(own), Cell::Instant(wanted)) => Some(own.cmp(wanted)),
        _ => None,
    }
}

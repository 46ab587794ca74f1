//! Criteria on deleted records: `display_name`, `module`, `deleted_by`, `deleted_time`.

use dealwright_query::criteria::{self, Condition, Operator};
use dealwright_schema::Cell;
use dealwright_wire::{ApiError, Code, Id, Instant, letters};
use serde_json::Value;

use crate::cx::Cx;
use crate::records::filter::{Filter, joined};
use crate::records::json_criteria::{CONDITIONS, Place};
use crate::records::period::{self, Period};

/// Narrows `filter` (over the bin as `t`) to the records that the criteria hold for.
pub(super) fn add(cx: &Cx, value: &Value, place: Place<'_>, filter: &mut Filter) -> Result<(), ApiError> {
    let tree = criteria::read(value, CONDITIONS).map_err(|error| place.refused(&error))?;
    let reader = Reader { cx, place, paths: &tree.paths };
    let sql = joined(&tree.criteria, &mut |condition| reader.condition(condition, filter))?;
    filter.and(&sql);
    Ok(())
}

struct Reader<'a> {
    cx: &'a Cx,
    place: Place<'a>,
    paths: &'a [String],
}

impl Reader<'_> {
    fn condition(&self, condition: &Condition, filter: &mut Filter) -> Result<String, ApiError> {
        match condition.field.as_str() {
            "display_name" => self.name(condition, filter),
            "module" => {
                let ids = self.each(condition, |name| {
                    let module = self.cx.snapshot.schema.module(name);
                    module.map(|module| module.id.get()).or_else(|| name.parse().ok().map(Id::get))
                })?;
                self.among(condition, "t.module_id", ids, filter)
            }
            "deleted_by" => {
                let ids = self.each(condition, |name| {
                    let found = self.cx.snapshot.users.iter().find(|user| {
                        user.id.to_string() == name
                            || letters::same(&user.full_name(), name)
                            || letters::same(&user.email, name)
                    });
                    match found {
                        Some(user) => Some(user.id.get()),
                        None if name == "${CURRENTUSER}" => Some(self.cx.user_id().get()),
                        None => None,
                    }
                })?;
                self.among(condition, "t.deleted_by", ids, filter)
            }
            "deleted_time" => self.time(condition, filter),
            _ => Err(self
                .at(condition, ".field.api_name")
                .detail("supported_values", vec!["display_name", "module", "deleted_by", "deleted_time"])),
        }
    }

    fn name(&self, condition: &Condition, filter: &mut Filter) -> Result<String, ApiError> {
        let name = self.cx.org.store.dialect().lower("t.display_name");
        if let Some(empty) = condition.tests_empty() {
            return Ok(format!("t.display_name IS {}NULL", if empty { "" } else { "NOT " }));
        }
        let mut tests = Vec::with_capacity(condition.values.len());
        for value in &condition.values {
            let value = filter.bind(letters::fold(value).into_owned());
            tests.push(match condition.operator {
                Operator::Equals | Operator::In => format!("{name} = {value}"),
                Operator::NotEqual => format!("({name} = {value}) IS NOT TRUE"),
                Operator::Contains => self.cx.org.store.dialect().contains("t.display_name", &value),
                Operator::StartsWith => format!("substr({name}, 1, length({value})) = {value}"),
                Operator::EndsWith => self.cx.org.store.dialect().ends_with("t.display_name", &value),
                _ => return Err(self.unfit(condition)),
            });
        }
        Ok(format!("({})", tests.join(" OR ")))
    }

    /// What each value stands for; one that stands for nothing is refused.
    fn each(&self, condition: &Condition, find: impl Fn(&str) -> Option<i64>) -> Result<Vec<i64>, ApiError> {
        condition.values.iter().map(|value| find(value).ok_or_else(|| self.at(condition, ".value"))).collect()
    }

    fn among(
        &self,
        condition: &Condition,
        column: &str,
        ids: Vec<i64>,
        filter: &mut Filter,
    ) -> Result<String, ApiError> {
        let argument = filter.bind(Cell::Ids(ids.into()));
        let test = self.cx.org.store.dialect().in_ids(column, &argument);
        match condition.operator {
            Operator::Equals | Operator::In => Ok(test),
            Operator::NotEqual => Ok(format!("NOT ({test})")),
            _ => Err(self.unfit(condition)),
        }
    }

    fn time(&self, condition: &Condition, filter: &mut Filter) -> Result<String, ApiError> {
        let spans = condition.values.iter().map(|value| self.span(value)).collect::<Option<Vec<_>>>();
        let spans =
            spans.ok_or_else(|| self.at(condition, ".value").detail("expected_data_type", "datetime"))?;
        let (Some(&(from, _)), Some(&(_, after))) = (spans.first(), spans.last()) else {
            return Err(self.at(condition, ".value"));
        };
        // PostgreSQL wants every bound value to be used.
        let mut test = |sign: &str, second: i64| format!("t.deleted_time {sign} {}", filter.bind(second));
        Ok(match condition.operator {
            Operator::Equals | Operator::Between => {
                format!("({} AND {})", test(">=", from), test("<", after))
            }
            Operator::NotEqual => format!("({} OR {})", test("<", from), test(">=", after)),
            Operator::GreaterThan => test(">=", after),
            Operator::GreaterEqual => test(">=", from),
            Operator::LessThan => test("<", from),
            Operator::LessEqual => test("<", after),
            _ => return Err(self.unfit(condition)),
        })
    }

    /// The seconds that a value stands for: from, and up to before. A time is one second, a day all of its own.
    fn span(&self, value: &str) -> Option<(i64, i64)> {
        let zone = &self.cx.snapshot.zone;
        if let Some(days) = Period::named(value, zone.date(self.cx.org.clock.now())) {
            return Some((period::midnight(days.first, zone)?.0, period::midnight(days.after, zone)?.0));
        }
        let second = Instant::parse(value, zone)?.0;
        Some((second, second + 1))
    }

    fn unfit(&self, condition: &Condition) -> ApiError {
        self.at(condition, ".comparator").message("Please provide a valid comparator")
    }

    fn at(&self, condition: &Condition, key: &str) -> ApiError {
        let path = self.paths.get(condition.at).map_or("", String::as_str);
        self.place.error(Code::InvalidData, &format!("{path}{key}"))
    }
}

//! From criteria to a condition on rows, with every value bound. `refusal` has the errors.

mod refusal;

use dealwright_query::{Condition, Criteria, Operator};
use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, Storage, Value};
use dealwright_store::{Dialect, dialect};
use dealwright_wire::{ApiError, Id, letters};

use crate::access::Action;
use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::records::json_criteria::Place;
use crate::records::period::{self, Period};
use crate::records::selection::{alias, display_column};
use crate::snapshot::Snapshot;
use crate::tag_book::tag;

/// A condition over the table alias `t` and its arguments, numbered from `?1`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    pub sql: String,
    pub args: Vec<Cell<'static>>,
    /// Criteria of a search are in it, so that the rows come from anywhere in the table.
    pub is_criteria: bool,
    /// It may leave few of the rows.
    pub is_narrow: bool,
    /// What the criteria ask of fields in every row, as far as an index can serve it.
    pub tested: Vec<Tested>,
}

/// A test of a field that every row of a filter passes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tested {
    /// The field's `api_name`.
    pub field: String,
    /// It asks for one value, not for a range of them.
    pub is_equal: bool,
}

impl Filter {
    /// Adds an argument and gives its sign.
    pub(crate) fn bind(&mut self, cell: impl Into<Cell<'static>>) -> String {
        self.args.push(cell.into());
        format!("?{}", self.args.len())
    }

    /// Narrows the filter further.
    pub(crate) fn and(&mut self, condition: &str) {
        self.is_narrow = true;
        self.and_most(condition);
    }

    /// Narrows the filter by what most rows of a table pass.
    pub(crate) fn and_most(&mut self, condition: &str) {
        if !self.sql.is_empty() {
            self.sql.push_str(" AND ");
        }
        self.sql.push_str(condition);
    }

    /// ` WHERE …`, or nothing.
    pub(crate) fn clause(&self) -> String {
        if self.sql.is_empty() { String::new() } else { format!(" WHERE {}", self.sql) }
    }
}

/// Translates criteria for one module.
pub(crate) struct Translator<'a> {
    pub cx: &'a Cx,
    pub snapshot: &'a Snapshot,
    pub module: &'a ModuleDef,
    pub dialect: &'static dyn Dialect,
    /// Name of the module's table in the statement: `t`, `n` inside a test of a lookup's target, or that of a join.
    pub table: &'a str,
    pub language: Language<'a>,
}

/// In which form criteria came. It decides what `equals` means on text, and how errors look.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Language<'a> {
    /// The `criteria` parameter of a search.
    Text,
    /// JSON, with the path of each condition by its number.
    Json { place: Place<'a>, paths: &'a [String] },
    /// A condition of COQL, with its column and operator as written.
    Coql { column: &'a str, operator: &'a str },
}

/// Criteria as SQL, given what makes SQL of one test.
pub(crate) fn joined(
    criteria: &Criteria,
    condition: &mut dyn FnMut(&Condition) -> Result<String, ApiError>,
) -> Result<String, ApiError> {
    let (parts, word) = match criteria {
        Criteria::Test(test) => return condition(test),
        Criteria::Not(part) => return Ok(format!("({}) IS NOT TRUE", joined(part, condition)?)),
        Criteria::All(parts) => (parts, " AND "),
        Criteria::Any(parts) => (parts, " OR "),
    };
    let parts = parts.iter().map(|part| joined(part, condition)).collect::<Result<Vec<_>, _>>()?;
    let whole = format!("({})", parts.join(word));
    // An index serves the bound, and none the `or`.
    match criteria.bound() {
        Some(bound) => Ok(format!("({} AND {whole})", condition(&bound)?)),
        None => Ok(whole),
    }
}

impl Translator<'_> {
    /// Adds the criteria to `filter`.
    pub(crate) fn add(&self, criteria: &Criteria, filter: &mut Filter) -> Result<(), ApiError> {
        let sql = joined(criteria, &mut |condition| self.condition(condition, filter))?;
        filter.and(&sql);
        filter.tested.extend(criteria.needed().into_iter().filter_map(|condition| self.tested(condition)));
        Ok(())
    }

    /// What a condition asks of a field of the module itself.
    fn tested(&self, condition: &Condition) -> Option<Tested> {
        let field = self.module.field(alias(self.module, &condition.field, self.cx.is_lenient()))?;
        let is_equal = condition.operator == Operator::Equals;
        is_served(field, condition, self.language).then(|| Tested { field: field.api_name.clone(), is_equal })
    }

    /// One test as SQL.
    pub(crate) fn condition(&self, condition: &Condition, filter: &mut Filter) -> Result<String, ApiError> {
        if let Some((lookup, field)) = condition.field.split_once('.') {
            return self.through(condition, lookup, field, filter);
        }
        let name = alias(self.module, &condition.field, self.cx.is_lenient());
        if name != condition.field {
            self.cx.note("close-date");
        }
        let field = self
            .module
            .field(name)
            .filter(|field| field.column.is_some())
            .ok_or_else(|| self.unknown_field(condition))?;
        if condition.operator.is_extension() && matches!(self.language, Language::Text) {
            if !self.cx.is_lenient() {
                return Err(self.unfit_operator(condition));
            }
            self.cx.note("search-operators");
        }
        if is_served(field, condition, self.language) {
            self.cx.org.uses.note(self.module.id, field.id, self.cx.org.clock.now());
        }
        let column = format!("{}.\"{}\"", self.table, field.column.as_deref().unwrap_or_default());
        match condition.operator {
            Operator::IsEmpty => return Ok(format!("{column} IS NULL")),
            Operator::IsNotEmpty => return Ok(format!("{column} IS NOT NULL")),
            _ => {}
        }
        if let Some(empty) = condition.tests_empty() {
            return Ok(format!("{column} IS {}NULL", if empty { "" } else { "NOT " }));
        }
        match field.data_type.get().form {
            Form::Text if field.data_type.is_picklist() || field.data_type.is_auto_number() => {
                self.exact_text(&actual(field, condition), &column, filter)
            }
            // In a view, a filter or a query a text is meant as a whole.
            Form::Text if !matches!(self.language, Language::Text) => {
                self.exact_text(condition, &column, filter)
            }
            Form::Text => self.free_text(condition, &column, filter),
            Form::JsonList if tag::is_tags(field) => self.tags(condition, &column, filter),
            Form::Json | Form::JsonList | Form::Reminders | Form::Taxes => {
                self.list(&actual(field, condition), &column, filter)
            }
            Form::User => self.user(condition, &column, filter),
            Form::Lookup | Form::AnyLookup => self.lookup(condition, field, &column, filter),
            Form::Bool | Form::Int | Form::BigInt | Form::Decimal | Form::Date | Form::Instant => {
                self.ordered(condition, field, &column, filter)
            }
            Form::Layout | Form::Subform | Form::Files => Err(self.unknown_field(condition)),
        }
    }

    /// `Account_Name.Industry`: a field of the record that a lookup points to. `.id` is the lookup itself.
    fn through(
        &self,
        condition: &Condition,
        lookup: &str,
        field: &str,
        filter: &mut Filter,
    ) -> Result<String, ApiError> {
        let own = Condition { field: lookup.to_owned(), ..condition.clone() };
        let refused = || self.unknown_field(condition);
        let form = self.module.field(lookup).map(|field| field.data_type.get().form);
        if field == "id" && matches!(form, Some(Form::Lookup | Form::AnyLookup | Form::User)) {
            return self.condition(&own, filter);
        }
        // One step only: what a search may ask of the database has to have an end.
        if field.contains('.') || self.table != "t" {
            return Err(refused());
        }
        let own_field = self.module.field(lookup).ok_or_else(refused)?;
        let target = own_field.lookup_module().and_then(|name| self.snapshot.schema.module(name));
        let target = target.ok_or_else(refused)?;
        // The target's own permission decides whether its fields may be asked for.
        let grant = self.cx.grant(target, Action::View)?;
        let (Some(column), Some(table)) = (own_field.column.as_deref(), unasked::table(target, Why::Granted))
        else {
            return Err(refused());
        };
        // Behind an empty lookup everything is empty: what finds empty fields finds all but those that have a value.
        let (is_turned, operator) = match (condition.operator, condition.tests_empty()) {
            // Strict mode refuses it under its own name.
            (Operator::IsEmpty, _) if self.cx.is_lenient() => (true, Operator::IsNotEmpty),
            (Operator::Equals, Some(_)) => (true, Operator::NotEqual),
            (Operator::NotEqual, None) => (true, Operator::Equals),
            (other, _) => (false, other),
        };
        let inner = Translator { module: &grant.module, table: "n", ..*self };
        let own = Condition { field: field.to_owned(), operator, ..condition.clone() };
        let mut test = inner.condition(&own, filter)?;
        if let Some(scope) = grant.rows("n", &mut filter.args) {
            test = format!("{test} AND {scope}");
        }
        let found = format!("t.\"{column}\" IN (SELECT n.id FROM {{{table}}} n WHERE {test})");
        Ok(if is_turned { format!("({found}) IS NOT TRUE") } else { found })
    }

    /// Text fields: `equals` finds the value's words, one after the other, as whole words.
    fn free_text(
        &self,
        condition: &Condition,
        column: &str,
        filter: &mut Filter,
    ) -> Result<String, ApiError> {
        let value = &condition.values[0];
        let words = |value: &str, filter: &mut Filter| {
            let exact = filter.bind(letters::fold(value).into_owned());
            let folded = self.dialect.fold(column);
            // A value without words (punctuation only) can still be the whole text.
            if dialect::words(value).trim().is_empty() {
                return format!("{folded} = {exact}");
            }
            let argument = filter.bind(dialect::words(value));
            format!("({folded} = {exact} OR {})", self.dialect.contains_words(column, &argument))
        };
        Ok(match condition.operator {
            Operator::Equals => words(value, filter),
            Operator::NotEqual => format!("({column} IS NULL OR NOT {})", words(value, filter)),
            Operator::In => any(condition.values.iter().map(|value| words(value, filter))),
            _ => return self.shared_text(condition, column, filter),
        })
    }

    /// Picklists and numbers of documents: the whole value, without regard to case.
    fn exact_text(
        &self,
        condition: &Condition,
        column: &str,
        filter: &mut Filter,
    ) -> Result<String, ApiError> {
        let folded = self.dialect.fold(column);
        Ok(match condition.operator {
            Operator::Equals => {
                format!("{folded} = {}", filter.bind(letters::fold(&condition.values[0]).into_owned()))
            }
            Operator::NotEqual => format!(
                "({column} IS NULL OR {folded} <> {})",
                filter.bind(letters::fold(&condition.values[0]).into_owned())
            ),
            Operator::In => any(condition
                .values
                .iter()
                .map(|value| format!("{folded} = {}", filter.bind(letters::fold(value).into_owned())))),
            _ => return self.shared_text(condition, column, filter),
        })
    }

    fn shared_text(
        &self,
        condition: &Condition,
        column: &str,
        filter: &mut Filter,
    ) -> Result<String, ApiError> {
        let value = letters::fold(&condition.values[0]).into_owned();
        Ok(match condition.operator {
            Operator::StartsWith => {
                let folded = self.dialect.fold(column);
                // The last character there is closes the range, so that an index on the column serves it.
                let (from, to) = (filter.bind(value.clone()), filter.bind(format!("{value}\u{10ffff}")));
                format!("({folded} >= {from} AND {folded} < {to})")
            }
            Operator::Contains => self.dialect.contains(column, &filter.bind(value)),
            Operator::EndsWith => self.dialect.ends_with(column, &filter.bind(value)),
            _ => return Err(self.unfit_operator(condition)),
        })
    }

    /// Lists stored as JSON text: an option is there with its quotes around it.
    fn list(&self, condition: &Condition, column: &str, filter: &mut Filter) -> Result<String, ApiError> {
        let quoted = |value: &str| {
            let mut quoted = Vec::new();
            dealwright_wire::json::string(&mut quoted, value);
            letters::fold(&String::from_utf8(quoted).unwrap_or_default()).into_owned()
        };
        let has = |value: &str, filter: &mut Filter| {
            // Quotes inside an option stand behind a backslash. What is between two options looks like the option `,`.
            let before = if value == "," { ["[", "\","] } else { ["[", ","] };
            let places = before.map(|before| format!("{before}{}", quoted(value)));
            any(places.into_iter().map(|text| self.dialect.contains(column, &filter.bind(text))))
        };
        let value = &condition.values[0];
        Ok(match condition.operator {
            Operator::Equals | Operator::Contains => has(value, filter),
            Operator::NotEqual => format!("({column} IS NULL OR NOT {})", has(value, filter)),
            Operator::In => any(condition.values.iter().map(|value| has(value, filter))),
            Operator::StartsWith => {
                let mut beginning = quoted(value);
                beginning.pop();
                let argument = filter.bind(format!("[{beginning}"));
                self.dialect.contains(column, &argument)
            }
            _ => return Err(self.unfit_operator(condition)),
        })
    }

    /// Tags by name; their ids are in memory, and records hold ids.
    fn tags(&self, condition: &Condition, column: &str, filter: &mut Filter) -> Result<String, ApiError> {
        let values: Vec<String> = condition.values.iter().map(|value| tag::folded(value)).collect();
        let first = values.first().map_or("", String::as_str);
        let fits: &dyn Fn(&str) -> bool = match condition.operator {
            Operator::Equals | Operator::NotEqual | Operator::In => {
                &|name| values.iter().any(|value| value == name)
            }
            Operator::StartsWith => &|name| name.starts_with(first),
            Operator::Contains => &|name| name.contains(first),
            Operator::EndsWith => &|name| name.ends_with(first),
            _ => return Err(self.unfit_operator(condition)),
        };
        let ids = self.snapshot.tags.named(self.module.id, fits);
        let negated = condition.operator == Operator::NotEqual;
        if ids.is_empty() {
            return Ok(if negated { "1 = 1" } else { "1 = 0" }.to_owned());
        }
        let tests = ids.iter().map(|id| self.dialect.contains(column, &filter.bind(id.to_string())));
        let test = any(tests);
        Ok(if negated { format!("({column} IS NULL OR NOT {test})") } else { test })
    }

    /// Users by id, name or e-mail address; all users are in memory, so only ids reach the database.
    fn user(&self, condition: &Condition, column: &str, filter: &mut Filter) -> Result<String, ApiError> {
        let ids: Vec<i64> = condition
            .values
            .iter()
            .flat_map(|value| {
                self.snapshot.users.iter().filter(move |user| {
                    user.id.to_string() == *value
                        || (value == "${CURRENTUSER}" && user.id == self.cx.user_id())
                        || letters::same(&user.full_name(), value)
                        || letters::same(&user.email, value)
                })
            })
            .map(|user| user.id.get())
            .collect();
        let test = match ids.as_slice() {
            [one] => format!("{column} = {}", filter.bind(*one)),
            _ => self.dialect.in_ids(column, &filter.bind(Cell::Ids(ids.into()))),
        };
        match condition.operator {
            Operator::Equals | Operator::In => Ok(test),
            Operator::NotEqual => Ok(format!("({column} IS NULL OR NOT {test})")),
            _ => Err(self.unfit_operator(condition)),
        }
    }

    /// Lookups by the target's id or name.
    fn lookup(
        &self,
        condition: &Condition,
        field: &FieldDef,
        column: &str,
        filter: &mut Filter,
    ) -> Result<String, ApiError> {
        let target = field.lookup_module().and_then(|name| self.snapshot.schema.module(name));
        // Names that are not shown are not found either.
        let target = target.filter(|target| self.cx.caller().has_permission(target, Action::View));
        let named =
            target.and_then(|target| Some((unasked::table(target, Why::Name)?, display_column(target)?)));
        let is = |value: &str, filter: &mut Filter| -> Result<String, ApiError> {
            if let Ok(id) = value.parse::<Id>()
                && value.len() >= 15
            {
                return Ok(format!("{column} = {}", filter.bind(id)));
            }
            let (table, shown) = named.ok_or_else(|| self.wrong_value(condition, "bigint"))?;
            let shown = self.dialect.fold(&format!("n.\"{shown}\""));
            let argument = filter.bind(letters::fold(value).into_owned());
            Ok(format!("{column} IN (SELECT n.id FROM {{{table}}} n WHERE {shown} = {argument})"))
        };
        match condition.operator {
            Operator::Equals => is(&condition.values[0], filter),
            Operator::NotEqual => {
                let test = is(&condition.values[0], filter)?;
                Ok(format!("({column} IS NULL OR NOT ({test}))"))
            }
            Operator::In => {
                let tests = condition.values.iter().map(|value| is(value, filter));
                Ok(any(tests.collect::<Result<Vec<_>, _>>()?.into_iter()))
            }
            Operator::StartsWith | Operator::Contains | Operator::EndsWith => {
                let (table, shown) = named.ok_or_else(|| self.unfit_operator(condition))?;
                let test = self.shared_text(condition, &format!("n.\"{shown}\""), filter)?;
                Ok(format!("{column} IN (SELECT n.id FROM {{{table}}} n WHERE {test})"))
            }
            _ => Err(self.unfit_operator(condition)),
        }
    }

    /// Numbers, dates, times and booleans.
    fn ordered(
        &self,
        condition: &Condition,
        field: &FieldDef,
        column: &str,
        filter: &mut Filter,
    ) -> Result<String, ApiError> {
        if let Some(periods) = self.periods(condition, field) {
            return self.in_periods(condition, &periods, field, column, filter);
        }
        let value = |text: &str| self.value(condition, field, text);
        let sign = match condition.operator {
            Operator::Equals => "=",
            Operator::NotEqual => {
                let cell = value(&condition.values[0])?;
                return Ok(format!("({column} IS NULL OR {column} <> {})", filter.bind(cell)));
            }
            Operator::In => {
                let tests = condition.values.iter().map(|text| {
                    let cell = value(text)?;
                    Ok(format!("{column} = {}", filter.bind(cell)))
                });
                return Ok(any(tests.collect::<Result<Vec<_>, ApiError>>()?.into_iter()));
            }
            Operator::Between
            | Operator::GreaterThan
            | Operator::GreaterEqual
            | Operator::LessThan
            | Operator::LessEqual
                if field.data_type.get().storage == Some(Storage::Bool) =>
            {
                return Err(self.unfit_operator(condition));
            }
            Operator::Between => {
                let (from, to) = (value(&condition.values[0])?, value(&condition.values[1])?);
                let (from, to) = (filter.bind(from), filter.bind(to));
                return Ok(format!("({column} >= {from} AND {column} <= {to})"));
            }
            Operator::GreaterThan => ">",
            Operator::GreaterEqual => ">=",
            Operator::LessThan => "<",
            Operator::LessEqual => "<=",
            _ => return Err(self.unfit_operator(condition)),
        };
        let cell = value(&condition.values[0])?;
        Ok(format!("{column} {sign} {}", filter.bind(cell)))
    }

    /// The periods that the values name, when all of them do. Only JSON criteria have such values.
    fn periods(&self, condition: &Condition, field: &FieldDef) -> Option<Vec<Period>> {
        let takes_days = matches!(field.data_type.get().form, Form::Date | Form::Instant);
        if !takes_days || !matches!(self.language, Language::Json { .. }) {
            return None;
        }
        let today = self.snapshot.zone.date(self.cx.org.clock.now());
        condition.values.iter().map(|value| Period::named(value, today)).collect()
    }

    /// A date or a time against whole days of the org's calendar.
    fn in_periods(
        &self,
        condition: &Condition,
        periods: &[Period],
        field: &FieldDef,
        column: &str,
        filter: &mut Filter,
    ) -> Result<String, ApiError> {
        let is_date = field.data_type.get().form == Form::Date;
        let start_of = |date: jiff::civil::Date, filter: &mut Filter| {
            let cell = if is_date {
                Cell::Date(date)
            } else {
                let midnight = period::midnight(date, &self.snapshot.zone);
                midnight.ok_or_else(|| self.wrong_value(condition, "datetime"))?.into()
            };
            Ok::<_, ApiError>(filter.bind(cell))
        };
        let (first, last) = match periods {
            [first, .., last] => (first, last),
            [one] => (one, one),
            [] => return Err(self.wrong_value(condition, field.data_type.name())),
        };
        let within = |from: &Period, to: &Period, filter: &mut Filter| {
            let (from, until) = (start_of(from.first, filter)?, start_of(to.after, filter)?);
            Ok::<_, ApiError>(format!("({column} >= {from} AND {column} < {until})"))
        };
        Ok(match condition.operator {
            Operator::Equals | Operator::Between => within(first, last, filter)?,
            Operator::NotEqual => {
                let test = within(first, last, filter)?;
                format!("({column} IS NULL OR NOT {test})")
            }
            Operator::In => {
                let tests = periods.iter().map(|period| within(period, period, filter));
                any(tests.collect::<Result<Vec<_>, _>>()?.into_iter())
            }
            Operator::GreaterThan => format!("{column} >= {}", start_of(last.after, filter)?),
            Operator::GreaterEqual => format!("{column} >= {}", start_of(first.first, filter)?),
            Operator::LessThan => format!("{column} < {}", start_of(first.first, filter)?),
            Operator::LessEqual => format!("{column} < {}", start_of(last.after, filter)?),
            _ => return Err(self.unfit_operator(condition)),
        })
    }

    fn value(&self, condition: &Condition, field: &FieldDef, text: &str) -> Result<Cell<'static>, ApiError> {
        if field.api_name == "id" {
            return text.parse::<Id>().map(Into::into).map_err(|_| self.wrong_value(condition, "bigint"));
        }
        let mut raw = Vec::new();
        dealwright_wire::json::string(&mut raw, text.trim());
        let raw = String::from_utf8(raw).unwrap_or_default();
        let cx = dealwright_schema::ValueCx { zone: &self.snapshot.zone, compat: self.cx.compat };
        match field.parse_to_compare(&raw, &cx) {
            Ok(Value::Cell(cell)) if !cell.is_null() => Ok(cell.into_owned()),
            _ => Err(self.wrong_value(condition, field.data_type.name())),
        }
    }
}

/// True for a test that an index on the field can serve: it asks for values, and not for those without one. The words of
/// a text field are no matter of such an index.
fn is_served(field: &FieldDef, condition: &Condition, language: Language<'_>) -> bool {
    let kind = field.data_type.get();
    let is_words = kind.is_text()
        && matches!(language, Language::Text)
        && !matches!(kind.name, "picklist" | "autonumber");
    match condition.operator {
        Operator::Equals | Operator::In => condition.tests_empty().is_none() && !is_words,
        Operator::StartsWith
        | Operator::Between
        | Operator::GreaterThan
        | Operator::GreaterEqual
        | Operator::LessThan
        | Operator::LessEqual => true,
        _ => false,
    }
}

/// The condition with the stored values of options in place of what they are called, in any case.
fn actual(field: &FieldDef, condition: &Condition) -> Condition {
    let named = |text: &String| {
        let options = field.pick_list_values.iter();
        let option = options.clone().find(|option| letters::same(&option.actual_value, text));
        let option =
            option.or_else(|| options.clone().find(|option| letters::same(&option.display_value, text)));
        option.map_or_else(|| text.clone(), |option| option.actual_value.clone())
    };
    Condition { values: condition.values.iter().map(named).collect(), ..condition.clone() }
}

/// Tests of which one has to hold.
pub(crate) fn any(tests: impl Iterator<Item = String>) -> String {
    format!("({})", tests.collect::<Vec<_>>().join(" OR "))
}

//! The `where` clause as SQL.
//!
//! Negations find empty fields too, as those of searches and views do: what is not `'Bern'` may be nothing.

use dealwright_query::coql::{Comparison, Expr, Operand, Predicate, Test, Values};
use dealwright_query::{Condition, Operator};
use dealwright_schema::{Cell, FieldDef, Form, ModuleDef};
use dealwright_wire::{ApiError, json, letters};

use super::column::{Clause, Target};
use super::like::{self, Pattern};
use super::person::Attribute;
use super::plan::Planner;
use super::refusal;
use crate::records::filter::{Filter, Language, Translator, any};

impl Planner<'_> {
    /// The whole clause as a condition.
    pub(super) fn criteria(&mut self, criteria: &Expr) -> Result<String, ApiError> {
        let (parts, word) = match criteria {
            Expr::Test(test) => return self.test(test),
            Expr::All(parts) => (parts, " AND "),
            Expr::Any(parts) => (parts, " OR "),
        };
        let parts = parts.iter().map(|part| self.criteria(part)).collect::<Result<Vec<_>, _>>()?;
        let whole = format!("({})", parts.join(word));
        // An index serves the bound, and none the `or`.
        match criteria.bound() {
            Some(bound) => Ok(format!("({} AND {whole})", self.test(&bound)?)),
            None => Ok(whole),
        }
    }

    fn test(&mut self, test: &Test) -> Result<String, ApiError> {
        let target = self.column(&test.column, Clause::Other)?;
        let column = test.column.text.as_str();
        let operator = test.predicate.operator();
        let kind = Kind::of(&target, column)?;
        if !kind.takes(&test.predicate) {
            return Err(refusal::invalid_operator(column, operator));
        }
        match (&test.predicate, &target) {
            (Predicate::Compare(comparison, Operand::Query(query)), target) => {
                self.compared_with_query(test, target, *comparison, query)
            }
            (Predicate::In { negated, values: Values::Query(query) }, target) => {
                let inside = self.in_query(test, target, query)?;
                Ok(if *negated { not(&inside) } else { inside })
            }
            (predicate, Target::Person { user, attribute }) => {
                Ok(self.person_test(user, *attribute, predicate))
            }
            (predicate, Target::Into { module, .. }) => Ok(self.module_test(module, predicate)),
            (predicate, Target::Field { module, field, table, .. }) => {
                let language = Language::Coql { column, operator };
                let (cx, snapshot, dialect) = (self.cx, self.snapshot, self.dialect);
                let translator = Translator { cx, snapshot, module, dialect, table, language };
                let test = FieldTest { translator, field };
                let own = test.column();
                let sql = test.condition(predicate, &mut self.filter)?;
                // Most rows pass such a test of what is added up, and each would be looked up one by one.
                let is_wide = is_open(predicate) && self.summed.contains(&own);
                Ok(if is_wide { sql.replace(&own, &dialect.off_index(&own)) } else { sql })
            }
        }
    }

    /// All users are in memory, so that only ids reach the database.
    fn person_test(&mut self, user: &str, attribute: Attribute, predicate: &Predicate) -> String {
        let fits = |user| holds(attribute.of(self.snapshot, user).as_deref(), predicate);
        let ids: Vec<i64> =
            self.snapshot.users.iter().filter(|user| fits(user)).map(|user| user.id.get()).collect();
        let argument = self.filter.bind(Cell::Ids(ids.into()));
        let among = self.dialect.in_ids(user, &argument);
        if holds(None, predicate) { format!("({user} IS NULL OR {among})") } else { among }
    }

    fn module_test(&mut self, module: &str, predicate: &Predicate) -> String {
        let holds_for_empty = holds(None, predicate);
        // A negation has to hold for both ways to name a module, anything else for one of them.
        let fits = |module: &ModuleDef| {
            let by_name = holds(Some(&module.api_name), predicate);
            let by_id = holds(Some(&module.id.to_string()), predicate);
            if holds_for_empty { by_name && by_id } else { by_name || by_id }
        };
        let modules = self.snapshot.schema.modules();
        let ids: Vec<i64> =
            modules.iter().filter(|module| fits(module)).map(|module| module.id.get()).collect();
        let argument = self.filter.bind(Cell::Ids(ids.into()));
        let among = self.dialect.in_ids(&format!("({module})"), &argument);
        if holds_for_empty { format!("(({module}) IS NULL OR {among})") } else { among }
    }
}

/// True for tests that let through all values on one side of one, or all there are.
fn is_open(predicate: &Predicate) -> bool {
    use Comparison::{Greater, GreaterEqual, Less, LessEqual};
    matches!(
        predicate,
        Predicate::Compare(Greater | GreaterEqual | Less | LessEqual, _) | Predicate::Null { negated: true }
    )
}

/// What the types have in common that a predicate asks for. Source: the table of comparators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Reference,
    Ordered,
    /// The flag says whether it can be empty.
    Bool(bool),
}

impl Kind {
    fn of(target: &Target<'_>, column: &str) -> Result<Self, ApiError> {
        let Target::Field { field, as_id, .. } = target else {
            let is_id = matches!(
                target,
                Target::Into { .. }
                    | Target::Person { attribute: Attribute::RoleId | Attribute::ProfileId, .. }
            );
            return Ok(if is_id { Self::Reference } else { Self::Text });
        };
        if *as_id {
            return Ok(Self::Reference);
        }
        match field.data_type.get().form {
            Form::Text => Ok(Self::Text),
            Form::Lookup | Form::AnyLookup | Form::User => Ok(Self::Reference),
            Form::Int | Form::BigInt | Form::Decimal | Form::Date | Form::Instant => Ok(Self::Ordered),
            Form::Bool => Ok(Self::Bool(field.data_type.get().is_worked_out())),
            Form::Json if field.data_type.is_multi_select() => Ok(Self::Text),
            Form::JsonList if crate::tag_book::tag::is_tags(field) => Ok(Self::Text),
            _ => Err(refusal::unsupported_type(column, field.data_type.name())),
        }
    }

    fn takes(self, predicate: &Predicate) -> bool {
        use Comparison::{Equal, NotEqual};
        match predicate {
            Predicate::Compare(Equal, _) => true,
            Predicate::Compare(NotEqual, _) | Predicate::In { .. } => !matches!(self, Self::Bool(_)),
            Predicate::Compare(..) | Predicate::Between { .. } => self == Self::Ordered,
            Predicate::Like { .. } => self == Self::Text,
            Predicate::Null { .. } => self != Self::Bool(false),
        }
    }
}

/// A test of a field's own column.
struct FieldTest<'a> {
    translator: Translator<'a>,
    field: &'a FieldDef,
}

impl FieldTest<'_> {
    fn condition(&self, predicate: &Predicate, filter: &mut Filter) -> Result<String, ApiError> {
        let column = self.column();
        let one = |operator, value: &str, filter: &mut Filter| {
            self.simple(operator, vec![value.to_owned()], filter)
        };
        Ok(match predicate {
            Predicate::Null { negated } => format!("{column} IS {}NULL", if *negated { "NOT " } else { "" }),
            Predicate::Compare(Comparison::Equal, Operand::Literal(value)) => self.equal(value, filter)?,
            Predicate::Compare(Comparison::NotEqual, Operand::Literal(value)) => {
                not(&self.equal(value, filter)?)
            }
            Predicate::Compare(comparison, Operand::Literal(value)) => {
                one(ordered(*comparison), value, filter)?
            }
            Predicate::In { negated, values: Values::Literals(values) } => {
                let inside = self.among(values, filter)?;
                if *negated { not(&inside) } else { inside }
            }
            Predicate::Between { negated, low, high } => {
                let values = vec![low.clone(), high.clone()];
                let between = self.simple(Operator::Between, values, filter)?;
                if *negated { not(&between) } else { between }
            }
            Predicate::Like { negated, pattern } => {
                let alike = self.like(pattern, filter)?;
                if *negated { not(&alike) } else { alike }
            }
            // Subqueries never come here.
            Predicate::Compare(_, Operand::Query(_)) | Predicate::In { .. } => "1 = 0".to_owned(),
        })
    }

    fn column(&self) -> String {
        format!("{}.\"{}\"", self.translator.table, self.field.column.as_deref().unwrap_or_default())
    }

    /// A condition as searches have them too.
    fn simple(
        &self,
        operator: Operator,
        values: Vec<String>,
        filter: &mut Filter,
    ) -> Result<String, ApiError> {
        let field = self.field.api_name.clone();
        self.translator.condition(&Condition { field, operator, values, at: 0 }, filter)
    }

    /// The empty text is no value: nothing equals it but an empty field.
    fn equal(&self, value: &str, filter: &mut Filter) -> Result<String, ApiError> {
        if value.is_empty() {
            return Ok(format!("{} IS NULL", self.column()));
        }
        if self.is_list() {
            return Ok(self.same_options(value, filter));
        }
        self.simple(Operator::Equals, vec![value.to_owned()], filter)
    }

    fn among(&self, values: &[String], filter: &mut Filter) -> Result<String, ApiError> {
        let has_empty = values.iter().any(String::is_empty);
        if has_empty || self.is_list() {
            let tests = values.iter().map(|value| self.equal(value, filter));
            return Ok(any(tests.collect::<Result<Vec<_>, _>>()?.into_iter()));
        }
        self.simple(Operator::In, values.to_vec(), filter)
    }

    fn like(&self, pattern: &str, filter: &mut Filter) -> Result<String, ApiError> {
        let is_tags = crate::tag_book::tag::is_tags(self.field);
        let one = |operator, text: &str, filter: &mut Filter| {
            if self.is_list() {
                return Ok(self.list_like(operator, text, filter));
            }
            self.simple(operator, vec![text.to_owned()], filter)
        };
        match Pattern::of(pattern) {
            Pattern::Whole(text) => self.equal(text, filter),
            Pattern::Anything => Ok(format!("{} IS NOT NULL", self.column())),
            Pattern::StartsWith(text) => one(Operator::StartsWith, text, filter),
            Pattern::EndsWith(text) => one(Operator::EndsWith, text, filter),
            Pattern::Contains(text) => one(Operator::Contains, text, filter),
            Pattern::General(_) if is_tags || self.is_list() => {
                Err(refusal::invalid_operator(&self.field.api_name, "like"))
            }
            Pattern::General(text) => {
                let argument = filter.bind(like::escaped(text));
                Ok(self.translator.dialect.like(&self.column(), &argument))
            }
        }
    }

    /// Several options in one field, stored as a JSON list.
    fn is_list(&self) -> bool {
        self.field.data_type.is_multi_select()
    }

    /// `'English;German'`: exactly these options, in any order. They are when each of them is there and the stored text
    /// is as long as theirs.
    fn same_options(&self, value: &str, filter: &mut Filter) -> String {
        let named = |text: &str| {
            let option = self.field.pick_value(text);
            option.map_or_else(|| text.to_owned(), |option| option.actual_value.clone())
        };
        let mut quoted: Vec<String> = value.split(';').map(|option| folded(&named(option.trim()))).collect();
        quoted.sort();
        quoted.dedup();
        let column = self.column();
        let length = quoted.iter().map(|option| option.chars().count() + 1).sum::<usize>() + 1;
        let mut tests: Vec<String> = quoted
            .into_iter()
            .map(|option| self.translator.dialect.contains(&column, &filter.bind(option)))
            .collect();
        let whole = self.translator.dialect.lower(&column);
        tests.push(format!("length({whole}) = {}", filter.bind(length as i64)));
        format!("({})", tests.join(" AND "))
    }

    /// The pattern within one option, at the beginning of the first or at the end of the last.
    fn list_like(&self, operator: Operator, text: &str, filter: &mut Filter) -> String {
        let quoted = folded(text);
        let inner = &quoted[1..quoted.len() - 1];
        let (column, dialect) = (self.column(), self.translator.dialect);
        match operator {
            Operator::StartsWith => dialect.contains(&column, &filter.bind(format!("[\"{inner}"))),
            Operator::EndsWith => dialect.ends_with(&column, &filter.bind(format!("{inner}\"]"))),
            _ => {
                // The brackets around the options and the commas between them are none of theirs.
                let options = format!("replace(substr({column}, 2, length({column}) - 2), '\",\"', '\"\"')");
                dialect.contains(&options, &filter.bind(inner.to_owned()))
            }
        }
    }
}

fn ordered(comparison: Comparison) -> Operator {
    match comparison {
        Comparison::Equal => Operator::Equals,
        Comparison::NotEqual => Operator::NotEqual,
        Comparison::Greater => Operator::GreaterThan,
        Comparison::GreaterEqual => Operator::GreaterEqual,
        Comparison::Less => Operator::LessThan,
        Comparison::LessEqual => Operator::LessEqual,
    }
}

fn not(condition: &str) -> String {
    format!("({condition}) IS NOT TRUE")
}

/// A text in its quotes, folded as the column is that it is looked for in.
fn folded(text: &str) -> String {
    letters::fold(&quoted(text)).into_owned()
}

fn quoted(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    json::string(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

/// Whether a text in memory fits; `None` is empty.
fn holds(text: Option<&str>, predicate: &Predicate) -> bool {
    let same = |value: &str| match text {
        Some(text) => letters::same(text, value),
        None => value.is_empty(),
    };
    match predicate {
        Predicate::Null { negated } => text.is_none() != *negated,
        Predicate::Compare(comparison, Operand::Literal(value)) => {
            same(value) == (*comparison == Comparison::Equal)
        }
        Predicate::In { negated, values: Values::Literals(values) } => {
            values.iter().any(|value| same(value)) != *negated
        }
        Predicate::Like { negated, pattern } => {
            text.is_some_and(|text| Pattern::of(pattern).fits(text)) != *negated
        }
        // Not taken by texts, or handled before.
        Predicate::Between { .. } | Predicate::Compare(..) | Predicate::In { .. } => false,
    }
}

//! Which related records a rollup counts: a criterion object of the API, compiled for a module and turned into SQL.
//!
//! Source: metadata reference, "Criterion object". Values that mean another thing every day (`${TODAY}` and its kin)
//! are refused: what is stored would become false by itself.

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, Value as FieldValue, ValueCx};
use dealwright_store::Dialect;
use dealwright_wire::{Compat, Id, Zone, json, letters};
use serde_json::Value;

/// Tests in one criterion at most.
const TESTS: usize = 25;
/// Values of one test at most.
const VALUES: usize = 500;

/// A condition on records of one module.
#[derive(Debug, Clone)]
pub(crate) enum Criteria {
    All(Vec<Criteria>),
    Any(Vec<Criteria>),
    Test(Test),
}

/// One test of one field.
#[derive(Debug, Clone)]
pub(crate) struct Test {
    /// Position of the field.
    field: usize,
    comparator: Comparator,
    /// Without values: whether the field is empty.
    values: Vec<Cell<'static>>,
}

/// How a field is compared. Each has its opposite, which also holds for empty fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparator {
    Equal,
    NotEqual,
    Contains,
    NotContains,
    StartsWith,
    EndsWith,
    GreaterThan,
    GreaterEqual,
    LessThan,
    LessEqual,
    Between,
    NotBetween,
}

/// By name; `in` and `equal` both take several values.
const COMPARATORS: [(&str, Comparator); 14] = [
    ("equal", Comparator::Equal),
    ("not_equal", Comparator::NotEqual),
    ("in", Comparator::Equal),
    ("not_in", Comparator::NotEqual),
    ("contains", Comparator::Contains),
    ("not_contains", Comparator::NotContains),
    ("starts_with", Comparator::StartsWith),
    ("ends_with", Comparator::EndsWith),
    ("greater_than", Comparator::GreaterThan),
    ("greater_equal", Comparator::GreaterEqual),
    ("less_than", Comparator::LessThan),
    ("less_equal", Comparator::LessEqual),
    ("between", Comparator::Between),
    ("not_between", Comparator::NotBetween),
];

/// Where in the object something is wrong: `.group[1].comparator`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Wrong {
    pub path: String,
    pub key: &'static str,
}

impl Criteria {
    /// Reads the object for a module.
    pub(crate) fn read(value: &Value, module: &ModuleDef, zone: &Zone) -> Result<Self, Wrong> {
        let mut tests = 0;
        read(value, module, zone, "", &mut tests)
    }

    /// Positions of the fields it tests.
    pub(crate) fn fields(&self) -> Vec<usize> {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().flat_map(Self::fields).collect(),
            Self::Test(test) => vec![test.field],
        }
    }

    /// The condition over the table alias `t`; its values are added to `args`.
    pub(crate) fn sql(
        &self,
        module: &ModuleDef,
        dialect: &dyn Dialect,
        args: &mut Vec<Cell<'static>>,
    ) -> String {
        self.sql_with(module, dialect, &mut |cell| {
            args.push(cell);
            format!("?{}", args.len())
        })
    }

    /// [`Criteria::sql`], with what `bind` makes of each value.
    pub(crate) fn sql_with(
        &self,
        module: &ModuleDef,
        dialect: &dyn Dialect,
        bind: &mut dyn FnMut(Cell<'static>) -> String,
    ) -> String {
        let (parts, word) = match self {
            Self::All(parts) => (parts, " AND "),
            Self::Any(parts) => (parts, " OR "),
            Self::Test(test) => return test.sql(&module.fields()[test.field], dialect, bind),
        };
        let parts: Vec<String> = parts.iter().map(|part| part.sql_with(module, dialect, bind)).collect();
        format!("({})", parts.join(word))
    }
}

fn read(
    value: &Value,
    module: &ModuleDef,
    zone: &Zone,
    path: &str,
    tests: &mut usize,
) -> Result<Criteria, Wrong> {
    let wrong = |key: &'static str| Wrong { path: format!("{path}.{key}"), key };
    if let Some(operator) = value.get("group_operator") {
        let operator = operator.as_str().map(str::to_ascii_lowercase);
        let group = value.get("group").and_then(Value::as_array).filter(|group| !group.is_empty());
        let group = group.ok_or_else(|| wrong("group"))?;
        let part = |(at, part)| read(part, module, zone, &format!("{path}.group[{at}]"), tests);
        let parts = group.iter().enumerate().map(part).collect::<Result<Vec<_>, _>>()?;
        return match operator.as_deref() {
            Some("and") => Ok(Criteria::All(parts)),
            Some("or") => Ok(Criteria::Any(parts)),
            _ => Err(wrong("group_operator")),
        };
    }
    *tests += 1;
    if *tests > TESTS {
        return Err(wrong("group"));
    }
    let named = value.get("comparator").and_then(Value::as_str);
    let comparator = COMPARATORS.iter().find(|(name, _)| Some(*name) == named).map(|(_, found)| *found);
    let comparator = comparator.ok_or_else(|| wrong("comparator"))?;
    // Not to be not empty is to be empty.
    let word = value.get("value").map(|value| value.get(0).unwrap_or(value));
    let comparator = match (comparator, word.is_some_and(|word| word == "${NOTEMPTY}")) {
        (Comparator::Equal, true) => Comparator::NotEqual,
        (Comparator::NotEqual, true) => Comparator::Equal,
        (comparator, _) => comparator,
    };
    let field = field(value.get("field"), module).ok_or_else(|| wrong("field"))?;
    let values = values(value.get("value"), &module.fields()[field], zone).ok_or_else(|| wrong("value"))?;
    let test = Test { field, comparator, values };
    if !test.fits(&module.fields()[field]) {
        return Err(wrong("comparator"));
    }
    Ok(Criteria::Test(test))
}

/// By name, by id, or as a bare name.
fn field(value: Option<&Value>, module: &ModuleDef) -> Option<usize> {
    let value = value?;
    let name = value.as_str().or_else(|| value.get("api_name")?.as_str());
    let at = if let Some(name) = name {
        module.field_index(name)
    } else {
        let id: Id = value.get("id")?.as_str()?.parse().ok()?;
        module.fields().iter().position(|field| field.id == id)
    };
    at.filter(|&at| module.fields()[at].column.is_some())
}

/// The values of a test as cells of the field; none for `${EMPTY}` and `${NOTEMPTY}`.
fn values(value: Option<&Value>, field: &FieldDef, zone: &Zone) -> Option<Vec<Cell<'static>>> {
    let single;
    let list = match value? {
        Value::Array(list) if !list.is_empty() && list.len() <= VALUES => list,
        Value::Array(_) | Value::Null => return None,
        other => {
            single = vec![other.clone()];
            &single
        }
    };
    if list.iter().any(|value| value == "${EMPTY}" || value == "${NOTEMPTY}") {
        return (list.len() == 1).then(Vec::new);
    }
    list.iter().map(|value| cell(value, field, zone)).collect()
}

fn cell(value: &Value, field: &FieldDef, zone: &Zone) -> Option<Cell<'static>> {
    let is_placeholder = value.as_str().is_some_and(|text| text.starts_with("${"));
    if is_placeholder {
        return None;
    }
    match field.data_type.get().form {
        Form::Lookup | Form::AnyLookup | Form::User => {
            let id = value.get("id").unwrap_or(value);
            let id: Id = serde_json::from_value(id.clone()).ok()?;
            Some(id.into())
        }
        // Text is compared without regard to case, and an option of a list by its JSON text.
        Form::Text => Some(letters::fold(value.as_str()?).into_owned().into()),
        Form::Json | Form::JsonList | Form::Taxes => {
            let mut quoted = Vec::new();
            json::string(&mut quoted, value.as_str()?);
            Some(letters::fold(&String::from_utf8(quoted).ok()?).into_owned().into())
        }
        _ if field.api_name == "id" => Some(serde_json::from_value::<Id>(value.clone()).ok()?.into()),
        _ => match field.parse_to_compare(&value.to_string(), &ValueCx { zone, compat: Compat::Strict }) {
            Ok(FieldValue::Cell(cell)) if !cell.is_null() => Some(cell.into_owned()),
            _ => None,
        },
    }
}

impl Test {
    /// Whether fields of that type can be compared so, with so many values.
    fn fits(&self, field: &FieldDef) -> bool {
        use Comparator as C;
        let form = field.data_type.get().form;
        let ordered = matches!(form, Form::Int | Form::BigInt | Form::Decimal | Form::Date | Form::Instant);
        let texts = matches!(form, Form::Text | Form::Json | Form::JsonList | Form::Taxes);
        let count = self.values.len();
        match self.comparator {
            C::Equal | C::NotEqual => !matches!(form, Form::Layout | Form::Subform),
            C::Contains | C::NotContains => texts && count == 1,
            C::StartsWith | C::EndsWith => form == Form::Text && count == 1,
            C::GreaterThan | C::GreaterEqual | C::LessThan | C::LessEqual => ordered && count == 1,
            C::Between | C::NotBetween => ordered && count == 2,
        }
    }

    fn sql(
        &self,
        field: &FieldDef,
        dialect: &dyn Dialect,
        bind: &mut dyn FnMut(Cell<'static>) -> String,
    ) -> String {
        use Comparator as C;
        let column = format!("t.\"{}\"", field.column.as_deref().unwrap_or("id"));
        let negative = matches!(self.comparator, C::NotEqual | C::NotContains | C::NotBetween);
        if self.values.is_empty() {
            return format!("{column} IS {}NULL", if negative { "NOT " } else { "" });
        }
        let form = field.data_type.get().form;
        let shown = if form == Form::Text { dialect.fold(&column) } else { column.clone() };
        let mut binds = self.values.iter().cloned();
        let mut next = || bind(binds.next().unwrap_or(Cell::Null));
        let test = match self.comparator {
            C::Equal | C::NotEqual if matches!(form, Form::Json | Form::JsonList | Form::Taxes) => {
                let tests: Vec<String> =
                    self.values.iter().map(|_| dialect.contains(&column, &next())).collect();
                format!("({})", tests.join(" OR "))
            }
            C::Equal | C::NotEqual => {
                let tests: Vec<String> =
                    self.values.iter().map(|_| format!("{shown} = {}", next())).collect();
                format!("({})", tests.join(" OR "))
            }
            C::Contains | C::NotContains => dialect.contains(&column, &next()),
            C::StartsWith => {
                // The folded text begins with the value when cutting it to the value's length gives the value.
                let value = next();
                let folded = dialect.lower(&column);
                format!("substr({folded}, 1, length({value})) = {value}")
            }
            C::EndsWith => dialect.ends_with(&column, &next()),
            C::GreaterThan => format!("{column} > {}", next()),
            C::GreaterEqual => format!("{column} >= {}", next()),
            C::LessThan => format!("{column} < {}", next()),
            C::LessEqual => format!("{column} <= {}", next()),
            C::Between | C::NotBetween => {
                let (from, to) = (next(), next());
                format!("({column} >= {from} AND {column} <= {to})")
            }
        };
        if negative { format!("({column} IS NULL OR NOT {test})") } else { test }
    }
}

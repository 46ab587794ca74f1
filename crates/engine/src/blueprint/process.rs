//! A process, read from its settings and ready for use.

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef};
use dealwright_store::{Conn, Dialect, Row, Sql, StoreError};
use dealwright_wire::Id;
use serde_json::Value;

use super::settings::KIND;
use crate::access::unasked::{self, Why};
use crate::documents::Setting;
use crate::formula::criteria::Criteria;
use crate::records::around::KeySource;
use crate::snapshot::Snapshot;

/// An active process of a module.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub id: Id,
    pub name: String,
    /// Position of the picklist whose values are the states.
    pub field: usize,
    pub is_continuous: bool,
    /// Which records go through it; all when there is none.
    criteria: Option<Criteria>,
    pub transitions: Vec<Transition>,
}

/// A way from some states to another.
#[derive(Debug, Clone)]
pub(crate) struct Transition {
    pub id: Id,
    pub name: String,
    /// States it starts from; empty: any.
    pub from: Vec<String>,
    pub to: String,
    pub criteria: Option<Criteria>,
    pub criteria_message: Option<String>,
    pub color_code: Option<String>,
    /// Positions of the fields it asks for, and whether it cannot do without.
    pub fields: Vec<(usize, bool)>,
}

impl Transition {
    pub(crate) fn starts_from(&self, state: &str) -> bool {
        self.from.is_empty() && self.to != state || self.from.iter().any(|from| from == state)
    }
}

/// The active processes of a module, oldest first.
pub(crate) fn of_module(snapshot: &Snapshot, module: &ModuleDef) -> Vec<Process> {
    let settings = snapshot.settings(KIND);
    let own = settings.filter(|setting| setting.str("module") == module.api_name && is_active(setting));
    own.filter_map(|setting| Process::of(snapshot, module, setting)).collect()
}

fn is_active(setting: &Setting) -> bool {
    setting.keys.get("active").and_then(Value::as_bool).unwrap_or(true)
}

impl Process {
    /// `None` when a field that it names is gone.
    fn of(snapshot: &Snapshot, module: &ModuleDef, setting: &Setting) -> Option<Self> {
        let criteria = |value: Option<&Value>| match value {
            None | Some(Value::Null) => Some(None),
            Some(value) => Criteria::read(value, module, &snapshot.zone).ok().map(Some),
        };
        let transitions = setting.keys.get("transitions").and_then(Value::as_array);
        let transition = |value: &Value| {
            let text = |key: &str| value[key].as_str().map(str::to_owned);
            let fields = value["fields"].as_array().into_iter().flatten();
            let fields = fields.filter_map(|field| {
                let at = module.field_index(field["api_name"].as_str()?)?;
                Some((at, field["mandatory"].as_bool().unwrap_or(false)))
            });
            let from = value["from"].as_array().into_iter().flatten();
            Some(Transition {
                id: text("id")?.parse().ok()?,
                name: text("name")?,
                from: from.filter_map(|state| state.as_str().map(str::to_owned)).collect(),
                to: text("to")?,
                criteria: criteria(value.get("criteria"))?,
                criteria_message: text("criteria_message"),
                color_code: text("color_code"),
                fields: fields.collect(),
            })
        };
        Some(Self {
            id: setting.id,
            name: setting.str("name").to_owned(),
            field: module.field_index(setting.str("field"))?,
            is_continuous: setting.keys.get("is_continuous").and_then(Value::as_bool).unwrap_or(false),
            criteria: criteria(setting.keys.get("criteria"))?,
            transitions: transitions?.iter().map(transition).collect::<Option<_>>()?,
        })
    }

    /// True for rows (`t`) that are in the process; values go through `bind`.
    pub(crate) fn condition(
        &self,
        module: &ModuleDef,
        dialect: &dyn Dialect,
        bind: &mut dyn FnMut(Cell<'static>) -> String,
    ) -> String {
        let column = column(&module.fields()[self.field]);
        let mut states: Vec<&str> =
            self.transitions.iter().flat_map(|one| one.from.iter().map(String::as_str)).collect();
        states.sort_unstable();
        states.dedup();
        let exact = dialect.exact(&column);
        let state = if self.transitions.iter().any(|one| one.from.is_empty()) {
            format!("{column} IS NOT NULL")
        } else {
            let states: Vec<String> = states.into_iter().map(|state| bind(state.to_owned().into())).collect();
            format!("{exact} IN ({})", states.join(", "))
        };
        match &self.criteria {
            Some(criteria) => format!("({state} AND {})", criteria.sql_with(module, dialect, bind)),
            None => format!("({state})"),
        }
    }

    /// Those of the records that are in the process.
    pub(crate) async fn among(
        &self,
        conn: &mut Conn,
        module: &ModuleDef,
        ids: &[i64],
    ) -> Result<Vec<i64>, StoreError> {
        let mut args = vec![Cell::Ids(ids.to_vec().into())];
        let dialect = conn.dialect();
        let condition = self.condition(module, dialect, &mut binder(&mut args));
        let table = unasked::table(module, Why::System).unwrap_or_default();
        let among = dialect.in_ids("t.id", "?1");
        let sql = Sql::from(format!("SELECT t.id FROM {{{table}}} t WHERE {among} AND {condition}"));
        conn.all(&sql, &args, |row: &Row<'_>| Row::must(row.int(0)?, 0)).await
    }
}

/// Puts values among the arguments and gives their signs.
pub(crate) fn binder(args: &mut Vec<Cell<'static>>) -> impl FnMut(Cell<'static>) -> String {
    |cell| {
        args.push(cell);
        format!("?{}", args.len())
    }
}

pub(crate) fn column(field: &FieldDef) -> String {
    format!("t.\"{}\"", field.column.as_deref().unwrap_or("id"))
}

/// `$process_flow`: whether the record is in a process. What the processes ask for stands in the text, because a selection
/// has no arguments.
pub(crate) const PROCESS_FLOW: KeySource = |snapshot, module, dialect, name| {
    let processes = if name == "$process_flow" { of_module(snapshot, module) } else { Vec::new() };
    let conditions: Vec<String> = processes
        .iter()
        .map(|process| process.condition(module, dialect, &mut |cell| dialect.literal(&cell)))
        .collect();
    (!conditions.is_empty()).then(|| (Form::Bool, format!("(({}) IS TRUE)", conditions.join(" OR "))))
};

//! How the database goes about a statement, in words: which index it uses, what it reads whole, what it sorts.
//!
//! Only a development server is asked so; see `X-Dealwright-Explain` in the server.

use std::fmt::Write as _;
use std::time::Instant;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Sql, Weight};

use crate::access::unasked::{self, Why};
use crate::cx::Cx;
use crate::error::Error;
use crate::explanation::Explanation;
use crate::snapshot::Snapshot;

/// Explains a statement if the caller asked for that.
pub(crate) async fn note(cx: &Cx, sql: &Sql, args: &[Cell<'static>]) -> Result<(), Error> {
    if !cx.explains() {
        return Ok(());
    }
    let dialect = cx.org.store.dialect();
    // SQLite does not notice that a prepared explanation is older than an index, so that each state of the tables has a
    // text of its own.
    let revision = cx.snapshot.schema.revision;
    let explain = Sql::from(format!("{}{} -- {revision}", dialect.explain(), sql.as_str()));
    let (sql, args) = (sql.clone(), args.to_vec());
    let statement = sql.as_str().to_owned();
    let (plan, rows, milliseconds) = cx
        .org
        .store
        .read(Weight::Scan, move |conn| {
            Box::pin(async move {
                let at = dialect.explained_column();
                // The first run reads from the disk what the next ones find in memory. On SQLite it is also what tells the
                // connection of new indexes, which explaining alone does not.
                conn.each(&sql, &args, &mut |_| Ok(())).await?;
                let plan =
                    conn.all(&explain, &args, |row| Ok(row.text(at)?.unwrap_or_default().to_owned())).await?;
                let started = Instant::now();
                let rows = conn.each(&sql, &args, &mut |_| Ok(())).await?;
                Ok::<_, Error>((plan, rows, started.elapsed().as_secs_f64() * 1_000.0))
            })
        })
        .await?;
    let names = Names { snapshot: &cx.snapshot, statement: &statement };
    let steps = plan.iter().filter_map(|line| names.step(line)).collect();
    let milliseconds = (milliseconds * 1_000.0).round() / 1_000.0;
    cx.explained(Explanation { database: dialect.name(), steps, rows, milliseconds, statement, plan });
    Ok(())
}

/// Beginnings of what the databases say, and what they mean. `{}` stands for the module, `{index}` for the fields of the
/// index. The first that a line contains is taken;
/// without a meaning it says more about another line.
const WORDS: [(&str, &str); 24] = [
    // SQLite
    ("VIRTUAL TABLE INDEX", "looks the words up in the full text index of {}"),
    ("USING INTEGER PRIMARY KEY", "finds {} by id"),
    ("SEARCH", "finds {} by the index on {index}"),
    ("SCAN json_each", "goes through the list that travels with the statement"),
    ("SCAN", "reads {} one after the other{index}"),
    ("USE TEMP B-TREE FOR GROUP BY", "puts the rows into groups by sorting them"),
    ("USE TEMP B-TREE FOR", "sorts what was found"),
    ("SUBQUERY", "asks a subquery"),
    ("MULTI-INDEX OR", "takes several indexes together"),
    // PostgreSQL
    ("Seq Scan on", "reads all {}"),
    ("Index Only Scan", "finds {} in the index on {index} alone"),
    ("Index Scan", "finds {} by the index on {index}"),
    ("Bitmap Index Scan", "marks places by the index on {index}"),
    ("Bitmap Heap Scan", "reads the marked {}"),
    ("Incremental Sort", "sorts what comes almost in order"),
    ("Sort Key", ""),
    ("Sort", "sorts what was found"),
    ("HashAggregate", "puts the rows into groups in memory"),
    ("GroupAggregate", "puts the rows into groups as they come in order"),
    ("Aggregate", "adds all rows up"),
    ("Nested Loop", "looks the other record up for each row"),
    ("Hash Join", "joins by a table in memory"),
    ("Hash Right Join", "joins by a table in memory"),
    ("Hash Left Join", "joins by a table in memory"),
];

/// Tables and indexes by what people call them.
struct Names<'a> {
    snapshot: &'a Snapshot,
    statement: &'a str,
}

impl Names<'_> {
    /// A line of the plan in words; `None` for lines that only say more about another.
    fn step(&self, line: &str) -> Option<String> {
        let (_, words) =
            WORDS.iter().find(|(known, _)| line.contains(known)).filter(|(_, words)| !words.is_empty())?;
        let module = self.module(line);
        let records =
            module.map_or_else(|| "rows".to_owned(), |module| format!("records of {}", module.api_name));
        let index = self.index(line, module);
        let index = match (index, words.contains("after the other")) {
            (Some(fields), true) => format!(", in the order of the index on {fields}"),
            (None, true) => String::new(),
            (Some(fields), false) => fields,
            (None, false) => "id".to_owned(),
        };
        Some(words.replace("{index}", &index).replace("{}", &records))
    }

    /// The module whose table, or whose name in the statement, stands in the line.
    fn module(&self, line: &str) -> Option<&ModuleDef> {
        let words = || line.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        let mut modules = self.snapshot.schema.modules().iter();
        let named = |module: &ModuleDef| {
            let Some(table) = unasked::table(module, Why::Metadata) else { return false };
            words().any(|word| {
                word == table
                    || (!word.is_empty() && self.statement.contains(&format!("{{{table}}} {word} ")))
            })
        };
        modules.find(|module| named(module)).map(AsRef::as_ref)
    }

    /// The fields of the index that the line names.
    fn index(&self, line: &str, module: Option<&ModuleDef>) -> Option<String> {
        let name = line
            .split_once("INDEX ")
            .or_else(|| line.split_once(" using "))
            .or_else(|| line.split_once("Scan on "));
        let name = name?.1.split([' ', '(']).next()?;
        let mut modules = self.snapshot.schema.modules().iter().map(AsRef::as_ref);
        let owner = |module: &&ModuleDef| {
            unasked::table(module, Why::Metadata)
                .is_some_and(|table| name.strip_prefix(table).is_some_and(|rest| rest.starts_with('_')))
        };
        let module = module.or_else(|| modules.find(owner))?;
        let mut fields = String::new();
        for part in name.split('_') {
            let field = module.fields().iter().find(|field| field.column.as_deref() == Some(part));
            if let Some(field) = field {
                let comma = if fields.is_empty() { "" } else { ", " };
                let _infallible = write!(fields, "{comma}{}", field.api_name);
            }
        }
        if name.contains("modified_time") {
            fields.push_str("Modified_Time");
        }
        (!fields.is_empty()).then_some(fields)
    }
}

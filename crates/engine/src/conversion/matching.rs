//! The contacts and accounts that a lead matches. Source: "Convert lead": unique fields first, then the e-mail
//! address, the company's name, the person's name.

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::{Conn, Row, Sql};
use dealwright_wire::{Id, letters};

use crate::access::Grant;
use crate::error::Error;
use crate::records::mapping::Values;

/// A record that a lead matches, and the field that both share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    pub id: Id,
    pub field: usize,
}

/// Fields by which a module's records are matched after its unique fields, best first. The fields of one entry count
/// together.
fn rules(module: &ModuleDef) -> Vec<Vec<usize>> {
    let names: &[&[&str]] = match module.api_name.as_str() {
        "Contacts" => &[&["Email"], &["Last_Name", "First_Name"]],
        "Accounts" => &[&["Account_Name"]],
        _ => &[],
    };
    let unique = module.fields().iter().enumerate().filter(|(_, field)| field.unique.is_some());
    let mut rules: Vec<Vec<usize>> = unique.map(|(at, _)| vec![at]).collect();
    for names in names {
        let rule: Vec<usize> = names.iter().filter_map(|name| module.field_index(name)).collect();
        if rule.len() == names.len() && !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    rules
}

/// Records within reach that share the values a lead gives them: at most `most`, by the best rule that finds any, oldest first.
///
/// People of the same name with different e-mail addresses are different people.
pub(super) async fn matches(
    conn: &mut Conn,
    grant: &Grant,
    values: &Values,
    most: i64,
) -> Result<Vec<Match>, Error> {
    for rule in rules(&grant.module) {
        let found = by_rule(conn, grant, values, &rule, most).await?;
        if !found.is_empty() {
            return Ok(found.into_iter().map(|id| Match { id, field: rule[0] }).collect());
        }
    }
    Ok(Vec::new())
}

async fn by_rule(
    conn: &mut Conn,
    grant: &Grant,
    values: &Values,
    rule: &[usize],
    most: i64,
) -> Result<Vec<Id>, Error> {
    let value = |at: usize| values.iter().find(|(field, _)| *field == at).map(|(_, cell)| cell);
    let module = &grant.module;
    let table = grant.table();
    let dialect = conn.dialect();
    let (mut tests, mut args) = (Vec::new(), Vec::new());
    for (n, &at) in rule.iter().enumerate() {
        let field = &module.fields()[at];
        let Some(column) = field.column.as_deref() else { return Ok(Vec::new()) };
        let column = format!("t.\"{column}\"");
        match value(at) {
            Some(Cell::Text(text)) => {
                let exact = field.unique.is_some_and(|unique| unique.case_sensitive);
                let (column, text) = if exact {
                    (dialect.exact(&column), text.to_string())
                } else {
                    (dialect.fold(&column), letters::fold(text).into_owned())
                };
                args.push(Cell::from(text));
                tests.push(format!("{column} = ?{}", args.len()));
            }
            Some(cell) => {
                args.push(cell.clone());
                tests.push(format!("{column} = ?{}", args.len()));
            }
            // An empty value matches nothing, but it may be missing on both sides of a name.
            None if n > 0 => tests.push(format!("{column} IS NULL")),
            None => return Ok(Vec::new()),
        }
    }
    if rule.len() > 1
        && let Some(email) = module.field("Email").and_then(|field| field.column.as_deref())
        && module.field_index("Email").and_then(value).is_some()
    {
        tests.push(format!("t.\"{email}\" IS NULL"));
    }
    tests.extend(grant.rows("t", &mut args));
    args.push(most.into());
    let sql = Sql::from(format!(
        "SELECT t.id FROM {{{table}}} t WHERE {} ORDER BY t.id LIMIT ?{}",
        tests.join(" AND "),
        args.len()
    ));
    Ok(conn.all(&sql, &args, |row| Row::must(row.id(0)?, 0)).await?)
}

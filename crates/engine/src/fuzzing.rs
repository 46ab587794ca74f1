//! A door for the fuzz targets in `fuzz/`; no part of the interface.

use std::path::Path;
use std::sync::Arc;

use dealwright_query::formula::{Expression, Field, Type, check};
use dealwright_schema::{ModuleDef, ValueCx};
use dealwright_store::Database;
use dealwright_store::blob::BlobStore;
use dealwright_wire::{Clock, Compat, Id, Instant, Mint, Profile, Zone};
use rust_decimal::Decimal;

pub use crate::coql::Cost;
use crate::formula::compute::Computing;
use crate::formula::value::Value;
use crate::ports::people::Nobody;
use crate::records::body::{self, WriteBody};
use crate::{AREAS, Actor, Cx, NewOrg, Org, Surroundings};

/// Takes the body of a write apart as far as that goes without a store. Gives the number of values that were read,
/// `None` when the body as a whole is refused.
pub fn parse_body(module: &ModuleDef, bytes: &[u8], compat: Compat) -> Option<usize> {
    let body = WriteBody::parse(bytes).ok()?;
    let records = body.records().ok()?;
    let cx = ValueCx { zone: &Zone::UTC, compat };
    let read =
        records.iter().filter_map(|raw| body::record(raw, module, compat == Compat::Lenient)).map(|record| {
            let values = record.values.iter();
            values.filter(|(field, raw)| module.fields()[*field].parse(raw, &cx).is_ok()).count()
        });
    Some(read.sum())
}

/// Computes a formula over a record whose fields hold something of each type: those whose names begin with `n`, `t`,
/// `b`, `d` and `m` are a number, a text, a condition, a date and a date with a time; those with another letter of
/// these in second place are empty. `None` when the formula is refused, else whether it has a value.
pub fn compute_formula(expression: &Expression, zone: &Zone) -> Option<bool> {
    let type_of = |field: &Field| match field.name.bytes().next()? {
        b'n' => Some(Type::Number),
        b't' => Some(Type::Text),
        b'b' => Some(Type::Boolean),
        b'd' => Some(Type::Date),
        b'm' => Some(Type::DateTime),
        _ => None,
    };
    check(expression, &type_of).ok()?;
    let value = |field: &Field| {
        let is_empty = field.name.as_bytes().get(1).is_some_and(|letter| b"ntbdm".contains(letter));
        match type_of(field)? {
            Type::Text => {
                Some(Value::Text(if is_empty { String::new() } else { "Ärger mit Text".to_owned() }))
            }
            _ if is_empty => None,
            Type::Number => Some(Value::Number(Decimal::new(-9_876_543_210_987_654, 4))),
            Type::Boolean => Some(Value::Boolean(true)),
            Type::Date => Some(Value::Date(jiff::civil::date(9999, 12, 31))),
            Type::DateTime => Some(Value::DateTime(Instant(-62_135_596_800))),
        }
    };
    let computing = Computing { zone, now: Instant(1_800_000_000), field: &value };
    Some(computing.value(expression).is_some())
}

/// An org without records, for planning queries in it.
pub struct CoqlPlans(Cx);

impl CoqlPlans {
    /// Makes the org in a folder; a folder that holds one already is refused.
    pub async fn new(folder: &Path, profile: &'static Profile) -> Result<Self, crate::Error> {
        let id = Id::new(7).ok_or_else(|| dealwright_store::StoreError::Refused("7 is an id".to_owned()))?;
        let new = NewOrg {
            id,
            zgid: id,
            company_name: "Engines".to_owned(),
            time_zone: "UTC".to_owned(),
            home: crate::Home::default(),
            admin: (id, "Ada".to_owned(), "Lovelace".to_owned(), "ada@example.com".to_owned()),
        };
        let (clock, blobs) = (Clock::manual(Instant(1_800_000_000)), BlobStore::local(folder)?);
        let database = Database::sqlite(folder)?;
        let org = Org::open(
            &database,
            id,
            Surroundings { blobs, clock, mint: Mint::seeded(1), people: Arc::new(Nobody), areas: &AREAS },
            Some(new),
        )
        .await?;
        let user = Arc::clone(&org.snapshot().users[0]);
        Ok(Self(Cx::new(org, Actor { user, client_id: "fuzz".into() }, profile, Compat::Strict)))
    }

    /// What a query costs before it is run.
    pub fn cost(&self, text: &str) -> Cost {
        Cost::of(&self.0, text)
    }
}

//! The order of a list as SQL, the place of a row in it, and how a list goes on from a place.
//!
//! Everything that depends on what a list is sorted by stands here.

use dealwright_schema::{Cell, FieldDef, Form, ModuleDef, Storage};
use dealwright_store::{Dialect, Row, StoreError};
use dealwright_wire::letters;

use crate::records::filter::Filter;
use crate::records::list_query::{Order, SortBy};
use crate::records::page_token::Place;

/// Characters of a text by which records are sorted. Longer texts that begin alike count as equal, so that a page
/// token can hold the place of a record in every order.
pub(crate) const SORTED_CHARACTERS: u32 = 255;

/// Rows that come in one order without any null between them: the statement's condition and its `ORDER BY`.
///
/// Nulls are the smallest values. Both databases can only follow an index where null and other values are asked for
/// apart, so that a page of a field's order is read as two runs, the second only when the first did not fill it.
#[derive(Clone)]
pub(crate) struct Run {
    pub filter: Filter,
    pub order_by: String,
}

/// A row's sort value and id, as a token keeps them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spot {
    pub key: Cell<'static>,
    pub id: i64,
}

impl Spot {
    /// Something that rises with the order by id or by modification.
    pub(crate) fn rank(&self) -> (i64, i64) {
        let key = match self.key {
            Cell::Instant(instant) => instant.0,
            _ => 0,
        };
        (key, self.id)
    }
}

impl SortBy {
    /// The order by a field; `None` for a field that cannot be sorted by.
    pub(crate) fn field(module: &ModuleDef, name: &str) -> Option<Self> {
        match name {
            "id" | "Created_Time" => return Some(Self::Id),
            "Modified_Time" => return module.field(name).map(|_| Self::ModifiedTime),
            _ => {}
        }
        let field = module.field(name).filter(|field| is_sortable(field))?;
        let kind = field.data_type.get();
        let storage = kind.storage?;
        // Values of a field with a length are no longer than that.
        let is_long = kind.is_text() && field.length.is_none_or(|length| length > SORTED_CHARACTERS);
        Some(Self::Field { column: field.column.clone()?, is_text: kind.is_text(), storage, is_long })
    }

    /// Every module has an index of this order from the start.
    pub(crate) fn is_always_indexed(&self) -> bool {
        matches!(self, Self::Id | Self::ModifiedTime)
    }

    /// What a statement selects to know the place of its rows.
    pub(crate) fn key(&self, dialect: &dyn Dialect) -> String {
        match self {
            Self::Id | Self::Rank(_) => "t.id AS sort_key".to_owned(),
            Self::ModifiedTime => "t.modified_time AS sort_key".to_owned(),
            Self::Field { .. } => format!("{} AS sort_key", self.expression(dialect)),
        }
    }

    /// The place of a row whose id is its first column and whose sort key stands `at`.
    pub(crate) fn spot(&self, row: &Row<'_>, at: usize) -> Result<Spot, StoreError> {
        let id = Row::must(row.int(0)?, 0)?;
        let key = match self {
            Self::Id | Self::Rank(_) => Cell::Null,
            Self::ModifiedTime => row.cell(at, Storage::Instant)?,
            Self::Field { is_text: true, .. } => {
                row.text(at)?.map(|text| letters::fold(text).into_owned()).into()
            }
            Self::Field { storage, .. } => row.cell(at, *storage)?,
        };
        Ok(Spot { key, id })
    }

    /// The sort value as the databases compare it.
    fn expression(&self, dialect: &dyn Dialect) -> String {
        match self {
            Self::Id | Self::Rank(_) => "t.id".to_owned(),
            Self::ModifiedTime => "t.modified_time".to_owned(),
            Self::Field { column, is_text, is_long, .. } => {
                let column = format!("t.\"{column}\"");
                match (is_text, is_long) {
                    (_, true) => dialect.beginning(&column, SORTED_CHARACTERS),
                    (true, false) => dialect.fold(&column),
                    (false, false) => column,
                }
            }
        }
    }

    /// `ORDER BY` over all rows, nulls among them.
    pub(crate) fn order_by(&self, dialect: &dyn Dialect, descending: bool) -> String {
        let expression = self.expression(dialect);
        match self {
            Self::Field { .. } => {
                format!(" ORDER BY {}, {}", dialect.order(&expression, descending), by_id(descending))
            }
            Self::Id | Self::ModifiedTime | Self::Rank(_) => self.order_of_values(&expression, descending),
        }
    }

    /// `ORDER BY` over rows whose sort value is not null.
    fn order_of_values(&self, expression: &str, descending: bool) -> String {
        let direction = if descending { " DESC" } else { "" };
        match self {
            Self::Id | Self::Rank(_) => format!(" ORDER BY {}", by_id(descending)),
            Self::ModifiedTime | Self::Field { .. } => {
                format!(" ORDER BY {expression}{direction}, {}", by_id(descending))
            }
        }
    }

    /// The runs of the rows behind a place, or of all rows.
    pub(crate) fn runs(
        &self,
        dialect: &dyn Dialect,
        descending: bool,
        place: Option<&Place>,
        filter: Filter,
    ) -> Vec<Run> {
        let expression = self.expression(dialect);
        let sign = if descending { "<" } else { ">" };
        let values = |mut filter: Filter, after: Option<&Place>| {
            match after {
                Some(Place { spot, .. }) => {
                    let (key, id) = (filter.bind(spot.key.clone()), filter.bind(spot.id));
                    filter.and(&format!("({expression}, t.id) {sign} ({key}, {id})"));
                }
                None => filter.and(&format!("{expression} IS NOT NULL")),
            }
            Run { filter, order_by: self.order_of_values(&expression, descending) }
        };
        let nulls = |mut filter: Filter, after: Option<&Place>| {
            filter.and(&format!("{expression} IS NULL"));
            if let Some(Place { spot, .. }) = after {
                let id = filter.bind(spot.id);
                filter.and(&format!("t.id {sign} {id}"));
            }
            Run { filter, order_by: format!(" ORDER BY {}", by_id(descending)) }
        };
        match self {
            // The rows of each group by themselves; see `ranked`.
            Self::Id | Self::Rank(_) => {
                let mut filter = filter;
                if let Some(Place { spot, .. }) = place {
                    let id = filter.bind(spot.id);
                    filter.and(&format!("t.id {sign} {id}"));
                }
                vec![Run { filter, order_by: self.order_of_values(&expression, descending) }]
            }
            Self::ModifiedTime if place.is_some() => vec![values(filter, place)],
            Self::ModifiedTime => {
                vec![Run { filter, order_by: self.order_of_values(&expression, descending) }]
            }
            Self::Field { .. } => match (place, descending) {
                (Some(place), true) if place.spot.key.is_null() => vec![nulls(filter, Some(place))],
                (Some(place), false) if !place.spot.key.is_null() => vec![values(filter, Some(place))],
                (place, true) => vec![values(filter.clone(), place), nulls(filter, None)],
                (place, false) => vec![nulls(filter.clone(), place), values(filter, None)],
            },
        }
    }
}

fn by_id(descending: bool) -> &'static str {
    if descending { "t.id DESC" } else { "t.id" }
}

fn is_sortable(field: &FieldDef) -> bool {
    let form = field.data_type.get().form;
    field.flag("sortable", true)
        && !matches!(
            form,
            Form::Json | Form::JsonList | Form::Reminders | Form::Taxes | Form::Subform | Form::Files
        )
}

impl Order {
    /// The order of a view or of a caller, with its direction; `None` for a field that cannot be sorted by.
    pub(crate) fn of(module: &ModuleDef, name: &str, descending: bool) -> Option<Self> {
        Some(Self { by: SortBy::field(module, name)?, descending, shown: name.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use dealwright_store::dialect::{POSTGRES, SQLITE};
    use dealwright_wire::Instant;

    use super::*;

    /// Stands for `§` below.
    const SQLITE_TEXT: &str = "t.\"c7\" COLLATE dw_letters";

    fn text() -> SortBy {
        SortBy::Field { column: "c7".into(), is_text: true, storage: Storage::Text, is_long: false }
    }

    fn place(key: Cell<'static>) -> Place {
        Place { spot: Spot { key, id: 42 }, passed: 10, backwards: false }
    }

    /// The runs as text, parts of a run by a space, runs by a bar.
    fn said(by: &SortBy, dialect: &dyn Dialect, descending: bool, place: Option<&Place>) -> String {
        let runs = by.runs(dialect, descending, place, Filter::default());
        runs.iter().map(|run| format!("{}{}", run.filter.sql, run.order_by)).collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn orders_that_have_no_nulls_are_one_run() {
        let at = place(Cell::Instant(Instant(5)));
        for dialect in [&SQLITE as &dyn Dialect, &POSTGRES] {
            assert_eq!(said(&SortBy::Id, dialect, true, None), " ORDER BY t.id DESC");
            assert_eq!(said(&SortBy::Id, dialect, false, Some(&at)), "t.id > ?1 ORDER BY t.id");
            assert_eq!(
                said(&SortBy::ModifiedTime, dialect, true, Some(&at)),
                "(t.modified_time, t.id) < (?1, ?2) ORDER BY t.modified_time DESC, t.id DESC"
            );
        }
    }

    #[test]
    fn nulls_come_first_when_values_rise_and_last_when_they_fall() {
        let (sqlite, postgres) = (&SQLITE as &dyn Dialect, &POSTGRES as &dyn Dialect);
        assert_eq!(
            said(&text(), sqlite, false, None),
            "§ IS NULL ORDER BY t.id | § IS NOT NULL ORDER BY §, t.id".replace('§', SQLITE_TEXT)
        );
        assert_eq!(
            said(&text(), postgres, true, None),
            "§ IS NOT NULL ORDER BY § DESC, t.id DESC | § IS NULL ORDER BY t.id DESC"
                .replace('§', "{_letters_1}(t.\"c7\" COLLATE \"C\")")
        );
    }

    #[test]
    fn a_list_goes_on_behind_its_place() {
        let sqlite = &SQLITE as &dyn Dialect;
        let (value, null) = (place("a".into()), place(Cell::Null));
        for (descending, place, wanted) in [
            (false, &value, "(§, t.id) > (?1, ?2) ORDER BY §, t.id"),
            (true, &value, "(§, t.id) < (?1, ?2) ORDER BY § DESC, t.id DESC | § IS NULL ORDER BY t.id DESC"),
            (false, &null, "§ IS NULL AND t.id > ?1 ORDER BY t.id | § IS NOT NULL ORDER BY §, t.id"),
            (true, &null, "§ IS NULL AND t.id < ?1 ORDER BY t.id DESC"),
        ] {
            assert_eq!(said(&text(), sqlite, descending, Some(place)), wanted.replace('§', SQLITE_TEXT));
        }
    }
}

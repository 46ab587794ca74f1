//! The statements that read the rows of a page, by how many of the table's rows the caller may see.
//!
//! Whoever sees all rows gets the first ones of an order from its index. Whoever sees some has three ways:
//!
//! - [`Reading::merged`]: the first rows of each owner whose records they see, and of what else they see, brought
//!   together in the order of the list. It takes an index that begins with the owner, and reads no more rows than it
//!   gives. Best where the owners are few.
//! - [`Reading::among_first`]: the first rows of all, as whoever sees everything gets them, each passed or not. Best where
//!   most rows pass. When a few thousand of them did not fill the page, one of the others goes on.
//! - all rows that the filter leaves, each passed or not.

use std::fmt::Write as _;

use dealwright_schema::{Cell, FieldDef, indexes};
use dealwright_store::sql::named_arguments;
use dealwright_store::{Conn, Dialect, Row, Sql, StoreError};

use crate::access::Grant;
use crate::access::grant::Apart;
use crate::cx::Ceilings;
use crate::records::filter::{Filter, Tested};
use crate::records::list_query::SortBy;
use crate::records::order::Run;
use crate::records::selection::Selection;

/// Offsets that stand in the text, and rows that a page by number may pass over and still be read at once.
pub(crate) const NEAR: u32 = 2_000;
/// Rows that are passed or not before another way is tried: a twentieth of them fills a page.
const FIRST: u32 = 4_000;
/// Owners whose rows are brought together at once. Each costs a look into an index.
const FEW: usize = 64;
/// Owners whose rows can be brought together at all: SQLite takes 500 parts in a statement.
const MANY: usize = 400;
/// Bytes of a statement that the rows of owners may come to.
const TEXT: usize = 128 * 1024;

/// How the rows of a page are read.
pub(crate) struct Reading {
    dialect: &'static dyn Dialect,
    grant: Grant,
    by: SortBy,
    descending: bool,
    columns: String,
    /// The condition that the caller may see a row; `None` when they see all.
    passed: Option<String>,
    apart: Option<Apart>,
    /// The index by which the rows of an owner come in the order of the list.
    index: Option<String>,
    /// The index by which they come by what the filter asks.
    by_tests: Option<ByTests>,
    /// The owners whose rows are seen are few, and these rows are about all there is.
    has_few: bool,
    is_narrow: bool,
    is_unfiltered: bool,
    /// [`FIRST`], or what whoever runs the server says.
    first: u32,
}

/// How many rows a statement may give.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Room {
    /// So many; it stands in the text, because both databases plan anew each time when such numbers are bound.
    Rows(usize),
    /// What the statements before it left.
    Left,
}

/// One read of a page.
pub(crate) struct Read {
    pub rows: Rows,
    /// How it goes on when it did not fill the page.
    pub beyond: Option<Beyond>,
    /// Rows may come in any order.
    pub is_by_ids: bool,
}

/// A statement, and which of its arguments says how many rows it may give, where that depends on the reads before it.
pub(crate) struct Rows {
    pub sql: Sql,
    pub args: Vec<Cell<'static>>,
    room: Option<usize>,
}

/// A statement with its arguments.
pub(crate) struct Statement<'a> {
    pub sql: &'a Sql,
    pub args: &'a [Cell<'static>],
}

/// The read of all rows, after that of the first ones or in its place.
pub(crate) struct Beyond {
    /// Counts what the filter leaves of all rows, up to the number of the first ones.
    count: Rows,
    first: u32,
    /// Whether the first ones do is asked before they are read.
    pub is_asked_first: bool,
    pub rows: Rows,
}

impl Rows {
    /// With those of the arguments that the statement names.
    fn new(sql: &str, args: Vec<Cell<'static>>, limit: &Limit) -> Self {
        let (sql, left) = named_arguments(sql, args.len());
        let room = limit.bound.and_then(|bound| left.iter().position(|place| *place == bound));
        let args = left.into_iter().map(|place| args[place].clone()).collect();
        Self { sql: Sql::from(sql), args, room }
    }

    /// The number that it gives.
    pub(crate) async fn number(&self, conn: &mut Conn) -> Result<i64, StoreError> {
        let number = conn.first(&self.sql, &self.args, |row| Row::must(row.int(0)?, 0)).await?;
        Ok(number.unwrap_or_default())
    }

    /// The statement for so many rows.
    pub(crate) fn with_room(&mut self, left: usize) -> Statement<'_> {
        if let Some(room) = self.room {
            self.args[room] = (left as i64).into();
        }
        Statement { sql: &self.sql, args: &self.args }
    }
}

impl Beyond {
    /// True when there are rows that the first read did not look at.
    pub(crate) async fn is_needed(&self, conn: &mut Conn) -> Result<bool, StoreError> {
        Ok(self.count.number(conn).await? >= i64::from(self.first))
    }
}

impl Reading {
    /// Binds to `filter` what the columns and the reach are told.
    pub(crate) fn new(
        dialect: &'static dyn Dialect,
        grant: &Grant,
        selection: &Selection,
        by: &SortBy,
        descending: bool,
        filter: &mut Filter,
        ceilings: Ceilings,
    ) -> Self {
        let columns = format!("{}, {}", selection.columns(grant, &mut filter.args), by.key(dialect));
        let passed = grant.passed("t", &mut filter.args);
        let index = passed.as_ref().and_then(|_| match by {
            SortBy::Id => indexes::over_fields(&grant.module, &["Owner"]),
            SortBy::ModifiedTime => indexes::over_fields(&grant.module, &indexes::OF_OWNERS),
            SortBy::Field { .. } | SortBy::Rank(_) => None,
        });
        let finds = matches!(by, SortBy::Id) && index.is_some();
        let by_tests = finds.then(|| ByTests::of(grant, &filter.tested)).flatten();
        let apart = index.is_some().then(|| grant.sources(&mut filter.args)).flatten();
        let is_few = |apart: &Apart| apart.owners.len() <= FEW && apart.members.is_none();
        Self {
            has_few: apart.as_ref().is_some_and(is_few),
            is_narrow: filter.is_narrow,
            is_unfiltered: filter.sql.is_empty(),
            first: ceilings.tried_rows.unwrap_or(FIRST),
            dialect,
            grant: grant.clone(),
            by: by.clone(),
            descending,
            columns,
            passed,
            apart,
            index,
            by_tests,
        }
    }

    /// True when the rows come straight from indexes, whatever the table holds.
    pub(crate) fn is_short(&self) -> bool {
        let can_merge = |apart: &Apart| apart.owners.len() <= MANY && apart.members.is_none();
        let orders = match self.passed {
            Some(_) => self.apart.as_ref().is_some_and(can_merge),
            None => self.by.is_always_indexed(),
        };
        self.is_unfiltered && orders
    }

    /// What asks whether anything was shared with the caller, which is not so for most: then simpler reads do. It is told
    /// what stands in `args`; `None` where that makes no difference.
    pub(crate) fn asks_for_shares(&self, args: &[Cell<'static>]) -> Option<Rows> {
        let apart = self.apart.as_ref()?;
        let probe = format!("SELECT CAST({} AS BIGINT)", self.dialect.number_of(&apart.has_shares));
        Some(Rows::new(&probe, args.to_vec(), &Limit::none()))
    }

    /// The reads of some runs, the first with its own room. `offset` rows of it are passed over. `shares` when something
    /// was shared with the caller, or when nobody asked.
    pub(crate) fn reads(&self, runs: Vec<Run>, room: usize, offset: Option<u32>, shares: bool) -> Vec<Read> {
        let room = |at| if at == 0 { Room::Rows(room) } else { Room::Left };
        let read = |(at, run)| self.read(run, room(at), offset, shares);
        runs.into_iter().enumerate().map(read).collect()
    }

    /// The rows of these records that pass, the newest first. They are so few that none of the other ways is better.
    pub(crate) fn of_ids(&self, filter: &Filter, ids: Vec<i64>) -> Rows {
        let mut filter = filter.clone();
        let argument = filter.bind(Cell::Ids(ids.into()));
        filter.and(&self.dialect.in_ids("t.id", &argument));
        let order_by = self.by.order_by(self.dialect, true);
        self.all(Run { filter, order_by }, Room::Left, None).rows
    }

    /// Whether every row is one that the caller may see and the filter lets through.
    pub(crate) fn passes_all(&self) -> bool {
        self.is_unfiltered && self.passed.is_none()
    }

    /// The read of one run; `shares` when something was shared with the caller.
    fn read(&self, run: Run, room: Room, offset: Option<u32>, shares: bool) -> Read {
        let alone = self.apart.as_ref().filter(|_| !shares).map(|apart| &apart.passed_alone);
        let Some(passed) = alone.or(self.passed.as_ref()) else {
            return self.all(run, room, offset);
        };
        let merged = |index: Option<&String>| self.merged(&run, index?, room, offset, shares);
        let by_tests = self.by_tests.as_ref().filter(|_| self.has_few);
        let direct = match by_tests {
            Some(by_tests) if by_tests.keeps_order => Some(&by_tests.index),
            _ => self.index.as_ref().filter(|_| self.has_few && !self.is_narrow),
        };
        if let Some(rows) = merged(direct) {
            return Read { rows, beyond: None, is_by_ids: true };
        }
        let found = merged(by_tests.map(|by_tests| &by_tests.index));
        let merged = merged(self.index.as_ref());
        let first = self.first + 2 * offset.unwrap_or(0);
        let table = self.grant.table();
        let clause = run.filter.clause();
        let count =
            format!("SELECT count(*) FROM (SELECT 1 FROM {{{table}}} t{clause} LIMIT {first}) counted");
        let count = Rows::new(&count, run.filter.args.clone(), &Limit::none());
        let of_first = format!("{clause}{} LIMIT {first}", run.order_by);
        // Where they are all there is, their owners find them without the others'.
        let rows = found.unwrap_or_else(|| {
            let mut sql = self.dialect.among_first(&self.columns, table, &of_first, &run.order_by, passed);
            let mut args = run.filter.args.clone();
            let limit = Limit::new(room, offset, &mut args);
            sql.push_str(&limit.sql);
            Rows::new(&sql, args, &limit)
        });
        // Of what criteria leave the first ones may be all; of more, few owners are the better way.
        let is_asked_first = self.is_narrow && self.has_few && merged.is_some();
        let (all, is_by_ids) = if let Some(rows) = merged {
            (rows, true)
        } else {
            let all = self.all(run, room, offset);
            (all.rows, all.is_by_ids)
        };
        Read { rows, beyond: Some(Beyond { count, first, is_asked_first, rows: all }), is_by_ids }
    }

    /// The rows of the run that the caller may see, as the database finds them.
    fn all(&self, run: Run, room: Room, offset: Option<u32>) -> Read {
        let Run { mut filter, order_by } = run;
        // Where rows have to be sorted, sorting their ids alone can be cheaper: an index often holds all that takes.
        let sorts_rows = filter.is_criteria && !matches!(self.by, SortBy::Field { .. } | SortBy::Rank(_));
        if let Some(passed) = &self.passed {
            filter.and(passed);
        }
        let table = self.grant.table();
        let mut tail = filter.clause() + &order_by;
        let limit = Limit::new(room, offset, &mut filter.args);
        tail.push_str(&limit.sql);
        let by_ids = sorts_rows.then(|| {
            let ids = format!("SELECT t.id FROM {{{table}}} t{tail}");
            self.dialect.rows_of_ids(&self.columns, table, &ids)
        });
        let by_ids = by_ids.flatten();
        let is_by_ids = by_ids.is_some();
        let sql = by_ids.unwrap_or_else(|| format!("SELECT {} FROM {{{table}}} t{tail}", self.columns));
        let rows = if self.passed.is_some() {
            Rows::new(&sql, filter.args, &limit)
        } else {
            Rows { sql: Sql::from(sql), args: filter.args, room: limit.bound }
        };
        Read { rows, beyond: None, is_by_ids }
    }

    /// The rows of each owner, by that index, and the others, each in the order of the list, brought together; `None` where
    /// that is too much.
    fn merged(&self, run: &Run, index: &str, room: Room, offset: Option<u32>, shares: bool) -> Option<Rows> {
        let apart = self.apart.as_ref()?;
        let Room::Rows(rows) = room else { return None };
        let size = apart.owners.len() * (run.filter.sql.len() + 128);
        if apart.owners.len() > MANY || size > TEXT {
            return None;
        }
        let table = self.grant.table();
        let mut args = run.filter.args.clone();
        let key = if matches!(self.by, SortBy::ModifiedTime) { "t.modified_time AS sort_key, " } else { "" };
        let of_owner = self.dialect.table_by_index(table, index);
        let filter =
            if run.filter.sql.is_empty() { String::new() } else { format!(" AND {}", run.filter.sql) };
        let mut parts = Vec::with_capacity(apart.owners.len() + 1);
        let others = [shares.then_some(&apart.shared), apart.members.as_ref()];
        let others: Vec<&str> = others.into_iter().flatten().map(String::as_str).collect();
        if !others.is_empty() {
            let (others, owned) = (others.join(" UNION "), &apart.owned);
            parts.push(format!(
                "SELECT {key}t.id AS id FROM {{{table}}} t \
                 WHERE t.id IN ({others}) AND ({owned}) IS NOT TRUE{filter}"
            ));
        }
        for owner in apart.owners.iter() {
            args.push((*owner).into());
            let (column, number) = (&apart.owner, args.len());
            parts.push(format!(
                "SELECT {key}t.id AS id FROM {of_owner} WHERE t.\"{column}\" = ?{number}{filter}"
            ));
        }
        let direction = if self.descending { " DESC" } else { "" };
        let key = if key.is_empty() { String::new() } else { format!("sort_key{direction}, ") };
        let order = format!(" ORDER BY {key}id{direction}");
        let first = rows + offset.unwrap_or(0) as usize;
        let mut ids = self.dialect.merged(&parts, &run.order_by, &order, first);
        let limit = Limit::new(room, offset, &mut args);
        ids.push_str(&limit.sql);
        let by_ids = self.dialect.rows_of_ids(&self.columns, table, &ids);
        let sql = by_ids.unwrap_or_else(|| {
            format!("SELECT {} FROM ({ids}) found JOIN {{{table}}} t ON t.id = found.id", self.columns)
        });
        Some(Rows::new(&sql, args, &limit))
    }
}

/// An index by which a filter finds the rows of an owner.
struct ByTests {
    index: String,
    /// The filter asks for one value of each of its fields, so that rows come in the order of ids.
    keeps_order: bool,
}

impl ByTests {
    /// The one that serves the most of what the filter asks, of several the shortest. One value of a field leads on to the
    /// next field of the index, a range does not.
    fn of(grant: &Grant, tested: &[Tested]) -> Option<Self> {
        if tested.is_empty() {
            return None;
        }
        let is_equal = |field: &FieldDef| {
            let tests = tested.iter().filter(|test| test.field == field.api_name);
            tests.map(|test| test.is_equal).reduce(|one, other| one || other)
        };
        let rank = |group: &Vec<&FieldDef>| {
            let asked: Vec<bool> = group[1..].iter().map_while(|field| is_equal(field)).collect();
            let equal = asked.iter().take_while(|is_equal| **is_equal).count();
            let served = asked.len().min(equal + 1);
            (served, equal == group.len() - 1, std::cmp::Reverse(group.len()))
        };
        let groups = indexes::owner_groups(&grant.module).into_iter();
        let best = groups.map(|group| (rank(&group), group)).max_by_key(|(rank, _)| *rank);
        let ((_, keeps_order, _), group) = best.filter(|((served, ..), _)| *served > 0)?;
        Some(Self { index: indexes::of_owners(&grant.module, &group)?, keeps_order })
    }
}

/// ` LIMIT … OFFSET …`, and the argument that says how many rows where it is bound.
struct Limit {
    sql: String,
    bound: Option<usize>,
}

impl Limit {
    fn none() -> Self {
        Self { sql: String::new(), bound: None }
    }

    fn new(room: Room, offset: Option<u32>, args: &mut Vec<Cell<'static>>) -> Self {
        let mut bind = |number: i64| {
            args.push(number.into());
            format!("?{}", args.len())
        };
        let (mut sql, is_bound) = match room {
            Room::Rows(rows) => (format!(" LIMIT {rows}"), false),
            Room::Left => (format!(" LIMIT {}", bind(0)), true),
        };
        if let Some(offset) = offset {
            let offset = if offset < NEAR { offset.to_string() } else { bind(i64::from(offset)) };
            let _infallible = write!(sql, " OFFSET {offset}");
        }
        // The number of rows is bound first.
        let bound =
            is_bound.then(|| args.len() - 1 - usize::from(offset.is_some_and(|offset| offset >= NEAR)));
        Self { sql, bound }
    }
}

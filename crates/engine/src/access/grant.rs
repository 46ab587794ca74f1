//! The proof that the caller may do something with the records of a module.

use std::borrow::Cow;
use std::sync::Arc;

use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::Sql;
use dealwright_wire::Id;

use super::{Action, RowScope};

/// Stands in the columns of a selection for how far the caller may go with a row: selections are kept, and the same for
/// all who have a limited reach. [`Grant::settle_level`] puts the caller's own expression there.
pub(crate) const LEVEL: &str = "@level@";

/// Proof that the caller may do `action` with records of `module`.
///
/// Which of them is part of the proof: `Grant::rows` has to stand in every statement that reads them. It is a condition
/// only once its arguments are bound, so it cannot be left half made.
#[derive(Debug, Clone)]
pub struct Grant {
    pub module: Arc<ModuleDef>,
    pub action: Action,
    /// Of the rows that everybody sees; `None` when there are no others.
    visible: Option<String>,
    /// `None` when the caller reaches all records.
    scope: Option<Arc<RowScope>>,
    _sealed: (),
}

/// The rows that a caller may see, apart by where they come from.
pub(crate) struct Apart {
    /// Column of the owner.
    pub owner: String,
    /// Whose rows are seen, each in the order of an index.
    pub owners: Arc<[i64]>,
    /// The condition that a row (`t`) is one of theirs.
    pub owned: String,
    /// The condition that anything at all was shared with the caller.
    pub has_shares: String,
    /// Ids of what was shared with them, as a statement.
    pub shared: String,
    /// Ids of what is in their territories, as a statement, which can be most of a module.
    pub members: Option<String>,
    /// [`Grant::passed`] where nothing was shared.
    pub passed_alone: String,
}

impl Grant {
    pub(super) fn new(module: &Arc<ModuleDef>, action: Action, scope: Option<Arc<RowScope>>) -> Self {
        let visible = module.availability_column().map(|column| format!("\"{column}\" = 'Available'"));
        Self { module: Arc::clone(module), action, visible, scope, _sealed: () }
    }

    /// The module's table. [`Grant::rows`] has to stand in the statement beside it.
    #[expect(clippy::disallowed_methods, reason = "the grant is the permission")]
    pub(crate) fn table(&self) -> &str {
        self.module.table_name().unwrap_or_default()
    }

    /// Condition on the rows of `table` (a name in the statement) that the caller may reach; `None` when all of them.
    /// What it is told is added to `args`.
    pub(crate) fn rows(&self, table: &str, args: &mut Vec<Cell<'static>>) -> Option<String> {
        self.with_visible(table, self.scope.as_ref().and_then(|scope| scope.rows(self.action, table, args)))
    }

    fn with_visible(&self, table: &str, reach: Option<String>) -> Option<String> {
        let visible = self.visible.as_ref().map(|visible| format!("{table}.{visible}"));
        match (visible, reach) {
            (Some(visible), Some(reach)) => Some(format!("{visible} AND {reach}")),
            (one, other) => one.or(other),
        }
    }

    /// [`Grant::rows`] for rows that come in by an order or by other conditions: it is asked of one row at a time, and
    /// keeps out of the choice of an index.
    pub(crate) fn passed(&self, table: &str, args: &mut Vec<Cell<'static>>) -> Option<String> {
        self.with_visible(table, self.scope.as_ref().and_then(|scope| scope.passed(self.action, table, args)))
    }

    /// Where the rows come from that the caller may see, with the conditions on the table `t` and what they are told;
    /// `None` when they see all, or when the rows hang on others.
    pub(crate) fn sources(&self, args: &mut Vec<Cell<'static>>) -> Option<Apart> {
        let scope = self.scope.as_ref().filter(|_| self.action == Action::View && self.visible.is_none())?;
        let sources = scope.sources()?;
        let mut settle = |text: &str| scope.settle_source(text, "t", args);
        let owned = settle(&sources.owned);
        let is_member = sources.is_member.as_deref().map(&mut settle);
        let members = sources.members.as_deref().map(&mut settle);
        Some(Apart {
            owner: sources.owner.clone(),
            owners: Arc::clone(&sources.owners),
            has_shares: settle(&sources.has_shares),
            shared: settle(&sources.shared),
            passed_alone: match is_member {
                Some(is_member) => format!("({owned} OR {is_member})"),
                None => owned.clone(),
            },
            owned,
            members,
        })
    }

    /// [`Grant::rows`] behind another condition: ` AND …`, or nothing.
    pub(crate) fn and_rows(&self, table: &str, args: &mut Vec<Cell<'static>>) -> String {
        self.rows(table, args).map(|rows| format!(" AND {rows}")).unwrap_or_default()
    }

    /// The columns of a selection with how far the caller may go with each row (`t`).
    pub(crate) fn settle_level<'s>(&self, columns: &'s str, args: &mut Vec<Cell<'static>>) -> Cow<'s, str> {
        match &self.scope {
            Some(scope) if columns.contains(LEVEL) => {
                Cow::Owned(columns.replace(LEVEL, &scope.level("t", args)))
            }
            _ => Cow::Borrowed(columns),
        }
    }

    /// The statement that reads `columns` of one record (`t`), if it is there and the caller reaches it.
    pub(crate) fn one(&self, columns: &str, id: Id) -> (Sql, Vec<Cell<'static>>) {
        let table = self.table();
        let mut args = vec![id.into()];
        let columns = self.settle_level(columns, &mut args);
        let scope = self.and_rows("t", &mut args);
        (Sql::from(format!("SELECT {columns} FROM {{{table}}} t WHERE t.id = ?1{scope}")), args)
    }

    /// Expression of how far the caller may go with a row (`t`) that they see.
    pub(crate) fn level(&self, args: &mut Vec<Cell<'static>>) -> String {
        match &self.scope {
            Some(scope) => scope.level("t", args),
            None => "CAST(3 AS BIGINT)".to_owned(),
        }
    }

    /// True when some records may be out of the caller's reach.
    pub(crate) fn is_scoped(&self) -> bool {
        self.scope.is_some()
    }

    pub(super) fn scope(&self) -> Option<&RowScope> {
        self.scope.as_deref()
    }

    /// What the caller sees of the module whose records they may change.
    pub(crate) fn to_view(&self) -> Self {
        Self { action: Action::View, ..self.clone() }
    }

    /// True when the caller may see the field.
    pub fn shows(&self, field: &FieldDef) -> bool {
        field.flag("visible", true)
    }
}

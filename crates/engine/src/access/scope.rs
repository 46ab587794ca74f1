//! Which rows of a module somebody may reach, and how far they may go with each.
//!
//! Administrators and the top of the role hierarchy reach everything, and so does everybody where the module is
//! public; for them there is no scope and no cost. For others the level of a record is the highest of: what the
//! module's sharing says, full access to what is theirs or their subordinates', what was shared with them, and what
//! their territories allow. Source: "Data sharing", "Record sharing" and "Territories" of the published API.
//!
//! What hangs on another record (notes, attachments, rows of subforms, links, trackers) has no owner that would count:
//! it is seen by whoever sees that record, and changed by whoever may change it.

use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
use dealwright_store::Dialect;

use super::Action;
use super::reach::{Builder, Form, Sources};
use crate::documents::User;
use crate::snapshot::Snapshot;

/// How far somebody may go with a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Level {
    Nothing = 0,
    Read = 1,
    Write = 2,
    /// Also deleting it, giving it away and sharing it on.
    Full = 3,
}

impl Level {
    /// `private`, `public_read_only`, `public_read_write`, `public`: what everybody may do in a module.
    pub(crate) const SHARE_TYPES: [&'static str; 4] =
        ["private", "public_read_only", "public_read_write", "public"];

    /// Those that rows are asked for.
    const REAL: [Self; 3] = [Self::Read, Self::Write, Self::Full];

    /// By the share type of a module.
    pub(crate) fn of_share_type(name: &str) -> Option<Self> {
        let at = Self::SHARE_TYPES.iter().position(|known| *known == name)?;
        Some(Self::of(at as i64))
    }

    /// By the number that the tables keep.
    pub(crate) fn of(number: i64) -> Self {
        match number {
            ..=0 => Self::Nothing,
            1 => Self::Read,
            2 => Self::Write,
            3.. => Self::Full,
        }
    }

    /// As `$sharing_permission` and shares name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Nothing | Self::Read => "read_only",
            Self::Write => "read_write",
            Self::Full => "full_access",
        }
    }

    fn needed(action: Action) -> Self {
        match action {
            Action::View | Action::Create => Self::Read,
            Action::Edit => Self::Write,
            Action::Delete => Self::Full,
        }
    }

    /// What has to be allowed with the record that something hangs on.
    pub(super) fn of_parent(self) -> (Self, Action) {
        if self == Self::Read { (Self::Read, Action::View) } else { (Self::Write, Action::Edit) }
    }
}

/// The reach of one user in one module.
#[derive(Debug)]
pub(crate) struct RowScope {
    /// Of the rows with each level from `Read` on, for statements that may begin with them.
    conditions: [Condition; 3],
    /// The same, for rows that come in by other ways.
    passed: [Condition; 3],
    /// The rows that can be seen, apart by where they come from.
    sources: Option<Sources>,
    /// Of what was deleted, on the recycle bin.
    deleted: Condition,
    /// Ids for each mark in the conditions.
    arguments: Vec<(String, Arc<[i64]>)>,
}

/// Which rows of a module.
#[derive(Debug, Clone)]
pub(super) enum Condition {
    All,
    None,
    /// Text with marks: [`ROW`] for the name of the table, others for lists of ids.
    Some(String),
}

/// Stands for the name that a statement has for the table.
pub(super) const ROW: &str = "@row@";

impl RowScope {
    /// The scope of a user in a module; `None` when they reach everything.
    pub(crate) fn of(
        snapshot: &Snapshot,
        user: &User,
        module: &ModuleDef,
        dialect: &'static dyn Dialect,
    ) -> Option<Self> {
        let mut builder = Builder::new(snapshot, user, dialect);
        let conditions = Level::REAL.map(|level| builder.rows(module, level, Form::Gathers));
        let is_limited = conditions.iter().any(|condition| !matches!(condition, Condition::All));
        is_limited.then(|| {
            let passed = Level::REAL.map(|level| builder.rows(module, level, Form::Passes));
            let sources = builder.sources(module, Level::Read);
            let deleted = builder.deleted(module);
            Self { conditions, passed, sources, deleted, arguments: builder.arguments }
        })
    }

    /// Condition on the rows of `table` that `action` reaches; `None` when all of them.
    pub(super) fn rows(&self, action: Action, table: &str, args: &mut Vec<Cell<'static>>) -> Option<String> {
        self.limited(&self.conditions, action, table, args)
    }

    /// [`RowScope::rows`] for rows that come in by another way and are tested one by one.
    pub(super) fn passed(
        &self,
        action: Action,
        table: &str,
        args: &mut Vec<Cell<'static>>,
    ) -> Option<String> {
        self.limited(&self.passed, action, table, args)
    }

    fn limited(
        &self,
        conditions: &[Condition; 3],
        action: Action,
        table: &str,
        args: &mut Vec<Cell<'static>>,
    ) -> Option<String> {
        let condition = &conditions[Level::needed(action) as usize - 1];
        (!matches!(condition, Condition::All)).then(|| self.settle(condition, table, args))
    }

    /// Where the rows that can be seen come from; `None` when that is not worth telling apart.
    pub(super) fn sources(&self) -> Option<&Sources> {
        self.sources.as_ref()
    }

    /// A condition of [`Sources`] on the rows of `table`.
    pub(super) fn settle_source(&self, text: &str, table: &str, args: &mut Vec<Cell<'static>>) -> String {
        self.settle(&Condition::Some(text.to_owned()), table, args)
    }

    /// Expression of the level of a row that can be seen.
    pub(super) fn level(&self, table: &str, args: &mut Vec<Cell<'static>>) -> String {
        let [_, write, full] = &self.passed;
        let first = args.len();
        let full = self.settle(full, table, args);
        // Both speak of the same lists, which are bound once.
        let write = self.settle_again(write, table, args, first);
        format!("CAST(CASE WHEN {full} THEN 3 WHEN {write} THEN 2 ELSE 1 END AS BIGINT)")
    }

    /// Condition on the rows of the recycle bin that can be seen.
    pub(super) fn deleted(&self, bin: &str, args: &mut Vec<Cell<'static>>) -> String {
        self.settle(&self.deleted, bin, args)
    }

    /// The only way from a condition to SQL: its marks become arguments.
    fn settle(&self, condition: &Condition, table: &str, args: &mut Vec<Cell<'static>>) -> String {
        let bound = args.len();
        self.settle_again(condition, table, args, bound)
    }

    /// [`RowScope::settle`], where lists that were bound from `first` on serve again.
    fn settle_again(
        &self,
        condition: &Condition,
        table: &str,
        args: &mut Vec<Cell<'static>>,
        first: usize,
    ) -> String {
        let text = match condition {
            Condition::All => return "1 = 1".to_owned(),
            Condition::None => return "1 = 0".to_owned(),
            Condition::Some(text) => text,
        };
        let mut settled = text.replace(ROW, table);
        for (mark, ids) in &self.arguments {
            if !settled.contains(mark.as_str()) {
                continue;
            }
            let same = |cell: &Cell<'_>| matches!(cell, Cell::Ids(known) if known[..] == ids[..]);
            let at = args[first..].iter().position(same).map_or_else(
                || {
                    args.push(Cell::Ids(ids.to_vec().into()));
                    args.len()
                },
                |at| first + at + 1,
            );
            settled = settled.replace(mark.as_str(), &format!("?{at}"));
        }
        settled
    }
}

/// `related` of a share by somebody who reached everything: what hangs on the record is open, whoever owns it.
pub(crate) const ALL: i64 = 2;

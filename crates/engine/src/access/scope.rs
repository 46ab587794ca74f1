//! Which rows of a module somebody may reach, and how far they may go with each.
//!
//! Administrators and the top of the role hierarchy reach everything, and so does everybody where the module is
//! public; for them there is no scope and no cost. For others the level of a record is the highest of: what the
//! module's sharing says, full access to what is theirs or their subordinates', what was shared with them, and what
//! their territories allow. Source: "Data sharing", "Record sharing" and "Territories" of the published API.
//!
//! What hangs on another record (notes, attachments, rows of subforms, links, trackers) has no owner that would count:
//! it is seen by whoever sees that record, and changed by whoever may change it.

use std::collections::BTreeSet;
use std::sync::Arc;

use dealwright_schema::{Cell, FieldDef, ModuleDef};
use dealwright_store::Dialect;
use dealwright_wire::Id;

use super::Action;
use super::principals::{self, Member};
use crate::snapshot::{Snapshot, User};

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
    fn of_parent(self) -> (Self, Action) {
        if self == Self::Read { (Self::Read, Action::View) } else { (Self::Write, Action::Edit) }
    }
}

/// The reach of one user in one module.
#[derive(Debug)]
pub(crate) struct RowScope {
    /// Of the rows with each level from `Read` on.
    conditions: [Condition; 3],
    /// Of what was deleted, on the recycle bin.
    deleted: Condition,
    /// Ids for each mark in the conditions.
    arguments: Vec<(String, Arc<[i64]>)>,
}

/// Which rows of a module.
#[derive(Debug, Clone)]
enum Condition {
    All,
    None,
    /// Text with marks: [`ROW`] for the name of the table, others for lists of ids.
    Some(String),
}

/// Stands for the name that a statement has for the table.
const ROW: &str = "@row@";

/// How deep records hang on others: an attachment on a note on a deal.
const DEPTH: usize = 3;

impl RowScope {
    /// The scope of a user in a module; `None` when they reach everything.
    pub(crate) fn of(
        snapshot: &Snapshot,
        user: &User,
        module: &ModuleDef,
        dialect: &'static dyn Dialect,
    ) -> Option<Self> {
        let mut builder = Builder { snapshot, user, dialect, arguments: Vec::new() };
        let conditions = Level::REAL.map(|level| builder.condition(module, level, ROW, DEPTH));
        let is_limited = conditions.iter().any(|condition| !matches!(condition, Condition::All));
        is_limited.then(|| {
            let deleted = builder.deleted(module);
            Self { conditions, deleted, arguments: builder.arguments }
        })
    }

    /// Condition on the rows of `table` that `action` reaches; `None` when all of them.
    pub(super) fn rows(&self, action: Action, table: &str, args: &mut Vec<Cell<'static>>) -> Option<String> {
        let condition = &self.conditions[Level::needed(action) as usize - 1];
        (!matches!(condition, Condition::All)).then(|| self.settle(condition, table, args))
    }

    /// Expression of the level of a row that can be seen.
    pub(super) fn level(&self, table: &str, args: &mut Vec<Cell<'static>>) -> String {
        let [_, write, full] = &self.conditions;
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

/// Makes the conditions of a user, and collects what they are told.
struct Builder<'a> {
    snapshot: &'a Snapshot,
    user: &'a User,
    dialect: &'static dyn Dialect,
    arguments: Vec<(String, Arc<[i64]>)>,
}

impl Builder<'_> {
    /// The rows of a module that the user has at least `level` with, as a condition on the table called `row`.
    fn condition(&mut self, module: &ModuleDef, level: Level, row: &str, depth: usize) -> Condition {
        match module.parent_field() {
            // Nothing hangs on itself: the schema has no such circle.
            Some(_) if depth == 0 => Condition::None,
            Some(field) => self.of_parent(module, field, level, row, depth),
            None => self.own(module, level, row),
        }
    }

    /// Rows of a module whose records stand for themselves.
    fn own(&mut self, module: &ModuleDef, level: Level, row: &str) -> Condition {
        let snapshot = self.snapshot;
        if snapshot.share_type(module.id) >= level || snapshot.reaches_all(self.user) {
            return Condition::All;
        }
        let owner = module.field("Owner").and_then(|field| field.column.as_deref());
        let Some(owner) = owner else { return Condition::None };
        let owner = format!("{row}.\"{owner}\"");
        let lists = Lists::of(snapshot, self.user, module, level);
        let owners = self.among(&owner, module, "owners", level, lists.owners);
        let principals = self.among("s.principal", module, "principals", Level::Read, lists.principals);
        let shared = format!("s.level >= {} AND {principals}", level as i64);
        let mut parts =
            vec![owners, format!("{row}.id IN (SELECT s.record_id FROM {{_shares}} s WHERE {shared})")];
        for (lookup, target) in self.shareable_lookups(module) {
            // What hangs on a shared record is opened as far as whoever shared it could go with it, while that record is
            // there: its shares wait for it in the recycle bin.
            let lookup = format!("{row}.\"{lookup}\"");
            let related = format!("s.related > 0 AND {shared}");
            parts.push(format!(
                "({lookup} IN (SELECT s.record_id FROM {{_shares}} s WHERE {related}) AND EXISTS (\
                 SELECT 1 FROM {{_shares}} s JOIN {{{target}}} x ON x.id = s.record_id \
                 WHERE s.record_id = {lookup} AND {related} AND (s.related = {ALL} OR \
                 EXISTS (SELECT 1 FROM {{_share_owners}} o WHERE o.share_id = s.id AND o.owner_id = {owner}))))"
            ));
        }
        if has_territories(module) {
            let among = self.among("m.territory_id", module, "territories", level, lists.territories);
            let members = format!("SELECT m.record_id FROM {{_record_territories}} m WHERE {among}");
            parts.push(format!("{row}.id IN ({members})"));
        }
        Condition::Some(format!("({})", parts.join(" OR ")))
    }

    /// Rows that hang on records of one module or of several.
    fn of_parent(
        &mut self,
        module: &ModuleDef,
        field: &FieldDef,
        level: Level,
        row: &str,
        depth: usize,
    ) -> Condition {
        let (Some(column), snapshot) = (field.column.as_deref(), self.snapshot) else {
            return Condition::None;
        };
        let column = format!("{row}.\"{column}\"");
        if let Some(parent) = module.parent.as_deref() {
            let Some(parent) = snapshot.schema.module(parent) else { return Condition::None };
            return match self.in_parent(parent, level, depth) {
                Condition::Some(parents) => Condition::Some(format!("{column} IN ({parents})")),
                all_or_none => all_or_none,
            };
        }
        let Some(kind) = field.module_column() else { return Condition::None };
        let kind = format!("{row}.\"{kind}\"");
        let (mut all, mut parts, mut is_limited) = (Vec::new(), Vec::new(), false);
        for parent in snapshot.schema.modules() {
            if !may_carry(parent, module) {
                continue;
            }
            match self.in_parent(parent, level, depth) {
                Condition::All => all.push(parent.id.to_string()),
                Condition::None => is_limited = true,
                Condition::Some(parents) => {
                    parts.push(format!("({kind} = {} AND {column} IN ({parents}))", parent.id));
                }
            }
        }
        if !is_limited && parts.is_empty() {
            return Condition::All;
        }
        if !all.is_empty() {
            parts.push(format!("{kind} IN ({})", all.join(", ")));
        }
        if parts.is_empty() {
            return Condition::None;
        }
        Condition::Some(format!("({})", parts.join(" OR ")))
    }

    /// The ids of the records of `parent` that what hangs on them is reached through, as a statement.
    fn in_parent(&mut self, parent: &ModuleDef, level: Level, depth: usize) -> Condition {
        let (level, action) = level.of_parent();
        let Some(table) = parent_table(parent).filter(|_| self.snapshot.may(self.user, parent, action))
        else {
            return Condition::None;
        };
        let row = format!("p{depth}");
        match self.condition(parent, level, &row, depth - 1) {
            Condition::Some(reached) => {
                Condition::Some(format!("SELECT {row}.id FROM {{{table}}} {row} WHERE {reached}"))
            }
            all_or_none => all_or_none,
        }
    }

    /// What was the user's own, or that of people they answer for, and what they deleted.
    fn deleted(&mut self, module: &ModuleDef) -> Condition {
        let owners = principals::answers_for(self.snapshot, self.user).into_iter().collect();
        let owner = format!("COALESCE({ROW}.owner, {ROW}.created_by)");
        let own = self.among(&owner, module, "own", Level::Full, owners);
        Condition::Some(format!("({ROW}.deleted_by = {} OR {own})", self.user.id))
    }

    /// A test for a list of ids, with a mark in place of the list.
    fn among(&mut self, what: &str, module: &ModuleDef, list: &str, level: Level, ids: Arc<[i64]>) -> String {
        let mark = format!("@{list}{}.{}@", level as i64, module.id);
        let test = self.dialect.in_ids(what, &mark);
        if !self.arguments.iter().any(|(known, _)| *known == mark) {
            self.arguments.push((mark, ids));
        }
        test
    }

    /// Columns of lookups to records that can be shared together with what hangs on them, and these records' tables.
    fn shareable_lookups<'m>(&self, module: &'m ModuleDef) -> Vec<(&'m str, String)> {
        let shareable = |field: &'m FieldDef| {
            let target = self.snapshot.schema.module(field.lookup_module()?)?;
            target.field("Owner")?;
            Some((field.column.as_deref()?, parent_table(target)?.to_owned()))
        };
        module.fields().iter().filter_map(shareable).collect()
    }
}

/// True when records of `module`, which hang on records of several modules, may hang on those of `parent`: on all that
/// stand for themselves, and on what hangs itself where its metadata lists them (attachments of notes).
fn may_carry(parent: &ModuleDef, module: &ModuleDef) -> bool {
    let lists = parent.described.get("related_lists").and_then(serde_json::Value::as_array);
    let lists_them =
        || lists.is_some_and(|lists| lists.iter().any(|list| list["api_name"] == *module.api_name));
    parent.has_records()
        && parent.flag("api_supported")
        && parent.id != module.id
        && (parent.parent_field().is_none() || lists_them())
}

/// The table of what something hangs on; its condition stands beside it.
#[expect(clippy::disallowed_methods, reason = "the reach is made here")]
fn parent_table(module: &ModuleDef) -> Option<&str> {
    module.table_name()
}

/// `related` of a share by somebody who reached everything: what hangs on the record is open, whoever owns it.
pub(crate) const ALL: i64 = 2;

/// Modules whose records can be in territories.
pub(crate) fn has_territories(module: &ModuleDef) -> bool {
    matches!(module.api_name.as_str(), "Leads" | "Contacts" | "Accounts" | "Deals")
}

/// What a user reaches records of a module by, at a level.
struct Lists {
    owners: Arc<[i64]>,
    principals: Arc<[i64]>,
    territories: Arc<[i64]>,
}

impl Lists {
    fn of(snapshot: &Snapshot, user: &User, module: &ModuleDef, level: Level) -> Self {
        let member = Member::of(snapshot, user);
        let mut owners: BTreeSet<i64> = principals::answers_for(snapshot, user);
        for (ids, granted) in principals::by_rules(snapshot, &member, module) {
            if granted >= level {
                owners.extend(ids.iter().map(|id| id.get()));
            }
        }
        let reached = member.territories.iter().filter_map(|id| snapshot.territory(*id));
        let fit = reached.filter(|one| level == Level::Read || one.permission_type == "read_write_delete");
        Self {
            owners: owners.into_iter().collect(),
            principals: member.principals(snapshot).into_iter().map(Id::get).collect(),
            territories: fit.map(|one| one.id.get()).collect(),
        }
    }
}

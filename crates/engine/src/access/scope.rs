//! Which rows of a module somebody may reach, and how far they may go with each.
//!
//! Administrators and the top of the role hierarchy reach everything, and so does everybody where the module is
//! public; for them there is no scope and no cost. For others the level of a record is the highest of: what the
//! module's sharing says, full access to what is theirs or their subordinates', what was shared with them, and what
//! their territories allow. Source: "Data sharing", "Record sharing" and "Territories" of the published API.

use std::collections::BTreeSet;
use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef};
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
    /// Also deleting it and sharing it on.
    Full = 3,
}

impl Level {
    /// `private`, `public_read_only`, `public_read_write`, `public`: what everybody may do in a module.
    pub(crate) const SHARE_TYPES: [&'static str; 4] =
        ["private", "public_read_only", "public_read_write", "public"];

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
}

/// Marks in the text of a scope; [`RowScope::settle`] puts arguments in their place.
const OWNERS: &str = "@owners@";
const READABLE: &str = "@readable@";
const PRINCIPALS: &str = "@principals@";
const MEMBERS: &str = "@members@";
const WRITERS: &str = "@writers@";

/// The reach of one user in one module.
#[derive(Debug)]
pub(crate) struct RowScope {
    /// Conditions on `t` for each level from `Read` on; `None` where everybody has it.
    conditions: [Option<String>; 3],
    /// Expression of the level of a row that can be seen.
    level: String,
    /// Ids for each mark.
    arguments: [(&'static str, Arc<[i64]>); 5],
}

impl RowScope {
    /// The scope of a user in a module; `None` when they reach everything.
    pub(super) fn of(
        snapshot: &Snapshot,
        user: &User,
        module: &ModuleDef,
        dialect: &dyn Dialect,
    ) -> Option<Self> {
        let base = snapshot.share_type(module.id);
        if base == Level::Full || module.parent.is_some() {
            return None;
        }
        let owner = module.field("Owner").and_then(|field| field.column.as_deref())?;
        let is_admin = snapshot.profile_of(user).is_some_and(|profile| profile.is_admin);
        let is_top = snapshot.role(user.role).is_some_and(|role| role.reporting_to.is_none());
        if is_admin || is_top {
            return None;
        }
        let text = Text { module, owner, dialect, snapshot };
        let condition = |level: Level| (base < level).then(|| text.at_least(level));
        let level = format!(
            "CAST(CASE WHEN {} THEN 3 WHEN {} THEN 2 ELSE 1 END AS BIGINT)",
            text.at_least(Level::Full),
            if base >= Level::Write { "1 = 1".to_owned() } else { text.at_least(Level::Write) },
        );
        let conditions = [condition(Level::Read), condition(Level::Write), condition(Level::Full)];
        Some(Self { conditions, level, arguments: arguments(snapshot, user, module) })
    }

    /// Condition on the rows (`t`) that `action` reaches; `None` when all of them. Holds marks.
    pub(super) fn rows(&self, action: Action) -> Option<&str> {
        self.conditions[Level::needed(action) as usize - 1].as_deref()
    }

    /// Expression of the level of a row that can be seen. Holds marks.
    pub(super) fn level(&self) -> &str {
        &self.level
    }

    /// The statement with arguments in place of its marks; they are added to `args`.
    pub(super) fn settle(&self, sql: &str, args: &mut Vec<Cell<'static>>) -> String {
        let mut settled = sql.to_owned();
        for (mark, ids) in &self.arguments {
            if settled.contains(mark) {
                args.push(Cell::Ids(ids.to_vec().into()));
                settled = settled.replace(mark, &format!("?{}", args.len()));
            }
        }
        settled
    }
}

/// Conditions of a module as text.
struct Text<'a> {
    module: &'a ModuleDef,
    owner: &'a str,
    dialect: &'a dyn Dialect,
    snapshot: &'a Snapshot,
}

impl Text<'_> {
    /// True for rows that the user has at least that level with, whatever the module's share type.
    fn at_least(&self, level: Level) -> String {
        let owners = if level == Level::Read { READABLE } else { OWNERS };
        let mut parts = vec![self.dialect.in_ids(&format!("t.\"{}\"", self.owner), owners)];
        let principals = self.dialect.in_ids("s.principal", PRINCIPALS);
        let number = level as i64;
        parts.push(format!(
            "t.id IN (SELECT s.record_id FROM {{_shares}} s WHERE s.level >= {number} AND {principals})"
        ));
        for lookup in self.shareable_lookups() {
            parts.push(format!(
                "t.\"{lookup}\" IN (SELECT s.record_id FROM {{_shares}} s WHERE s.related = 1 \
                 AND s.level >= {number} AND {principals})"
            ));
        }
        if has_territories(self.module) {
            let territories = if level == Level::Read { MEMBERS } else { WRITERS };
            let among = self.dialect.in_ids("m.territory_id", territories);
            parts.push(format!("t.id IN (SELECT m.record_id FROM {{_record_territories}} m WHERE {among})"));
        }
        format!("({})", parts.join(" OR "))
    }

    /// Columns of lookups to records that can be shared together with what hangs on them.
    fn shareable_lookups(&self) -> impl Iterator<Item = &str> {
        self.module.fields().iter().filter_map(|field| {
            let target = self.snapshot.schema.module(field.lookup_module()?)?;
            target.field("Owner")?;
            field.column.as_deref()
        })
    }
}

/// Modules whose records can be in territories.
pub(crate) fn has_territories(module: &ModuleDef) -> bool {
    matches!(module.api_name.as_str(), "Leads" | "Contacts" | "Accounts" | "Deals")
}

fn arguments(snapshot: &Snapshot, user: &User, module: &ModuleDef) -> [(&'static str, Arc<[i64]>); 5] {
    let member = Member::of(snapshot, user);
    let mut owners: BTreeSet<i64> = principals::subordinates(snapshot, user).map(Id::get).collect();
    owners.insert(user.id.get());
    let mut readable = owners.clone();
    for (ids, level) in principals::by_rules(snapshot, &member, module) {
        readable.extend(ids.iter().map(|id| id.get()));
        if level == Level::Full {
            owners.extend(ids.iter().map(|id| id.get()));
        }
    }
    let territories = |writes: bool| -> Arc<[i64]> {
        let reached = member.territories.iter().filter_map(|id| snapshot.territory(*id));
        let fit = reached.filter(|one| !writes || one.permission_type == "read_write_delete");
        fit.map(|one| one.id.get()).collect()
    };
    [
        (OWNERS, owners.into_iter().collect()),
        (READABLE, readable.into_iter().collect()),
        (PRINCIPALS, member.principals(snapshot).into_iter().map(Id::get).collect()),
        (MEMBERS, territories(false)),
        (WRITERS, territories(true)),
    ]
}

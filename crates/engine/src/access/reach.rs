//! What a user reaches, as conditions with marks: the part of [`RowScope`](super::RowScope) that knows the rules.

use std::collections::BTreeSet;
use std::sync::Arc;

use dealwright_schema::{FieldDef, ModuleDef};
use dealwright_store::Dialect;
use dealwright_wire::Id;

use super::principals::{self, Member};
use super::scope::{ALL, Condition, Level, ROW};
use crate::documents::User;
use crate::snapshot::Snapshot;

/// How deep records hang on others: an attachment on a note on a deal.
const DEPTH: usize = 3;

/// How the rows come that a condition is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Perhaps by the condition itself: it is made of lists of ids that indexes serve.
    Gathers,
    /// By another way, one by one: the condition asks about that one row, and stays out of the choice of an index.
    Passes,
}

/// Where the rows come from that can be seen: those of some owners, and others that are told apart from them. Each part
/// has an order of its own that an index serves, so that the first rows of all can be found without the rest.
#[derive(Debug)]
pub(super) struct Sources {
    /// Column of the owner.
    pub owner: String,
    pub owners: Arc<[i64]>,
    /// The condition that a row belongs to one of the owners.
    pub owned: String,
    /// The condition that anything at all was shared with the user.
    pub has_shares: String,
    /// Ids of what was shared, as a statement.
    pub shared: String,
    /// Ids of what is in the user's territories, as a statement; `None` when they are in none. Nobody knows how many these
    /// are: territories can hold most of a module.
    pub members: Option<String>,
    /// The condition that a row is in one of these territories.
    pub is_member: Option<String>,
}

/// Makes the conditions of a user, and collects what they are told.
pub(super) struct Builder<'a> {
    snapshot: &'a Snapshot,
    user: &'a User,
    dialect: &'static dyn Dialect,
    /// Ids for each mark in the conditions.
    pub arguments: Vec<(String, Arc<[i64]>)>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, user: &'a User, dialect: &'static dyn Dialect) -> Self {
        Self { snapshot, user, dialect, arguments: Vec::new() }
    }

    /// The rows of a module that the user has at least `level` with.
    pub(super) fn rows(&mut self, module: &ModuleDef, level: Level, form: Form) -> Condition {
        self.condition(module, level, ROW, DEPTH, form)
    }

    /// The rows of a module that the user has at least `level` with, as a condition on the table called `row`.
    fn condition(
        &mut self,
        module: &ModuleDef,
        level: Level,
        row: &str,
        depth: usize,
        form: Form,
    ) -> Condition {
        match module.parent_field() {
            // Nothing hangs on itself: the schema has no such circle.
            Some(_) if depth == 0 => Condition::None,
            Some(field) => self.of_parent(module, field, level, row, depth, form),
            None => self.own(module, level, row, form),
        }
    }

    /// True when the user has `level` with every row of a module whose records stand for themselves.
    fn has_all(&self, module: &ModuleDef, level: Level) -> bool {
        self.snapshot.share_type(module.id) >= level || self.snapshot.reaches_all(self.user)
    }

    /// Rows of a module whose records stand for themselves.
    fn own(&mut self, module: &ModuleDef, level: Level, row: &str, form: Form) -> Condition {
        if self.has_all(module, level) {
            return Condition::All;
        }
        let Some(owner) = owner_column(module) else { return Condition::None };
        let owner = format!("{row}.\"{owner}\"");
        let lists = Lists::of(self.snapshot, self.user, module, level);
        let has_territories = !lists.territories.is_empty();
        let tests = self.tests(module, level, &lists);
        let parts = match form {
            Form::Gathers => {
                let mut parts = vec![
                    self.dialect.in_ids(&owner, &tests.owners),
                    format!("{row}.id IN (SELECT s.record_id FROM {{_shares}} s WHERE {})", tests.shared),
                ];
                for (lookup, target) in self.shareable_lookups(module) {
                    let lookup = format!("{row}.\"{lookup}\"");
                    let opened = tests.opened(&lookup, &target, &owner);
                    let related = format!("s.related > 0 AND {}", tests.shared);
                    parts.push(format!(
                        "({lookup} IN (SELECT s.record_id FROM {{_shares}} s WHERE {related}) AND {opened})"
                    ));
                }
                if has_territories {
                    parts.push(format!("{row}.id IN ({})", tests.members));
                }
                parts
            }
            Form::Passes => {
                let opened: Vec<String> = self
                    .shareable_lookups(module)
                    .into_iter()
                    .map(|(lookup, target)| tests.opened(&format!("{row}.\"{lookup}\""), &target, &owner))
                    .collect();
                let shared = &tests.shared;
                // Most users have no shares at all, which is found out once for all rows.
                let any = |test: &str| format!("EXISTS (SELECT 1 FROM {{_shares}} s WHERE {test})");
                let mut parts = vec![
                    self.dialect.in_ids(&self.dialect.passed(&owner), &tests.owners),
                    format!("({} AND {})", any(shared), any(&format!("s.record_id = {row}.id AND {shared}"))),
                ];
                if !opened.is_empty() {
                    let related = any(&format!("s.related > 0 AND {shared}"));
                    parts.push(format!("({related} AND ({}))", opened.join(" OR ")));
                }
                if has_territories {
                    parts.push(format!("EXISTS ({} AND m.record_id = {row}.id)", tests.members));
                }
                parts
            }
        };
        Condition::Some(format!("({})", parts.join(" OR ")))
    }

    /// The rows that the user has at least `level` with, apart by where they come from; `None` where all are reached, or
    /// where rows hang on others.
    pub(super) fn sources(&mut self, module: &ModuleDef, level: Level) -> Option<Sources> {
        if module.parent_field().is_some() || self.has_all(module, level) {
            return None;
        }
        let table = parent_table(module)?;
        let column = owner_column(module)?;
        let lists = Lists::of(self.snapshot, self.user, module, level);
        let tests = self.tests(module, level, &lists);
        let mut shared = vec![format!("SELECT s.record_id FROM {{_shares}} s WHERE {}", tests.shared)];
        for (lookup, target) in self.shareable_lookups(module) {
            let (lookup, owner) = (format!("q.\"{lookup}\""), format!("q.\"{column}\""));
            let opened = tests.opened(&lookup, &target, &owner);
            let related = format!("s.related > 0 AND {}", tests.shared);
            shared.push(format!(
                "SELECT q.id FROM {{{table}}} q \
                 WHERE {lookup} IN (SELECT s.record_id FROM {{_shares}} s WHERE {related}) AND {opened}"
            ));
        }
        let members = (!lists.territories.is_empty()).then(|| tests.members.clone());
        let owned = self.dialect.passed(&format!("{ROW}.\"{column}\""));
        Some(Sources {
            owned: self.dialect.in_ids(&owned, &tests.owners),
            owner: column.to_owned(),
            owners: lists.owners,
            has_shares: format!("EXISTS (SELECT 1 FROM {{_shares}} s WHERE {})", tests.shared),
            shared: shared.join(" UNION "),
            is_member: members
                .as_ref()
                .map(|members| format!("EXISTS ({members} AND m.record_id = {ROW}.id)")),
            members,
        })
    }

    /// The lists of a user in a module, marked.
    fn tests(&mut self, module: &ModuleDef, level: Level, lists: &Lists) -> Tests {
        let owners = self.mark(module, "owners", level, &lists.owners);
        let principals = self.mark(module, "principals", Level::Read, &lists.principals);
        let territories = self.mark(module, "territories", level, &lists.territories);
        let principals = self.dialect.in_ids("s.principal", &principals);
        let members = self.dialect.in_ids("m.territory_id", &territories);
        Tests {
            owners,
            shared: format!("s.level >= {} AND {principals}", level as i64),
            members: format!("SELECT m.record_id FROM {{_record_territories}} m WHERE {members}"),
        }
    }

    /// Rows that hang on records of one module or of several.
    fn of_parent(
        &mut self,
        module: &ModuleDef,
        field: &FieldDef,
        level: Level,
        row: &str,
        depth: usize,
        form: Form,
    ) -> Condition {
        let (Some(column), snapshot) = (field.column.as_deref(), self.snapshot) else {
            return Condition::None;
        };
        let column = format!("{row}.\"{column}\"");
        if let Some(parent) = module.parent.as_deref() {
            let Some(parent) = snapshot.schema.module(parent) else { return Condition::None };
            return self.on_parent(parent, &column, level, depth, form);
        }
        let Some(kind) = field.module_column() else { return Condition::None };
        let kind = format!("{row}.\"{kind}\"");
        let (mut all, mut parts, mut is_limited) = (Vec::new(), Vec::new(), false);
        for parent in snapshot.schema.modules() {
            if !may_carry(parent, module) {
                continue;
            }
            match self.on_parent(parent, &column, level, depth, form) {
                Condition::All => all.push(parent.id.to_string()),
                Condition::None => is_limited = true,
                Condition::Some(reached) => parts.push(format!("({kind} = {} AND {reached})", parent.id)),
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

    /// The rows whose `column` names a record of `parent` that what hangs on it is reached through.
    fn on_parent(
        &mut self,
        parent: &ModuleDef,
        column: &str,
        level: Level,
        depth: usize,
        form: Form,
    ) -> Condition {
        let (level, action) = level.of_parent();
        let Some(table) = parent_table(parent).filter(|_| self.snapshot.may(self.user, parent, action))
        else {
            return Condition::None;
        };
        let row = format!("p{depth}");
        match (self.condition(parent, level, &row, depth - 1, form), form) {
            (Condition::Some(reached), Form::Gathers) => {
                let parents = format!("SELECT {row}.id FROM {{{table}}} {row} WHERE {reached}");
                Condition::Some(format!("{column} IN ({parents})"))
            }
            (Condition::Some(reached), Form::Passes) => Condition::Some(format!(
                "EXISTS (SELECT 1 FROM {{{table}}} {row} WHERE {row}.id = {column} AND {reached})"
            )),
            (all_or_none, _) => all_or_none,
        }
    }

    /// What was the user's own, or that of people they answer for, and what they deleted.
    pub(super) fn deleted(&mut self, module: &ModuleDef) -> Condition {
        let owners: Vec<i64> = principals::answers_for(self.snapshot, self.user).into_iter().collect();
        let owner = format!("COALESCE({ROW}.owner, {ROW}.created_by)");
        let own = self.mark(module, "own", Level::Full, &owners.into());
        let own = self.dialect.in_ids(&owner, &own);
        Condition::Some(format!("({ROW}.deleted_by = {} OR {own})", self.user.id))
    }

    /// A mark in place of a list of ids.
    fn mark(&mut self, module: &ModuleDef, list: &str, level: Level, ids: &Arc<[i64]>) -> String {
        let mark = format!("@{list}{}.{}@", level as i64, module.id);
        if !self.arguments.iter().any(|(known, _)| *known == mark) {
            self.arguments.push((mark.clone(), Arc::clone(ids)));
        }
        mark
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

/// What statements ask of a user's lists, with marks in their place.
struct Tests {
    /// The mark of the owners.
    owners: String,
    /// A share (`s`) reaches the user, and far enough.
    shared: String,
    /// Ids of the records in the user's territories, as a statement over `m`.
    members: String,
}

impl Tests {
    /// The record that `lookup` names is shared together with what hangs on it: that is opened as far as whoever shared it
    /// could go with it, while that record is there. Its shares wait for it in the recycle bin.
    fn opened(&self, lookup: &str, target: &str, owner: &str) -> String {
        format!(
            "EXISTS (SELECT 1 FROM {{_shares}} s JOIN {{{target}}} x ON x.id = s.record_id \
             WHERE s.record_id = {lookup} AND s.related > 0 AND {} AND (s.related = {ALL} OR \
             EXISTS (SELECT 1 FROM {{_share_owners}} o WHERE o.share_id = s.id AND o.owner_id = {owner})))",
            self.shared
        )
    }
}

fn owner_column(module: &ModuleDef) -> Option<&str> {
    module.field("Owner").and_then(|field| field.column.as_deref())
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
        let territories = member.territories.iter().filter(|_| module.has_territories());
        let reached = territories.filter_map(|id| snapshot.territory(*id));
        let fit = reached.filter(|one| level == Level::Read || one.permission_type == "read_write_delete");
        Self {
            owners: owners.into_iter().collect(),
            principals: member.principals(snapshot).into_iter().map(Id::get).collect(),
            territories: fit.map(|one| one.id.get()).collect(),
        }
    }
}

//! One change of an org's metadata: modules, users, roles and settings change together, or nothing does.

use std::collections::HashMap;
use std::sync::Arc;

use dealwright_schema::{Cell, ModuleDef, OrgSchema, diff};
use dealwright_store::{Sql, ddl};
use dealwright_wire::{Id, Instant};

use super::{Org, document};
use crate::access::giving::{self, Handed};
use crate::documents::{Document, Documents, User};
use crate::error::Error;
use crate::snapshot::Snapshot;

/// On whose behalf the metadata changes.
#[derive(Clone, Copy)]
pub(crate) enum By {
    /// Whoever makes the call. They can give nobody more than they have, themself neither.
    User(Id),
    /// The server itself: upgrades, indexes, the first time that somebody comes in.
    Server,
}

/// The metadata while it is being changed. Nothing is stored before the work has ended well.
pub(crate) struct Change {
    before: Arc<Snapshot>,
    /// Who changes it; `None` for the server itself.
    giver: Option<Id>,
    pub(crate) now: Instant,
    schema: OrgSchema,
    documents: Documents,
    steps: Vec<diff::Step>,
    statements: Vec<(Sql, Vec<Cell<'static>>)>,
    /// Territories whose records others take over.
    handed: Vec<Handed>,
}

impl Change {
    /// A change that starts from the metadata as it is. One that does not come from [`Org::change`] is never
    /// stored: it tells what a change would lead to.
    pub(crate) fn of(org: &Org, by: By) -> Self {
        let before = org.snapshot();
        let giver = match by {
            By::User(id) => Some(id),
            By::Server => None,
        };
        Self {
            giver,
            now: org.clock.now(),
            schema: before.schema.clone(),
            documents: before.documents(),
            before,
            steps: Vec::new(),
            statements: Vec::new(),
            handed: Vec::new(),
        }
    }

    /// Does one part of the change, which succeeds or fails by itself: what fails, or would give somebody more than the
    /// caller has, leaves nothing behind.
    pub(crate) fn attempt<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let (schema, documents) = (self.schema.clone(), self.documents.clone());
        let (steps, statements, handed) = (self.steps.len(), self.statements.len(), self.handed.len());
        let result = work(self).and_then(|kept| {
            let giver = self.giver.filter(|giver| !giving::is_free(*giver, &self.before));
            if giver.is_some() && self.statements.len() > statements {
                self.check(&self.after())?;
            }
            Ok(kept)
        });
        if result.is_err() {
            (self.schema, self.documents) = (schema, documents);
            self.steps.truncate(steps);
            self.statements.truncate(statements);
            self.handed.truncate(handed);
        }
        result
    }

    /// The metadata as it is going to be.
    fn after(&self) -> Snapshot {
        let (details, tags) = (self.before.details.clone(), Arc::clone(&self.before.tags));
        Snapshot::new(self.schema.clone(), details, self.documents.clone(), tags)
    }

    /// Refuses what the caller cannot give.
    fn check(&self, after: &Snapshot) -> Result<(), Error> {
        let Some(giver) = self.giver else { return Ok(()) };
        giving::check_administrators(&self.before, after)?;
        giving::check(giver, &self.before, after, &self.handed)
    }

    /// Notes that the records of a territory, which goes, come to another.
    pub(crate) fn hand_on(&mut self, from: Id, to: Id) {
        self.handed.push(Handed { from, to });
    }

    /// The documents with what was changed so far.
    pub(crate) fn documents(&self) -> &Documents {
        &self.documents
    }

    /// The modules with what was changed so far.
    pub(crate) fn schema(&self) -> &OrgSchema {
        &self.schema
    }

    /// All documents of a type, in the order of ids.
    pub(crate) fn all<D: Document>(&self) -> &[Arc<D>] {
        D::all(&self.documents)
    }

    /// The document of that id.
    pub(crate) fn find<D: Document>(&self, id: Id) -> Option<Arc<D>> {
        D::all(&self.documents).iter().find(|document| document.id() == id).cloned()
    }

    /// Stores a document, in place of the one with its id if there is one.
    pub(crate) fn put<D: Document>(&mut self, document: D) -> Result<(), Error> {
        let (id, text) = (document.id(), document.text()?);
        let all = D::all_mut(&mut self.documents);
        let sql = if let Some(old) = all.iter_mut().find(|old| old.id() == id) {
            *old = Arc::new(document);
            format!("UPDATE {{{}}} SET doc = ?2 WHERE id = ?1", D::TABLE)
        } else {
            all.push(Arc::new(document));
            format!("INSERT INTO {{{}}} (id, doc) VALUES (?1, ?2)", D::TABLE)
        };
        self.statements.push((sql.into(), vec![id.into(), text.into()]));
        Ok(())
    }

    /// Removes a document.
    pub(crate) fn remove<D: Document>(&mut self, id: Id) {
        D::all_mut(&mut self.documents).retain(|document| document.id() != id);
        let sql = format!("DELETE FROM {{{}}} WHERE id = ?1", D::TABLE);
        self.exec(sql, vec![id.into()]);
    }

    /// Adds a statement to the transaction that stores the change.
    pub(crate) fn exec(&mut self, sql: impl Into<Sql>, args: Vec<Cell<'static>>) {
        self.statements.push((sql.into(), args));
    }

    /// Adds a module with its tables, behind all others.
    pub(crate) fn add_module(&mut self, module: ModuleDef) -> Result<(), Error> {
        self.steps.extend(diff::diff(None, &module));
        let args = vec![module.id.into(), document(&module)?.into()];
        let last = "(SELECT coalesce(max(position), 0) + 1 FROM {_modules})";
        self.exec(format!("INSERT INTO {{_modules}} (id, doc, position) VALUES (?1, ?2, {last})"), args);
        self.schema = self.schema.with(module);
        Ok(())
    }

    /// Takes a module out of the metadata. Its tables stay, so that requests in flight can end.
    pub(crate) fn drop_module(&mut self, module: Id) {
        self.exec("DELETE FROM {_modules} WHERE id = ?1", vec![module.into()]);
        self.schema = self.schema.without(module);
    }

    /// Changes one module: its tables and its stored metadata. `change` gets the module as it is now.
    pub(crate) fn module<T>(
        &mut self,
        module: Id,
        change: impl FnOnce(&mut ModuleDef) -> Result<T, Error>,
    ) -> Result<T, Error> {
        // Clients that ask whether anything changed since they last looked rely on this time.
        let now = self.now.text(&self.before.zone);
        self.unseen(module, |new| {
            let kept = change(new)?;
            new.described.insert("modified_time".to_owned(), now.into());
            Ok(kept)
        })
    }

    /// [`Change::module`] for what no client can see.
    pub(crate) fn unseen<T>(
        &mut self,
        module: Id,
        change: impl FnOnce(&mut ModuleDef) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let old = self.schema.module_by_id(module).ok_or_else(dealwright_wire::ApiError::invalid_module)?;
        let mut new = ModuleDef::clone(old);
        let kept = change(&mut new)?;
        self.steps.extend(diff::diff(Some(old), &new));
        let args = vec![new.id.into(), document(&new)?.into()];
        self.exec("UPDATE {_modules} SET doc = ?2 WHERE id = ?1", args);
        self.schema = self.schema.with(new);
        Ok(kept)
    }
}

impl Org {
    /// Changes the metadata: tables, stored documents and snapshot together, or nothing.
    ///
    /// `work` gets the metadata as it is now and gives back what the caller wants to keep. One change runs at a
    /// time per org.
    pub(crate) async fn change<T>(
        &self,
        by: By,
        work: impl FnOnce(&mut Change) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _one_at_a_time = self.changing.lock().await;
        let mut change = Change::of(self, by);
        let kept = work(&mut change)?;
        if change.statements.is_empty() && change.steps.is_empty() {
            return Ok(kept);
        }
        let after = change.after();
        change.check(&after)?;
        let Change { before, steps, statements, .. } = change;
        // Who is deactivated is out before the org says so, who comes back is let in after: whatever fails in between,
        // nobody is in who should not be.
        let (back, out): (Vec<_>, Vec<_>) =
            changed_people(&before.users, &after.users).into_iter().partition(|(_, is_active)| *is_active);
        if !out.is_empty() {
            self.people.settle(self.id, out).await?;
        }
        self.note_texts(&[&*before, &after]);
        let stored = self
            .store
            .patient()
            .write(move |tx| {
                Box::pin(async move {
                    ddl::apply(tx, &steps).await?;
                    for (sql, args) in &statements {
                        tx.exec(sql, args).await?;
                    }
                    Ok::<_, Error>(())
                })
            })
            .await;
        if stored.is_ok() {
            self.snapshot.store(Arc::new(after));
        }
        self.note_texts(&[&self.snapshot()]);
        stored?;
        if !back.is_empty() {
            self.people.settle(self.id, back).await?;
        }
        Ok(kept)
    }

    /// Notes that the person behind a user has come in for the first time.
    pub async fn confirm(&self, user: Id) -> Result<(), Error> {
        self.change(By::Server, |all| {
            let Some(user) = all.find::<crate::documents::User>(user).filter(|user| !user.is_confirmed())
            else {
                return Ok(());
            };
            let mut user = crate::documents::User::clone(&user);
            user.more.remove("confirm");
            all.put(user)
        })
        .await
    }
}

/// The people behind users who were activated or deactivated, or who stand behind another user than before; each with
/// whether they may come in.
fn changed_people(before: &[Arc<User>], after: &[Arc<User>]) -> Vec<(Id, bool)> {
    let old: HashMap<Id, &Arc<User>> = before.iter().map(|user| (user.id, user)).collect();
    let is_same = |user: &User, old: &User| user.is_active == old.is_active && user.identity == old.identity;
    let changed = after.iter().filter(|user| {
        let old = old.get(&user.id);
        !old.is_some_and(|old| Arc::ptr_eq(old, user) || is_same(user, old))
    });
    changed.map(|user| (user.identity, may_come_in(after, user.identity))).collect()
}

/// True when a user of the person is active. A person who was deleted and added again has two.
fn may_come_in(users: &[Arc<User>], identity: Id) -> bool {
    users.iter().any(|user| user.identity == identity && user.is_active)
}

impl Org {
    /// Tells whoever lets people in who may come: for what was not told when it changed.
    pub(super) async fn settle_people(&self) -> Result<(), Error> {
        let snapshot = self.snapshot();
        let mut people: HashMap<Id, bool> = HashMap::new();
        for user in &snapshot.users {
            *people.entry(user.identity).or_default() |= user.is_active;
        }
        self.people.settle(self.id, people.into_iter().collect()).await
    }
}

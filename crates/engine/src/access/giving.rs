//! Nobody gives more than they have.
//!
//! Who may change some settings without being an administrator could otherwise use them to get everything else: a
//! user's profile, a profile's permissions, a role above one's own, a rule that opens others' records. Every change of
//! the metadata that somebody makes passes [`check`], which compares the state before with the state after, so that a
//! setting that is added later is in it by itself. Administrators may do everything, but the last of them stays.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use dealwright_wire::{ApiError, Code, Id};

use super::powers::{self, Crowd, Places, Powers};
use super::scope::Level;
use crate::access::permissions;
use crate::documents::kind;
use crate::documents::{Document, Role, User, UserProfile};
use crate::error::Error;
use crate::snapshot::Snapshot;

/// Records that a change moves from one territory, which goes, to another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Handed {
    pub(crate) from: Id,
    pub(crate) to: Id,
}

/// Refuses a change that leaves an org without an administrator.
pub(crate) fn check_administrators(before: &Snapshot, after: &Snapshot) -> Result<(), ApiError> {
    let has_one =
        |snapshot: &Snapshot| snapshot.users.iter().any(|user| user.is_active && administers(snapshot, user));
    if !has_one(before) || has_one(after) {
        return Ok(());
    }
    Err(ApiError::new(Code::NotAllowedHere).message("at least one active user has to be an administrator"))
}

/// True for administrators, who may give everything.
pub(crate) fn is_free(giver: Id, snapshot: &Snapshot) -> bool {
    snapshot.user(giver).is_some_and(|user| user.is_active && administers(snapshot, user))
}

/// Refuses a change by which somebody would have more than its maker has, or its maker more than before.
pub(crate) fn check(giver: Id, before: &Snapshot, after: &Snapshot, handed: &[Handed]) -> Result<(), Error> {
    if is_free(giver, before) || !concerns(before, after) {
        return Ok(());
    }
    let giver = before.user(giver).filter(|user| user.is_active && !user.is_deleted());
    let giver = giver.ok_or_else(|| refused("only active users change settings"))?;
    let giving = Giving { before, after, giver };
    giving.check_own()?;
    giving.check_administrators()?;
    giving.check_top()?;
    giving.check_profiles()?;
    giving.check_share_types()?;
    giving.check_users()?;
    giving.check_reach(handed)?;
    Ok(())
}

/// Kinds of settings that say what their maker likes to see, and nothing of what anybody may do. Everybody changes them
/// all the time.
const HABITS: [&str; 2] = [kind::VIEWS, kind::VIEW_PREFERENCES];

/// Whether the change is about more than habits, or the definitions of modules.
fn concerns(before: &Snapshot, after: &Snapshot) -> bool {
    fn is_same<D>(old: &[Arc<D>], new: &[Arc<D>]) -> bool {
        old.len() == new.len() && old.iter().zip(new).all(|(old, new)| Arc::ptr_eq(old, new))
    }
    let settings = |snapshot: &Snapshot| -> Vec<_> {
        let settings = snapshot.settings.iter();
        settings.filter(|one| !HABITS.contains(&one.kind.as_str())).cloned().collect()
    };
    !(is_same(&before.users, &after.users)
        && is_same(&before.roles, &after.roles)
        && is_same(&before.profiles, &after.profiles)
        && is_same(&before.territories, &after.territories)
        && is_same(&settings(before), &settings(after)))
}

fn refused(why: &'static str) -> ApiError {
    ApiError::new(Code::NoPermission).message(why)
}

/// By its profile, be it active or not.
fn administers(snapshot: &Snapshot, user: &User) -> bool {
    !user.is_deleted() && snapshot.profile_of(user).is_some_and(|profile| profile.is_admin)
}

fn is_top(role: &Role) -> bool {
    role.reporting_to.is_none()
}

struct Giving<'s> {
    before: &'s Snapshot,
    after: &'s Snapshot,
    giver: &'s User,
}

impl Giving<'_> {
    /// What somebody has they do not change themself.
    fn check_own(&self) -> Result<(), ApiError> {
        let id = self.giver.id;
        let now = self.after.user(id).filter(|user| user.is_active && !user.is_deleted());
        let now = now.ok_or_else(|| refused("nobody takes themself out of the organization").id(id))?;
        if now.profile != self.giver.profile {
            return Err(refused("only an administrator may change your profile").id(id));
        }
        if now.role != self.giver.role {
            return Err(refused("only an administrator may change your role").id(id));
        }
        let permits = |snapshot: &Snapshot| {
            snapshot.profile_of(self.giver).map(|profile| permitted(self.before, profile))
        };
        if permits(self.before) != permits(self.after) {
            let message = "only an administrator may change the permissions of your own profile";
            return Err(refused(message).id(now.profile));
        }
        Ok(())
    }

    /// Administrators and their profiles stay as they are.
    fn check_administrators(&self) -> Result<(), Error> {
        for (id, old, new) in pairs(&self.before.users, &self.after.users) {
            let is_one = old.is_some_and(|user| administers(self.before, user))
                || new.is_some_and(|user| administers(self.after, user));
            if is_one && differs(old, new)? {
                return Err(refused("only an administrator may make, change or remove administrators")
                    .id(id)
                    .into());
            }
        }
        for (id, old, new) in pairs(&self.before.profiles, &self.after.profiles) {
            let is_one = old.is_some_and(|one| one.is_admin) || new.is_some_and(|one| one.is_admin);
            if is_one && differs(old, new)? {
                let message = "only an administrator may copy, change or remove a profile of administrators";
                return Err(refused(message).id(id).into());
            }
        }
        Ok(())
    }

    /// The top of the hierarchy reaches all records, like an administrator.
    fn check_top(&self) -> Result<(), Error> {
        for (id, old, new) in pairs(&self.before.roles, &self.after.roles) {
            if (old.is_some_and(is_top) || new.is_some_and(is_top)) && differs(old, new)? {
                return Err(refused("only an administrator may change the top role").id(id).into());
            }
        }
        Ok(())
    }

    /// Profiles permit no more than before, but for what the giver is permitted.
    fn check_profiles(&self) -> Result<(), ApiError> {
        let own = self.permissions();
        for (id, old, new) in pairs(&self.before.profiles, &self.after.profiles) {
            let Some(new) = new else { continue };
            let old = old.map(|old| permitted(self.after, old)).unwrap_or_default();
            refuse_missing(&own, &old, &permitted(self.after, new), id)?;
        }
        Ok(())
    }

    /// Roles and profiles of users: roles at or below the giver's, profiles that permit no more than theirs.
    fn check_users(&self) -> Result<(), ApiError> {
        let mut changes = BTreeMap::new();
        for (id, old, new) in pairs(&self.before.users, &self.after.users) {
            let Some(new) = new.filter(|user| !user.is_deleted()) else { continue };
            let known = old.filter(|old| self.is_same_person(old, new));
            if known.is_none_or(|old| old.role != new.role) {
                self.check_role(old, new)?;
            }
            changes.entry((known.map(|old| old.profile), new.profile)).or_insert(id);
        }
        for ((old, new), id) in changes {
            self.check_profile(old, new, id)?;
        }
        Ok(())
    }

    /// A user's profile, which may be the same with other permissions or other locks.
    fn check_profile(&self, old: Option<Id>, new: Id, of: Id) -> Result<(), ApiError> {
        let permits = |snapshot: &Snapshot, id: Id| {
            snapshot.profile(id).map(|profile| permitted(self.after, profile)).unwrap_or_default()
        };
        if old != Some(new) {
            let had = old.map(|old| permits(self.before, old)).unwrap_or_default();
            refuse_missing(&self.permissions(), &had, &permits(self.after, new), of)?;
        }
        let open = powers::unlocked(self.before, self.giver.profile);
        let was_open = old.map(|old| powers::unlocked(self.before, old)).unwrap_or_default();
        let everything = |module: &str| (module.to_owned(), "*".to_owned());
        let now_open = powers::unlocked(self.after, new);
        let mut lifted = now_open.difference(&was_open).filter(|one| !was_open.contains(&everything(&one.0)));
        if lifted.any(|one| !open.contains(one) && !open.contains(&everything(&one.0))) {
            return Err(refused("you cannot lift locks that hold for you").id(of));
        }
        Ok(())
    }

    fn check_role(&self, old: Option<&User>, new: &User) -> Result<(), ApiError> {
        let is_top = |role: Id| self.before.role(role).is_some_and(is_top);
        if is_top(new.role) || old.is_some_and(|old| is_top(old.role)) {
            return Err(refused("only an administrator may give or take the top role").id(new.id));
        }
        if new.role != self.giver.role && !self.before.is_below(new.role, self.giver.role) {
            return Err(refused("you can only give your own role and roles below it").id(new.id));
        }
        Ok(())
    }

    /// Modules are opened to everybody by those only who reach everything in them.
    fn check_share_types(&self) -> Result<(), ApiError> {
        if self.reaches_everything() {
            return Ok(());
        }
        for module in self.before.schema.modules() {
            if self.after.share_type(module.id) > self.before.share_type(module.id) {
                let message = "you cannot open a module further than your own reach";
                return Err(refused(message).detail("module", module.api_name.as_str()));
            }
        }
        Ok(())
    }

    /// Nobody reaches others' records, shares or territories by the change that the giver does not reach.
    fn check_reach(&self, handed: &[Handed]) -> Result<(), ApiError> {
        if self.reaches_everything() {
            return Ok(());
        }
        let crowd = Crowd::of([self.before, self.after]);
        let (before, after) = (Powers::of(self.before, &crowd), Powers::of(self.after, &crowd));
        let Some(own) = crowd.place(self.giver.id) else { return Ok(()) };
        let mut modules: Vec<Option<&str>> = after.modules().into_iter().map(Some).collect();
        modules.push(None);
        for module in modules {
            for level in [Level::Read, Level::Full] {
                let covered = before.reach(own, module, level);
                for place in 0..crowd.len() {
                    let now = after.reach(place, module, level);
                    let had = if self.is_known(&before, &after, place) {
                        before.reach(place, module, level)
                    } else {
                        Places::default()
                    };
                    if now.exceeds(&had, &covered, before.owners()) {
                        return Err(too_far("records", place == own));
                    }
                }
            }
        }
        self.check_members(&crowd, &before, &after, handed)
    }

    fn check_members(
        &self,
        crowd: &Crowd,
        before: &Powers<'_>,
        after: &Powers<'_>,
        handed: &[Handed],
    ) -> Result<(), ApiError> {
        let Some(own) = crowd.place(self.giver.id) else { return Ok(()) };
        let covered = Belongs::of(before, own);
        let under = before.reach(own, None, Level::Full);
        let is_there = |id: &Id| {
            let group = self.before.settings.iter().any(|setting| setting.id == *id);
            group || crowd.place(*id).is_some_and(|place| before.owners().has(place))
        };
        // Shares with a role below, or with somebody the giver answers for, are for those whom the giver may place there.
        let is_placed = |id: &Id| {
            self.before.is_below(*id, self.giver.role)
                || crowd.place(*id).is_some_and(|place| under.has(place))
        };
        for place in 0..crowd.len() {
            let now = Belongs::of(after, place);
            let had = if self.is_known(before, after, place) {
                Belongs::of(before, place)
            } else {
                Belongs::default()
            };
            let gained = |new: &BTreeSet<Id>, old: &BTreeSet<Id>, own: &BTreeSet<Id>| -> Vec<Id> {
                new.iter().filter(|id| !old.contains(id) && !own.contains(id)).copied().collect()
            };
            let principals = gained(&now.principals, &had.principals, &covered.principals);
            if principals.iter().any(|id| is_there(id) && !is_placed(id)) {
                return Err(too_far("shares", place == own));
            }
            for writes in [false, true] {
                let (new, old, mine) =
                    (now.territories(writes), had.territories(writes), covered.territories(writes));
                let is_old = |id: &Id| self.before.territory(*id).is_some();
                let takes_over = |one: &Handed| {
                    new.contains(&one.to) && !old.contains(&one.from) && !mine.contains(&one.from)
                };
                if gained(new, old, mine).iter().any(is_old) || handed.iter().any(takes_over) {
                    return Err(too_far("territories", place == own));
                }
            }
        }
        Ok(())
    }

    /// Whoever can come in as a user: a new address is a new person, and has nothing yet.
    fn is_same_person(&self, old: &User, new: &User) -> bool {
        let is_own = new.id == self.giver.id;
        let keeps = old.identity == new.identity && old.email.eq_ignore_ascii_case(&new.email);
        !old.is_deleted() && (is_own || keeps) && (old.is_active || !new.is_active)
    }

    /// Whether who is at a place now was there before. Users who were away come back to what was theirs.
    fn is_known(&self, before: &Powers<'_>, after: &Powers<'_>, place: usize) -> bool {
        match (before.person(place), after.person(place)) {
            (Some(old), Some(new)) => {
                new.id == self.giver.id
                    || (old.identity == new.identity && old.email.eq_ignore_ascii_case(&new.email))
            }
            _ => false,
        }
    }

    fn reaches_everything(&self) -> bool {
        self.before.role(self.giver.role).is_some_and(is_top)
    }

    fn permissions(&self) -> BTreeSet<String> {
        let profile = self.before.profile_of(self.giver);
        profile.map(|profile| permitted(self.after, profile)).unwrap_or_default()
    }
}

fn too_far(what: &str, is_own: bool) -> ApiError {
    let message = if is_own {
        format!("this would let you reach {what} that you do not reach now")
    } else {
        format!("this would let others reach {what} that you do not reach yourself")
    };
    ApiError::new(Code::NoPermission).message(message)
}

fn refuse_missing(
    own: &BTreeSet<String>,
    old: &BTreeSet<String>,
    new: &BTreeSet<String>,
    of: Id,
) -> Result<(), ApiError> {
    let missing: Vec<&String> =
        new.iter().filter(|name| !old.contains(*name) && !own.contains(*name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = "you cannot give permissions that you do not have";
    Err(refused(message).detail("permissions", serde_json::json!(missing)).id(of))
}

/// Every permission that a profile gives.
fn permitted(snapshot: &Snapshot, profile: &UserProfile) -> BTreeSet<String> {
    permissions::names(snapshot).filter(|name| profile.permits(name)).collect()
}

/// Documents of two states by their ids.
fn pairs<'d, D: Document>(
    before: &'d [Arc<D>],
    after: &'d [Arc<D>],
) -> impl Iterator<Item = (Id, Option<&'d D>, Option<&'d D>)> {
    let find = |all: &'d [Arc<D>], id: Id| all.iter().find(|one| one.id() == id).map(AsRef::as_ref);
    let old = before.iter().map(move |one| (one.id(), Some(one.as_ref()), find(after, one.id())));
    let is_new = move |one: &&'d Arc<D>| find(before, one.id()).is_none();
    old.chain(after.iter().filter(is_new).map(|one| (one.id(), None, Some(one.as_ref()))))
}

fn differs<D: Document>(old: Option<&D>, new: Option<&D>) -> Result<bool, Error> {
    Ok(match (old, new) {
        (Some(old), Some(new)) => !std::ptr::eq(old, new) && old.text()? != new.text()?,
        (None, None) => false,
        _ => true,
    })
}

/// Who somebody is to shares, and the territories whose records they read and write.
#[derive(Default)]
struct Belongs {
    principals: BTreeSet<Id>,
    read: BTreeSet<Id>,
    written: BTreeSet<Id>,
}

impl Belongs {
    fn of(powers: &Powers<'_>, place: usize) -> Self {
        let Some(member) = powers.member(place) else { return Self::default() };
        let snapshot = powers.snapshot;
        let writes =
            |id: &Id| snapshot.territory(*id).is_some_and(|one| one.permission_type == "read_write_delete");
        Self {
            principals: member.principals(snapshot).into_iter().collect(),
            read: member.territories.iter().copied().collect(),
            written: member.territories.iter().copied().filter(writes).collect(),
        }
    }

    fn territories(&self, writes: bool) -> &BTreeSet<Id> {
        if writes { &self.written } else { &self.read }
    }
}

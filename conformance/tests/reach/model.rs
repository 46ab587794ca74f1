//! Who reaches what, worked out from the rules that the API's documentation gives, and nothing of the server's.
//!
//! The level of a record is the highest of: what its module's sharing says; everything for its owner, for whoever has a
//! role above the owner's, and for peers where the role shares; what rules open by owner; what was shared with the user, a
//! group or role of theirs, or everybody; what their territories allow. Administrators and the top of the roles have
//! everything. What hangs on a record is reached as that record is.

use super::state::{Record, Side, State, User};

/// How deep groups may hold groups.
const DEPTH: usize = 8;

/// The least and the most that somebody may have of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Bounds {
    pub(super) least: u8,
    pub(super) most: u8,
}

impl State {
    /// What a user may have of a record.
    pub(super) fn bounds(&self, user: &User, record: &Record) -> Bounds {
        let nothing = Bounds { least: 0, most: 0 };
        if !self.permits(user, record.module, "View") {
            return nothing;
        }
        if let Some(parent) = &record.parent {
            let Some(parent) = self.records.get(parent) else { return nothing };
            let bounds = self.bounds(user, parent);
            // It is changed by whoever may change the record.
            let edits = self.permits(user, parent.module, "Edit");
            let hung = |level: u8| if level >= 2 && edits { 3 } else { level.min(1) };
            return Bounds { least: hung(bounds.least), most: hung(bounds.most) };
        }
        let least = self.level(user, record);
        // What was shared together with its related records opens those as far as whoever shared it could go themself.
        let through =
            record.points_to.iter().filter_map(|id| self.records.get(id)).flat_map(|target| &target.shares);
        let opened =
            through.filter(|share| share.related && self.is_for(user, &share.kind, &share.principal));
        let levels = opened.map(|share| {
            let by = self.users.iter().find(|by| by.id == share.by);
            share.level.min(by.map_or(0, |by| self.level(by, record)))
        });
        Bounds { least, most: levels.max().unwrap_or(0).max(least) }
    }

    /// True when the user's profile permits that in a module.
    pub(super) fn permits(&self, user: &User, module: &str, verb: &str) -> bool {
        self.permits[&user.profile].contains(&(module.to_owned(), verb.to_owned()))
    }

    /// The level without what is shared together with another record.
    fn level(&self, user: &User, record: &Record) -> u8 {
        if user.is_admin || self.roles[&user.role].above.is_none() {
            return 3;
        }
        let mut level = self.share_types.get(record.module).copied().unwrap_or(3);
        if self.answers_for(user, &record.owner) {
            return 3;
        }
        let owner = self.users.iter().find(|other| other.id == record.owner);
        for rule in self.rules.iter().filter(|rule| rule.module == record.module) {
            let opens = owner.is_some_and(|owner| self.side_has(&rule.from, owner, DEPTH));
            // Roles that nobody has yet have superiors too.
            let stand_in = |role: &String| User { id: role.clone(), role: role.clone(), ..User::default() };
            let somebody: Vec<User> = self.roles.keys().map(stand_in).collect();
            let mut others = self.users.iter().chain(&somebody);
            let is_superior = |other: &User| {
                self.side_has(&rule.to, other, DEPTH) && self.is_below(&other.role, &user.role)
            };
            let reaches = self.side_has(&rule.to, user, DEPTH) || (rule.superiors && others.any(is_superior));
            if opens && reaches {
                level = level.max(rule.level);
            }
        }
        for share in &record.shares {
            if self.is_for(user, &share.kind, &share.principal) {
                level = level.max(share.level);
            }
        }
        for territory in &record.territories {
            if self.is_in(user, territory) {
                level = level.max(self.territories[territory].level);
            }
        }
        level
    }

    /// True when the records of that owner are the user's own, or those of somebody they answer for.
    fn answers_for(&self, user: &User, owner: &str) -> bool {
        if user.id == owner {
            return true;
        }
        let Some(owner) = self.users.iter().find(|other| other.id == owner) else { return false };
        let peers = owner.role == user.role && self.roles[&user.role].shares_with_peers;
        peers || self.is_below(&owner.role, &user.role)
    }

    fn is_below(&self, role: &str, top: &str) -> bool {
        let mut at = role;
        while let Some(above) = self.roles.get(at).and_then(|role| role.above.as_deref()) {
            if above == top {
                return true;
            }
            at = above;
        }
        false
    }

    /// True when a share of that kind reaches the user.
    fn is_for(&self, user: &User, kind: &str, principal: &str) -> bool {
        match kind {
            "public" => true,
            "users" => user.id == principal,
            "roles" => user.role == principal,
            _ => self.group_has(principal, user, DEPTH),
        }
    }

    fn group_has(&self, group: &str, user: &User, depth: usize) -> bool {
        let sources = self.groups.get(group).into_iter().flatten();
        sources.into_iter().any(|source| self.side_has(source, user, depth))
    }

    fn side_has(&self, side: &Side, user: &User, depth: usize) -> bool {
        match side.kind.as_str() {
            "all_users" => true,
            "users" => user.id == side.id,
            "roles" => user.role == side.id || (side.subordinates && self.is_below(&user.role, &side.id)),
            "groups" => depth > 0 && self.group_has(&side.id, user, depth - 1),
            "territories" => {
                let inside = |(id, territory): (&String, &super::state::Territory)| {
                    let counts = *id == side.id || (side.sub_territories && self.is_under(id, &side.id));
                    counts && territory.members.contains(&user.id)
                };
                self.territories.iter().any(inside)
            }
            _ => false,
        }
    }

    /// True for members and managers of a territory, and of those above it.
    fn is_in(&self, user: &User, territory: &str) -> bool {
        let has = |id: &str| self.territories.get(id).is_some_and(|one| one.members.contains(&user.id));
        has(territory) || self.territories.keys().any(|above| self.is_under(territory, above) && has(above))
    }

    fn is_under(&self, territory: &str, top: &str) -> bool {
        let mut at = territory;
        while let Some(above) = self.territories.get(at).and_then(|one| one.above.as_deref()) {
            if above == top {
                return true;
            }
            at = above;
        }
        false
    }
}

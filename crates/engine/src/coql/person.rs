//! What a query can ask of the user that a field names: `Owner.last_name`, `Owner.role.name`.

use crate::documents::User;
use crate::snapshot::Snapshot;

/// Something known of a user; a text for all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attribute {
    FirstName,
    LastName,
    FullName,
    Email,
    Status,
    RoleId,
    RoleName,
    ProfileId,
    ProfileName,
}

/// By the names behind the field. Source: the samples of "COQL"; the keys are those of the users themselves.
const NAMES: [(&[&str], Attribute); 12] = [
    (&["first_name"], Attribute::FirstName),
    (&["last_name"], Attribute::LastName),
    (&["full_name"], Attribute::FullName),
    (&["name"], Attribute::FullName),
    (&["email"], Attribute::Email),
    (&["status"], Attribute::Status),
    (&["role"], Attribute::RoleId),
    (&["role", "id"], Attribute::RoleId),
    (&["role", "name"], Attribute::RoleName),
    (&["profile"], Attribute::ProfileId),
    (&["profile", "id"], Attribute::ProfileId),
    (&["profile", "name"], Attribute::ProfileName),
];

impl Attribute {
    pub(super) fn named(names: &[&str]) -> Option<Self> {
        NAMES.iter().find(|(known, _)| *known == names).map(|(_, attribute)| *attribute)
    }

    /// The value for a user; `None` when it is empty.
    pub(super) fn of(self, snapshot: &Snapshot, user: &User) -> Option<String> {
        let value = match self {
            Self::FirstName => user.first_name.clone()?,
            Self::LastName => user.last_name.clone(),
            Self::FullName => user.full_name(),
            Self::Email => user.email.clone(),
            Self::Status => user.status().to_owned(),
            Self::RoleId => user.role.to_string(),
            Self::RoleName => snapshot.role(user.role)?.name.clone(),
            Self::ProfileId => user.profile.to_string(),
            Self::ProfileName => snapshot.profile(user.profile)?.name.clone(),
        };
        Some(value).filter(|value| !value.is_empty())
    }
}

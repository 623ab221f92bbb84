//! Roles and permissions of the Identity Server dialect: what they are called, what they are made of.

use std::collections::BTreeSet;

use uuid::Uuid;
use uuid::fmt::Hyphenated;

const MAX_NAME_BYTES: usize = 128;
const MAX_DESCRIPTION_BYTES: usize = 1024;

/// The number of a role, `id` in document 002: counted from 1, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleNumber(pub u64);

impl RoleNumber {
    /// The role `admin`. Whoever holds it has every permission, also those made later.
    pub const ADMIN: Self = Self(1);
}

/// The number of a permission, `id` in document 002: counted from 1, never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PermissionNumber(pub u64);

/// Roles by number.
pub type RoleNumbers = BTreeSet<RoleNumber>;

/// Permissions by number.
pub type PermissionNumbers = BTreeSet<PermissionNumber>;

/// How a caller names a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleKey {
    /// By its number.
    Number(RoleNumber),
    /// By its UUID.
    Uid(Uuid),
}

impl RoleKey {
    /// Reads digits, or the text form of RFC 9562 §4; nothing for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        if text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Some(Self::Number(RoleNumber(text.parse().ok()?)));
        }
        let is_hyphenated = text.len() == Hyphenated::LENGTH;
        let uid = Uuid::try_parse(text).ok().filter(|_| is_hyphenated);
        uid.map(Self::Uid)
    }
}

/// The name of a role or a permission: 1 to 128 bytes, no control characters, no space around it. Case counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AccessName(String);

impl AccessName {
    /// Reads a name; nothing if the rules forbid it.
    pub fn parse(text: &str) -> Option<Self> {
        let allowed = !text.is_empty()
            && text.len() <= MAX_NAME_BYTES
            && text.trim() == text
            && !text.contains(char::is_control);
        allowed.then(|| Self(text.to_owned()))
    }

    /// The name as stored: it was checked when it was first read.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a role or a permission is for, in words: at most 1 KiB.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Description(String);

impl Description {
    /// Reads a description; nothing if it is too long.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() <= MAX_DESCRIPTION_BYTES).then(|| Self(text.to_owned()))
    }

    /// The description as stored: it was checked when it was first read.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The description.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// `id`.
    pub number: RoleNumber,
    /// `uid`.
    pub uid: Uuid,
    /// Its name; no other role has it.
    pub name: AccessName,
    /// What it is for.
    pub description: Description,
    /// What it gives. One that does not exist any more may still be named here for a moment; it gives nothing.
    pub permissions: PermissionNumbers,
    /// Raised by every change of its permissions.
    pub version: u64,
}

/// A permission.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Permission {
    /// `id`.
    pub number: PermissionNumber,
    /// Its name; no other permission has it.
    pub name: AccessName,
    /// What it allows.
    pub description: Description,
}

/// The permissions that our own routes ask for. They exist from the start and cannot be deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BuiltIn {
    /// See the accounts of others.
    UsersRead,
    /// See permissions.
    PermissionsRead,
    /// Make and delete permissions.
    PermissionsWrite,
    /// See roles.
    RolesRead,
    /// Make, change and delete roles.
    RolesWrite,
    /// Give roles to users and take them away.
    RolesGrant,
}

impl BuiltIn {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::UsersRead,
        Self::PermissionsRead,
        Self::PermissionsWrite,
        Self::RolesRead,
        Self::RolesWrite,
        Self::RolesGrant,
    ];

    /// The name, as any permission has one.
    pub fn name(self) -> &'static str {
        match self {
            Self::UsersRead => "users:read",
            Self::PermissionsRead => "permissions:read",
            Self::PermissionsWrite => "permissions:write",
            Self::RolesRead => "roles:read",
            Self::RolesWrite => "roles:write",
            Self::RolesGrant => "roles:grant",
        }
    }

    /// What it allows.
    pub fn description(self) -> &'static str {
        match self {
            Self::UsersRead => "See all users and their roles",
            Self::PermissionsRead => "See permissions",
            Self::PermissionsWrite => "Create and delete permissions",
            Self::RolesRead => "See roles and their permissions",
            Self::RolesWrite => "Create, change and delete roles",
            Self::RolesGrant => "Grant roles to users and revoke them",
        }
    }

    /// Whether a permission of this name is one of them.
    pub fn is_name_of_one(name: &AccessName) -> bool {
        Self::ALL.iter().any(|one| one.name() == name.as_str())
    }
}

/// What somebody may do: the roles they hold, and those that give the permission in question.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Held {
    /// Roles of the user.
    pub roles: RoleNumbers,
    /// Roles that give the permission.
    pub givers: RoleNumbers,
}

impl Held {
    /// Whether the user has the permission.
    pub fn holds(&self) -> bool {
        self.roles.contains(&RoleNumber::ADMIN) || !self.roles.is_disjoint(&self.givers)
    }
}

#[cfg(test)]
mod tests {
    use super::{AccessName, BuiltIn, Description, Held, RoleKey, RoleNumber, RoleNumbers};

    fn roles(numbers: &[u64]) -> RoleNumbers {
        numbers.iter().copied().map(RoleNumber).collect()
    }

    #[test]
    fn a_permission_is_held_through_any_role_that_gives_it_and_always_by_the_administrator() {
        for (own, givers, holds) in [
            (&[][..], &[][..], false),
            (&[], &[2, 3], false),
            (&[4], &[2, 3], false),
            (&[3, 4], &[2, 3], true),
            (&[1], &[], true),
            (&[4], &[1], false),
        ] {
            let held = Held {
                roles: roles(own),
                givers: roles(givers),
            };
            assert_eq!(held.holds(), holds, "{own:?} of {givers:?}");
        }
    }

    #[test]
    fn a_role_is_named_by_its_number_or_its_uuid() {
        assert_eq!(RoleKey::parse("7"), Some(RoleKey::Number(RoleNumber(7))));
        let uid = "02dd5dcb-c073-4efa-bc03-15715ba52742";
        assert!(
            matches!(RoleKey::parse(uid), Some(RoleKey::Uid(found)) if found.to_string() == uid)
        );
        for text in [
            "",
            "-1",
            "+1",
            " 1",
            "1.0",
            "seven",
            "99999999999999999999",
            "02dd5dcbc0734efabc0315715ba52742",
        ] {
            assert_eq!(RoleKey::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_are_short_and_visible() {
        for name in ["admin", "reports:read", "Größe 2", &"x".repeat(128)] {
            assert!(AccessName::parse(name).is_some(), "{name:?}");
        }
        for name in ["", " ", " admin", "admin ", "ad\nmin", &"x".repeat(129)] {
            assert!(AccessName::parse(name).is_none(), "{name:?}");
        }
        assert!(Description::parse(&"x".repeat(1024)).is_some());
        assert!(Description::parse(&"x".repeat(1025)).is_none());
    }

    #[test]
    fn built_in_permissions_have_names_that_are_allowed() {
        for one in BuiltIn::ALL {
            let name = AccessName::parse(one.name()).expect("a name");
            assert!(BuiltIn::is_name_of_one(&name));
        }
        assert!(!BuiltIn::is_name_of_one(
            &AccessName::parse("Users:Read").expect("a name")
        ));
    }
}

//! Rank: whose account somebody may act on.
//!
//! Rights in one dialect mean nothing in another, with one exception: nobody touches the account of somebody who outranks them in
//! **any** dialect. Else the lowest dialect's administrator could take over the highest one's account.

use super::{PermissionLevel, User, UserRole};

/// An account's rank in every dialect that has ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    user_service: PermissionLevel,
    security: UserRole,
}

impl Rank {
    /// That of an account without any rights.
    pub const LOWEST: Self = Self {
        user_service: PermissionLevel::Standard,
        security: UserRole::Subscriber,
    };

    /// The rank of this account.
    pub fn of(user: &User) -> Self {
        Self {
            user_service: user.level,
            security: user.user_role,
        }
    }

    /// Whether it is at least that of `other` in every dialect.
    pub fn reaches(self, other: Self) -> bool {
        self.user_service >= other.user_service && self.security.rank() >= other.security.rank()
    }
}

#[cfg(test)]
mod tests {
    use super::{PermissionLevel, Rank, UserRole};

    const LEVELS: [PermissionLevel; 3] = [
        PermissionLevel::Standard,
        PermissionLevel::Moderator,
        PermissionLevel::Admin,
    ];

    fn ranks() -> impl Iterator<Item = Rank> {
        LEVELS.into_iter().flat_map(|user_service| {
            UserRole::ALL.map(|security| Rank {
                user_service,
                security,
            })
        })
    }

    #[test]
    fn nobody_reaches_a_higher_rank_in_any_dialect() {
        for own in ranks() {
            for other in ranks() {
                let expected = own.user_service >= other.user_service
                    && match other.security {
                        UserRole::Root => own.security == UserRole::Root,
                        UserRole::Admin => {
                            matches!(own.security, UserRole::Root | UserRole::Admin)
                        }
                        UserRole::System => matches!(
                            own.security,
                            UserRole::Root | UserRole::Admin | UserRole::System
                        ),
                        _ => true,
                    };
                assert_eq!(own.reaches(other), expected, "{own:?} {other:?}");
            }
        }
    }
}

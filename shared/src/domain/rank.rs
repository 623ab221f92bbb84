//! Rank: whose account somebody may act on.
//!
//! Rights in one dialect mean nothing in another, with one exception: nobody touches the account of somebody who outranks them in
//! **any** dialect. Else the lowest dialect's administrator could take over the highest one's account.

use super::{PermissionLevel, User};

/// An account's rank in every dialect that has ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rank {
    user_service: PermissionLevel,
}

impl Rank {
    /// The rank of this account.
    pub fn of(user: &User) -> Self {
        Self {
            user_service: user.level,
        }
    }

    /// Whether it is at least that of `other` in every dialect.
    pub fn reaches(self, other: Self) -> bool {
        self.user_service >= other.user_service
    }
}

#[cfg(test)]
mod tests {
    use super::{PermissionLevel, Rank};

    #[test]
    fn nobody_reaches_a_higher_rank() {
        use PermissionLevel::{Admin, Moderator, Standard};
        let reaches = |own, other| {
            Rank { user_service: own }.reaches(Rank {
                user_service: other,
            })
        };
        for (own, reached) in [
            (Standard, [true, false, false]),
            (Moderator, [true, true, false]),
            (Admin, [true, true, true]),
        ] {
            let found = [Standard, Moderator, Admin].map(|other| reaches(own, other));
            assert_eq!(found, reached, "{own:?}");
        }
    }
}

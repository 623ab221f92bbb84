//! The built-in security profiles of document 001: one per role, each the matrix of roles as that role has it.
//!
//! Derived from [`UserRole::may`] and from nothing else, so that a profile cannot promise what the rules refuse.

use super::{AccountOperation, UserRole, Whose};

/// What a role may do, as a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityProfile {
    /// The role, whose name the profile has.
    pub role: UserRole,
    /// What it is for.
    pub description: &'static str,
    /// All rules; what no rule allows is refused.
    pub policy: Vec<PolicyRule>,
}

/// One thing that a role may do to somebody's account, or that it may do nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PolicyRule {
    /// Whose account.
    pub whose: Whose,
    /// The operation; nothing where no operation is allowed.
    pub access: Option<AccountOperation>,
}

/// In the order in which document 001 lists them.
const OPERATIONS: [AccountOperation; 4] = [
    AccountOperation::Read,
    AccountOperation::Modify,
    AccountOperation::Delete,
    AccountOperation::Create,
];

impl SecurityProfile {
    /// All of them, in the order of [`UserRole::ALL`].
    pub fn built_in() -> impl Iterator<Item = Self> {
        UserRole::ALL.into_iter().map(Self::of)
    }

    /// The profile of this role.
    pub fn of(role: UserRole) -> Self {
        let others = UserRole::ALL.into_iter().map(Whose::Other);
        let targets = std::iter::once(Whose::Own).chain(others);
        Self {
            role,
            description: description(role),
            policy: targets.flat_map(|whose| rules(role, whose)).collect(),
        }
    }

    /// Counted from 1, the same at every call.
    pub fn number(&self) -> u64 {
        let before = UserRole::ALL.iter().take_while(|role| **role != self.role);
        1 + before.map(|_| 1).sum::<u64>()
    }
}

fn rules(role: UserRole, whose: Whose) -> Vec<PolicyRule> {
    let allowed = OPERATIONS
        .into_iter()
        // Nobody makes an account that is there.
        .filter(|operation| (*operation, whose) != (AccountOperation::Create, Whose::Own))
        .filter(|operation| role.may(*operation, whose));
    let mut accesses: Vec<_> = allowed.map(Some).collect();
    if accesses.is_empty() {
        accesses.push(None);
    }
    accesses
        .into_iter()
        .map(|access| PolicyRule { whose, access })
        .collect()
}

fn description(role: UserRole) -> &'static str {
    match role {
        UserRole::Root => "Everything; the last one stays",
        UserRole::Admin => "Every account; those of root read only",
        UserRole::Subscriber => "The own account",
        UserRole::Csr => "Customer service: makes others of its kind",
        UserRole::System => {
            "Another service: keeps all accounts but those of root, without reading them"
        }
        UserRole::Installer => "Sets devices up: makes others of its kind",
        UserRole::Noc => "Network operations: makes and deletes others of its kind",
        UserRole::Accounting => "Bills: makes and deletes others of its kind",
    }
}

#[cfg(test)]
mod tests {
    use super::{OPERATIONS, SecurityProfile};
    use crate::domain::{AccountOperation, UserRole, Whose};

    #[test]
    fn a_profile_has_a_rule_for_what_its_role_may_and_for_nothing_else() {
        for (profile, role) in SecurityProfile::built_in().zip(UserRole::ALL) {
            assert_eq!(profile.role, role);
            let others = UserRole::ALL.into_iter().map(Whose::Other);
            for whose in others.chain([Whose::Own]) {
                let rules = profile.policy.iter().filter(|rule| rule.whose == whose);
                let found: Vec<_> = rules.map(|rule| rule.access).collect();
                let mut allowed: Vec<_> = OPERATIONS
                    .into_iter()
                    .filter(|operation| role.may(*operation, whose))
                    .map(Some)
                    .collect();
                if whose == Whose::Own {
                    allowed.retain(|operation| *operation != Some(AccountOperation::Create));
                }
                if allowed.is_empty() {
                    allowed.push(None);
                }
                assert_eq!(found, allowed, "{role:?} to {whose:?}");
            }
        }
    }

    #[test]
    fn profiles_are_counted_from_one() {
        let numbers: Vec<_> = SecurityProfile::built_in()
            .map(|profile| profile.number())
            .collect();
        assert_eq!(numbers, [1, 2, 3, 4, 5, 6, 7, 8]);
    }
}

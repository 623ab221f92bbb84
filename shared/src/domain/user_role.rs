//! The roles of document 001, and who may do what to whom by them.
//!
//! One role per account; it counts in the Security Service dialect alone. What goes beyond the matrix (that nobody touches who
//! outranks them elsewhere, that nobody raises a role above the own) is `service`'s to check.

/// The role of an account in document 001 (`userRole`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UserRole {
    /// Everything. The last one stays.
    Root,
    /// Everything but to accounts of root.
    Admin,
    /// Every account that nobody gave a role.
    Subscriber,
    /// Customer service.
    Csr,
    /// Another service.
    System,
    /// Sets devices up.
    Installer,
    /// Network operations.
    Noc,
    /// Bills.
    Accounting,
}

/// What one account does to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountOperation {
    /// Seeing it.
    Read,
    /// Making it.
    Create,
    /// Changing it.
    Modify,
    /// Deleting it.
    Delete,
}

/// Whose account is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whose {
    /// The caller's own.
    Own,
    /// That of another, who has this role or is to have it.
    Other(UserRole),
}

impl UserRole {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Root,
        Self::Admin,
        Self::Subscriber,
        Self::Csr,
        Self::System,
        Self::Installer,
        Self::Noc,
        Self::Accounting,
    ];

    /// The name on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Admin => "admin",
            Self::Subscriber => "subscriber",
            Self::Csr => "csr",
            Self::System => "system",
            Self::Installer => "installer",
            Self::Noc => "noc",
            Self::Accounting => "accounting",
        }
    }

    /// The role of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == name)
    }

    /// Who outranks whom: root, then admin, then system, then all others.
    pub fn rank(self) -> u8 {
        match self {
            Self::Root => 3,
            Self::Admin => 2,
            Self::System => 1,
            _ => 0,
        }
    }

    /// Whether the role allows the operation (document 001, the matrix of its roles).
    pub fn may(self, operation: AccountOperation, whose: Whose) -> bool {
        use AccountOperation::{Create, Delete, Modify, Read};
        let target = match whose {
            Whose::Own => return operation != Delete || self != Self::Root,
            Whose::Other(target) => target,
        };
        match (self, operation) {
            (Self::Root, _) | (Self::Admin, Read) => true,
            (Self::Admin, _) | (Self::System, Create | Modify | Delete) => target != Self::Root,
            (Self::Csr | Self::Installer | Self::Noc | Self::Accounting, Create)
            | (Self::Noc | Self::Accounting, Delete) => target == self,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountOperation, UserRole, Whose};

    /// Rows: caller. Letters: what is allowed to read, create, modify, delete, per target in the order of [`UserRole::ALL`].
    const MATRIX: [(UserRole, [&str; 8]); 8] = [
        (UserRole::Root, ["rcmd"; 8]),
        (
            UserRole::Admin,
            ["r", "rcmd", "rcmd", "rcmd", "rcmd", "rcmd", "rcmd", "rcmd"],
        ),
        (UserRole::Subscriber, [""; 8]),
        (UserRole::Csr, ["", "", "", "c", "", "", "", ""]),
        (
            UserRole::System,
            ["", "cmd", "cmd", "cmd", "cmd", "cmd", "cmd", "cmd"],
        ),
        (UserRole::Installer, ["", "", "", "", "", "c", "", ""]),
        (UserRole::Noc, ["", "", "", "", "", "", "cd", ""]),
        (UserRole::Accounting, ["", "", "", "", "", "", "", "cd"]),
    ];
    const OPERATIONS: [(char, AccountOperation); 4] = [
        ('r', AccountOperation::Read),
        ('c', AccountOperation::Create),
        ('m', AccountOperation::Modify),
        ('d', AccountOperation::Delete),
    ];

    #[test]
    fn the_matrix_is_that_of_the_document() {
        for (caller, row) in MATRIX {
            for (target, expected) in UserRole::ALL.into_iter().zip(row) {
                let allowed: String = OPERATIONS
                    .into_iter()
                    .filter(|(_, operation)| caller.may(*operation, Whose::Other(target)))
                    .map(|(letter, _)| letter)
                    .collect();
                assert_eq!(allowed, expected, "{caller:?} to {target:?}");
            }
        }
    }

    #[test]
    fn everybody_reads_and_changes_and_all_but_root_delete_themselves() {
        for role in UserRole::ALL {
            assert!(role.may(AccountOperation::Read, Whose::Own));
            assert!(role.may(AccountOperation::Modify, Whose::Own));
            assert_eq!(
                role.may(AccountOperation::Delete, Whose::Own),
                role != UserRole::Root
            );
        }
    }

    #[test]
    fn a_role_reads_back_as_it_was_written() {
        for role in UserRole::ALL {
            assert_eq!(UserRole::parse(role.as_str()), Some(role));
        }
        assert_eq!(UserRole::parse("partner"), None);
    }
}

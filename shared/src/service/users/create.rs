//! Making an account for somebody else.

use super::super::Happening;
use super::super::registration::whole_milliseconds;
use super::{DIALECT, UserAdministration, UserDetails, permit};
use crate::domain::{
    AccountOperation, Attributes, Description, EmailAddress, Intent, IntentKind, Language, Name,
    NewPassword, NoteText, Outcome, PasswordHash, PasswordRule, Recipient, User, UserId,
    UserNumber, UserRole, Whose,
};
use crate::error::{Error, Result};
use crate::service::CurrentUser;
use crate::store::{NewAccount, Standing};

/// An account to be made. Nothing else of it can be chosen.
#[derive(Debug)]
pub struct NewUser<'a> {
    /// Its address.
    pub email: &'a EmailAddress,
    /// Its role.
    pub role: UserRole,
    /// Its name; the address if there is none.
    pub name: Option<Name>,
    /// What others are told of it.
    pub description: Option<Description>,
    /// Its password as typed. Without one the owner sets the first by a mailed link.
    pub password: Option<&'a str>,
    /// What is noted of it.
    pub notes: Vec<NoteText>,
    /// The entity it belongs to.
    pub owner: Option<uuid::Uuid>,
    /// Where it belongs.
    pub location: Option<uuid::Uuid>,
    /// Language of its mails.
    pub language: Language,
    /// Whether it is barred at first.
    pub suspended: bool,
    /// Whether its owner has to confirm the address first. Else the caller vouches for it, which proves nothing.
    pub email_verification: bool,
}

impl UserAdministration {
    /// Makes an account, and promises the confirmation mail if one is due. Two round trips beside the hash.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the caller's role does not make such accounts, or is below that of the account;
    /// [`Error::WeakPassword`]; [`Error::EmailTaken`]; [`Error::Unavailable`].
    pub async fn create(&self, caller: &CurrentUser, new: NewUser<'_>) -> Result<UserDetails> {
        let own = caller.user();
        permit(own, AccountOperation::Create, Whose::Other(new.role))?;
        let user = self.new_user(own, &new);
        let (number, hash) = tokio::join!(
            self.context.store.next_user_number(),
            self.first_hash(&user, new.password),
        );
        let (hash, number) = (hash?, number?);
        let user = User { number, ..user };
        let intent = new.email_verification.then(|| self.activation(&user));
        let notes = self.notes_by(own, &new.notes);
        let account = NewAccount {
            user: &user,
            hash: hash.as_ref(),
            intent: intent.as_ref(),
            session: None,
            standing: Standing::Vouched,
            notes: &notes,
            attributes: Attributes::default(),
        };
        self.context.open_account(&account, DIALECT).await?;
        let created = Happening::new(Outcome::Created, user.id);
        created.by(own.id).tell();
        Ok(UserDetails {
            user,
            notes,
            last_sign_in: None,
        })
    }

    /// The account but for its number.
    fn new_user(&self, caller: &User, new: &NewUser<'_>) -> User {
        let now = whole_milliseconds(self.context.now());
        let name = new.name.clone();
        User {
            display_name: name.or_else(|| Name::parse(new.email.canonical())),
            description: new.description.clone(),
            owner: new.owner,
            location: new.location,
            user_role: new.role,
            confirmed: !new.email_verification,
            suspended: new.suspended,
            ..User::new(
                UserId::new(&*self.context.random),
                UserNumber(0),
                caller.realm.clone(),
                new.email.clone(),
                new.language.clone(),
                now,
            )
        }
    }

    async fn first_hash(&self, user: &User, typed: Option<&str>) -> Result<Option<PasswordHash>> {
        let Some(typed) = typed else {
            return Ok(None);
        };
        let password = NewPassword::parse_by(typed, &user.known_of_it(), PasswordRule::Strict)
            .map_err(Error::from)?;
        self.passwords.hash(password.as_password()).await.map(Some)
    }

    /// Promises the mail that asks the owner to confirm the address.
    pub(super) fn activation(&self, user: &User) -> Intent {
        let (recipient, version) = (Recipient::User(user.id), self.codes.current_version());
        let intent = self
            .context
            .intent(IntentKind::Activation, recipient, DIALECT, version);
        // Not before the account, whose `password_changed_at` would make the mail void.
        Intent {
            issued_at: intent.issued_at.max(user.password_changed_at),
            ..intent
        }
    }
}

//! Registration: new accounts.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::{Caller, Context, Limits, Permit, SignedIn, UserServiceAdmin, keep_alike, tell};
use crate::domain::{
    AttributeKey, AttributeText, Attributes, ClientAddress, Dialect, EmailAddress, Intent,
    IntentKind, Language, Name, NewPassword, Outcome, Realm, Recipient, Session, SessionCookie,
    User, UserId, UserNumber,
};
use crate::error::{Error, Result};
use crate::keys::ServerKey;
use crate::passwords::Passwords;
use crate::store::{NewAccount, Registered, Replaceable, Standing};

/// How long a never confirmed account keeps its address from another registration.
const UNCONFIRMED_HOLDS: SignedDuration = SignedDuration::from_hours(24);

/// Rules for new accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountSettings {
    /// Whether a new account has to confirm its address before it signs in.
    pub email_confirmation: bool,
    /// Whether anybody may register; else only administrators register others.
    pub open_registration: bool,
}

/// Proof that a registration is allowed. Only [`Registrar`] makes one.
#[derive(Debug)]
pub struct Admission(());

/// Makes accounts.
#[derive(Debug, Clone)]
pub struct Registrar {
    context: Context,
    limits: Limits,
    passwords: Passwords,
    codes: ServerKey,
    settings: AccountSettings,
}

/// Who wants an account. Nothing else can be asked for: rank and state are not the caller's to choose.
#[derive(Debug)]
pub struct Registration<'a> {
    /// Where the address is to be unique.
    pub realm: Realm,
    /// The dialect it comes in by.
    pub dialect: Dialect,
    /// The address.
    pub email: &'a EmailAddress,
    /// The password.
    pub password: &'a NewPassword,
    /// First name.
    pub first_name: Option<Name>,
    /// Last name.
    pub last_name: Option<Name>,
    /// The name to show, where it is given whole.
    pub display_name: Option<Name>,
    /// What others call them.
    pub nickname: Option<Name>,
    /// Its attributes from the start.
    pub attributes: Vec<(AttributeKey, AttributeText)>,
    /// Whether the password is to be changed before anything else.
    pub must_change_password: bool,
    /// Language of mails and tokens.
    pub language: Language,
    /// Who asks.
    pub client: Option<ClientAddress>,
}

impl Registrar {
    /// Registration under these rules; `codes` is the key that mailed codes will be derived with.
    pub fn new(
        context: Context,
        limits: Limits,
        passwords: Passwords,
        codes: ServerKey,
        settings: AccountSettings,
    ) -> Self {
        Self {
            context,
            limits,
            passwords,
            codes,
            settings,
        }
    }

    /// Admits anybody, where registration is open.
    pub fn admit_anybody(&self) -> Option<Admission> {
        self.settings.open_registration.then_some(Admission(()))
    }

    /// Admits an administrator in any case.
    pub fn admit_admin(&self, _admin: &UserServiceAdmin) -> Admission {
        Admission(())
    }

    /// Admits a holder of the role `admin` in any case.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn admit_holder_of_admin<P: Permit>(&self, caller: &Caller<P>) -> Result<Admission> {
        if !caller.is_administrator() {
            return Err(Error::Forbidden);
        }
        Ok(Admission(()))
    }

    /// Makes an account, and promises the confirmation mail if one is due. Two round trips beside the hash.
    ///
    /// # Errors
    /// [`Error::EmailTaken`]; [`Error::TooManyAttributes`]; [`Error::RateLimited`]; [`Error::Unavailable`].
    pub async fn register(
        &self,
        _admission: Admission,
        registration: Registration<'_>,
    ) -> Result<User> {
        let (user, _) = self.make(&registration, None).await?;
        Ok(user)
    }

    /// The same with a session that is open at once, whether or not the address is confirmed (document 003): both are made or
    /// neither.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub async fn register_and_sign_in(
        &self,
        _admission: Admission,
        registration: Registration<'_>,
        session_lifetime: Duration,
    ) -> Result<SignedIn> {
        let (user, opened) = self.make(&registration, Some(session_lifetime)).await?;
        let (session, cookie) = opened.ok_or_else(|| Error::Internal("no session".into()))?;
        Ok(SignedIn {
            user,
            session,
            cookie,
        })
    }

    async fn make(
        &self,
        registration: &Registration<'_>,
        session_lifetime: Option<Duration>,
    ) -> Result<(User, Option<(Session, Option<SessionCookie>)>)> {
        let (allowed, number) = tokio::join!(
            self.limits.count_registration(registration.client),
            self.context.store.next_user_number(),
        );
        allowed?;
        let user = self.new_user(registration, number?);
        let attributes = Attributes::of_new(user.number, &registration.attributes);
        let attributes = attributes.ok_or(Error::TooManyAttributes)?;
        let hash = self
            .passwords
            .hash(registration.password.as_password())
            .await?;
        let (dialect, version) = (registration.dialect, user.credential_version);
        let opened = session_lifetime.map(|lifetime| {
            self.context
                .new_session(user.id, dialect, version, lifetime)
        });
        let key_version = self.codes.current_version();
        let intent = self.context.activation_of(&user, dialect, key_version);
        let account = NewAccount {
            user: &user,
            hash: Some(&hash),
            intent: intent.as_ref(),
            session: opened.as_ref().map(|(session, _)| session),
            standing: Standing::Ordinary,
            notes: &[],
            attributes,
        };
        self.context
            .open_account(&account, registration.dialect)
            .await?;
        tell(Outcome::Registered, user.id);
        Ok((user, opened))
    }

    /// The same for whoever must not learn whether the address has an account: if it has, its owner gets a mail instead, to confirm
    /// it or to be told of it. A transaction that is refused and a put of the outbox take the place of one that is made and a put of
    /// the audit trail; all other calls are the same. Where accounts need no confirmation there is nothing to hide, since they can be signed in to at once.
    ///
    /// # Errors
    /// Those of [`Self::register`]; [`Error::EmailTaken`] only where accounts need no confirmation. Over the limit of mails sent
    /// again nothing is sent and nothing is told.
    pub async fn register_unrevealed(
        &self,
        admission: Admission,
        registration: Registration<'_>,
    ) -> Result<()> {
        if !self.settings.email_confirmation {
            return self.register(admission, registration).await.map(|_| ());
        }
        let (realm, dialect) = (registration.realm.clone(), registration.dialect);
        let digest = registration.email.digest();
        // Counted for new accounts, too, as they get a mail. Clients are limited by their registrations.
        let (registered, counted) = tokio::join!(
            self.register(admission, registration),
            self.limits.count_resend(&realm, &digest, None),
        );
        match (registered, counted) {
            (Ok(_), _) => Ok(()),
            (Err(Error::EmailTaken), Err(Error::RateLimited { .. })) => {
                keep_alike().await;
                Ok(())
            }
            (Err(Error::EmailTaken), Ok(())) => {
                let recipient = Recipient::Address { realm, digest };
                self.mail_owner(recipient, dialect).await
            }
            (Err(Error::EmailTaken), Err(fault)) | (Err(fault), _) => Err(fault),
        }
    }

    async fn mail_owner(&self, recipient: Recipient, dialect: Dialect) -> Result<()> {
        let (kind, version) = (IntentKind::RegisteredAgain, self.codes.current_version());
        let intent = self.context.intent(kind, recipient, dialect, version);
        Ok(self.context.store.put_intent(&intent).await?)
    }

    fn new_user(&self, registration: &Registration<'_>, number: UserNumber) -> User {
        let now = whole_milliseconds(self.context.now());
        User {
            first_name: registration.first_name.clone(),
            last_name: registration.last_name.clone(),
            display_name: registration.display_name.clone(),
            nickname: registration.nickname.clone(),
            confirmed: !self.settings.email_confirmation,
            must_change_password: registration.must_change_password,
            ..User::new(
                UserId::new(&*self.context.random),
                number,
                registration.realm.clone(),
                registration.email.clone(),
                registration.language.clone(),
                now,
            )
        }
    }
}

impl Context {
    /// The confirmation mail that is due to a new account, if one is.
    pub(super) fn activation_of(
        &self,
        user: &User,
        dialect: Dialect,
        key_version: u32,
    ) -> Option<Intent> {
        let (kind, recipient) = (IntentKind::Activation, Recipient::User(user.id));
        (!user.confirmed).then(|| Intent {
            issued_at: user.created_at,
            ..self.intent(kind, recipient, dialect, key_version)
        })
    }

    /// Makes an account, if its address is free or can be taken. One transaction, two more round trips where it replaces another.
    ///
    /// # Errors
    /// [`Error::EmailTaken`]; [`Error::Unavailable`].
    pub(super) async fn open_account(
        &self,
        account: &NewAccount<'_>,
        dialect: Dialect,
    ) -> Result<()> {
        match self.store.register(account).await? {
            Registered::Done => Ok(()),
            Registered::Taken => Err(Error::EmailTaken),
            Registered::Unconfirmed(old) => self.replace(account, &old, dialect).await,
        }
    }

    /// Takes the address from an account that was never confirmed and is old enough: else a stranger could hold it for good.
    async fn replace(
        &self,
        account: &NewAccount<'_>,
        old: &Replaceable,
        dialect: Dialect,
    ) -> Result<()> {
        if account.user.created_at < old.created_at + UNCONFIRMED_HOLDS {
            return Err(Error::EmailTaken);
        }
        let Some(squatter) = self.store.find_user(old.user).await? else {
            return Err(Error::EmailTaken);
        };
        if squatter.credential_version != old.version {
            return Err(Error::EmailTaken);
        }
        let erase = self.erase_intent(squatter.id, dialect);
        if !self
            .store
            .replace_unconfirmed(account, &squatter, &erase)
            .await?
        {
            return Err(Error::EmailTaken);
        }
        Ok(())
    }
}

/// An instant as it is stored, so that what was made and what is read back are equal.
pub(super) fn whole_milliseconds(instant: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(instant.as_millisecond()).unwrap_or(instant)
}

//! Federation: whom a project knows by what a provider says.
//!
//! The first time, somebody with an address that the provider has verified is the account of that address, if its owner has proved it
//! to us, too, or else becomes an account; all others become guests. An address alone never links: an account that nobody has
//! confirmed loses its password and its sessions, which may be a stranger's, and one that is confirmed without proof stays apart.

use super::super::registration::whole_milliseconds;
use super::super::{Context, Limits, tell};
use super::Participant;
use crate::domain::{
    Attributes, ClientAddress, EmailAddress, Language, Member, Outcome, Project, ProviderName,
    SubjectDigest, User, UserId,
};
use crate::error::{Error, Result};
use crate::providers::Identity;
use crate::store::{LinkKey, NewAccount, NewLink, Registered, Standing};

/// Tries of a first sight that others overtake.
const TRIES: u32 = 5;

/// Recognises whom providers vouch for.
#[derive(Debug, Clone)]
pub struct Federation {
    context: Context,
    limits: Limits,
    open: bool,
}

/// Who asks to be recognised.
#[derive(Debug)]
pub struct Newcomer<'a> {
    /// Who vouches for them.
    pub provider: ProviderName,
    /// As whom.
    pub identity: &'a Identity,
    /// The language of an account that is made for them.
    pub language: Language,
    /// Who asks.
    pub client: Option<ClientAddress>,
}

impl Federation {
    /// Federation in this store; nobody new where registration is closed.
    pub fn new(context: Context, limits: Limits, open_registration: bool) -> Self {
        Self {
            context,
            limits,
            open: open_registration,
        }
    }

    /// Whom a project knows by this identity; who was never seen is linked or made. Two round trips; at first sight up to three
    /// more and a transaction.
    ///
    /// # Errors
    /// [`Error::Suspended`]; [`Error::NotActivated`] where an administrator has taken back that the account is confirmed;
    /// [`Error::Forbidden`] for somebody new where registration is closed; [`Error::RateLimited`];
    /// [`Error::Unavailable`].
    pub async fn recognise(
        &self,
        project: &Project,
        newcomer: &Newcomer<'_>,
    ) -> Result<Participant> {
        let key = LinkKey {
            project: project.id,
            provider: newcomer.provider,
            subject: SubjectDigest::of(&newcomer.identity.unique_subject),
        };
        for _ in 0..TRIES {
            let found = self.context.store.find_link(&key, self.context.now());
            let known = found.await?;
            if let Some(user) = known
                && let Some(participant) = self.load(user, project).await?
            {
                return admitted(participant);
            }
            if let Some(user) = self.introduce(project, &key, newcomer, known).await?
                && let Some(participant) = self.load(user, project).await?
            {
                return admitted(participant);
            }
        }
        Err(Error::Unavailable("too many first sights at once".into()))
    }

    /// Nothing if nobody is there any more.
    async fn load(&self, user: UserId, project: &Project) -> Result<Option<Participant>> {
        let store = &self.context.store;
        let (account, membership) = tokio::try_join!(
            store.find_user(user),
            store.find_membership(user, project.id),
        )?;
        let now = self.context.now();
        Ok(Participant::new(project.id, account, membership, now))
    }

    /// Has the key lead to an account or to a guest from now on; nothing if somebody else was faster.
    async fn introduce(
        &self,
        project: &Project,
        key: &LinkKey,
        newcomer: &Newcomer<'_>,
        gone: Option<UserId>,
    ) -> Result<Option<UserId>> {
        let verified = newcomer.identity.email.as_ref();
        let verified = verified.filter(|_| newcomer.identity.email_verified);
        let Some(email) = verified else {
            return self.become_guest(key, newcomer, gone).await;
        };
        match self.account_at(project, email).await? {
            Some((user, _)) if user.is_barred() => Err(Error::Suspended),
            Some((user, never_confirmed)) if never_confirmed => self.link(&user, key, gone).await,
            // An administrator has it wait, or has taken the confirmation back.
            Some((user, _)) if !user.confirmed => Err(Error::NotActivated),
            Some((user, _)) if user.email_proved_at.is_some() => self.link(&user, key, gone).await,
            Some(_) => self.become_guest(key, newcomer, gone).await,
            None => {
                self.become_account(project, key, (newcomer, email), gone)
                    .await
            }
        }
    }

    /// The account of an address, and whether it was never confirmed.
    async fn account_at(
        &self,
        project: &Project,
        email: &EmailAddress,
    ) -> Result<Option<(User, bool)>> {
        let store = &self.context.store;
        let digest = email.digest();
        let credential = store.find_credential(&project.realm, &digest).await?;
        let Some(credential) = credential else {
            return Ok(None);
        };
        let user = store.find_user(credential.user).await?;
        Ok(user.map(|user| (user, credential.never_confirmed)))
    }

    async fn link(
        &self,
        user: &User,
        key: &LinkKey,
        gone: Option<UserId>,
    ) -> Result<Option<UserId>> {
        let now = whole_milliseconds(self.context.now());
        let member = Member::of_account(user, key.project, now);
        let link = NewLink {
            key,
            member: &member,
            device: None,
            gone,
        };
        let store = &self.context.store;
        let linked = if user.confirmed {
            store.link_account(user, &link, now).await?
        } else {
            store.link_unproved_account(user, &link, now).await?
        };
        if linked {
            tell(Outcome::Linked, user.id);
        }
        Ok(linked.then_some(user.id))
    }

    async fn become_guest(
        &self,
        key: &LinkKey,
        newcomer: &Newcomer<'_>,
        gone: Option<UserId>,
    ) -> Result<Option<UserId>> {
        self.admit(newcomer.client).await?;
        let now = whole_milliseconds(self.context.now());
        let id = UserId::new(&*self.context.random);
        let member = Member {
            nickname: newcomer.identity.nickname.clone(),
            email: newcomer.identity.email.clone(),
            ..Member::of_guest(id, key.project, now, None)
        };
        let link = NewLink {
            key,
            member: &member,
            device: None,
            gone,
        };
        let made = self.context.store.register_guest(&link, now).await?;
        if made {
            tell(Outcome::Registered, id);
        }
        Ok(made.then_some(id))
    }

    async fn become_account(
        &self,
        project: &Project,
        key: &LinkKey,
        (newcomer, email): (&Newcomer<'_>, &EmailAddress),
        gone: Option<UserId>,
    ) -> Result<Option<UserId>> {
        let store = &self.context.store;
        let ((), number) = tokio::try_join!(self.admit(newcomer.client), async {
            Ok(store.next_user_number().await?)
        })?;
        let now = whole_milliseconds(self.context.now());
        let user = User {
            nickname: newcomer.identity.nickname.clone(),
            confirmed: true,
            email_proved_at: Some(now),
            ..User::new(
                UserId::new(&*self.context.random),
                number,
                project.realm.clone(),
                email.clone(),
                newcomer.language.clone(),
                now,
            )
        };
        let member = Member::of_account(&user, project.id, now);
        let link = NewLink {
            key,
            member: &member,
            device: None,
            gone,
        };
        let account = NewAccount {
            user: &user,
            hash: None,
            intent: None,
            session: None,
            standing: Standing::Ordinary,
            notes: &[],
            attributes: Attributes::default(),
        };
        match store.register_linked(&account, &link, now).await? {
            Registered::Done => {
                tell(Outcome::Registered, user.id);
                Ok(Some(user.id))
            }
            Registered::Taken | Registered::Unconfirmed(_) => Ok(None),
        }
    }

    async fn admit(&self, client: Option<ClientAddress>) -> Result<()> {
        if !self.open {
            return Err(Error::Forbidden);
        }
        self.limits.count_registration(client).await
    }
}

fn admitted(participant: Participant) -> Result<Participant> {
    match participant.account() {
        Some(user) if user.is_barred() => Err(Error::Suspended),
        Some(user) if !user.confirmed => Err(Error::NotActivated),
        _ => Ok(participant),
    }
}

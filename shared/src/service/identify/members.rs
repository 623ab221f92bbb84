//! Members: who speaks in a project, what it shows of them and what they change.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::super::registration::whole_milliseconds;
use super::super::{AttributesService, Context, CurrentUser, Sessions, signing_in, tell};
use super::visits::{one_more, seen_on, signs_in_again, visit};
use crate::domain::{
    AppProfile, AttributeKey, AttributeText, Attributes, Device, DeviceId, Dialect, EmailAddress,
    Member, Membership, Name, Outcome, Project, ProjectId, Session, SessionId, User, UserId,
};
use crate::error::{Error, Result};
use crate::store::{MemberChange, SignIns, UserAndSession, Visit};

/// The version that sessions of guests are of, who have no credential.
const GUEST_VERSION: u64 = 1;

/// Finds out who speaks in a project, and changes what it knows of them.
#[derive(Debug, Clone)]
pub struct Members {
    context: Context,
    sessions: Sessions,
    attributes: AttributesService,
}

/// Somebody in a project: an account of its realm, or a guest. Only services make one, of whoever proved who they are.
#[derive(Debug, Clone)]
pub struct Participant {
    project: ProjectId,
    member: Member,
    devices: Vec<Device>,
    account: Option<User>,
    session: Option<Session>,
    attributes: Attributes,
}

/// What members change of what is shown of them.
#[derive(Debug, Default)]
pub struct MemberPatch {
    /// What others call them.
    pub nickname: Option<Name>,
    /// Attributes to be set.
    pub attributes: Vec<(AttributeKey, AttributeText)>,
}

impl Participant {
    pub(super) fn new(
        project: ProjectId,
        account: Option<User>,
        membership: Membership,
        now: Timestamp,
    ) -> Option<Self> {
        let Membership { member, devices } = membership;
        let member = match (member, &account) {
            (Some(member), Some(_)) => member,
            (Some(member), None) if member.guest.is_some() && !member.is_expired(now) => member,
            (None, Some(user)) => Member::of_account(user, project, user.created_at),
            // What is left of an account that is being erased.
            (_, None) => return None,
        };
        Some(Self {
            project,
            member,
            devices,
            account,
            session: None,
            attributes: Attributes::default(),
        })
    }

    /// Who it is.
    pub fn user(&self) -> UserId {
        self.member.user
    }

    /// Their account, unless it is a guest.
    pub fn account(&self) -> Option<&User> {
        self.account.as_ref()
    }

    /// By which session, if by one of ours.
    pub fn session(&self) -> Option<&Session> {
        self.session.as_ref()
    }

    /// Who is signed in with an account.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a guest, and for whoever came without a session.
    pub fn current(&self) -> Result<CurrentUser> {
        let (Some(user), Some(session)) = (&self.account, &self.session) else {
            return Err(Error::InvalidToken);
        };
        Ok(CurrentUser::of(user.clone(), session.clone()))
    }

    /// Whether their account has a second factor that nobody has asked for: they came by a provider's word.
    pub fn lacks_factor(&self) -> bool {
        let account = self.account.as_ref();
        self.session.is_none() && account.is_some_and(|user| user.second_factor.is_some())
    }

    /// What they are called in full; an account without a name by its address.
    pub fn username(&self) -> Option<&str> {
        match &self.account {
            Some(user) => {
                let name = user.display_name.as_ref().map(Name::as_str);
                let given = name.filter(|name| !name.is_empty());
                given.or(Some(user.email.canonical()))
            }
            None => {
                let Member {
                    username, nickname, ..
                } = &self.member;
                username.as_ref().or(nickname.as_ref()).map(Name::as_str)
            }
        }
    }

    /// What others call them.
    pub fn nickname(&self) -> Option<&str> {
        let own = self
            .account
            .as_ref()
            .and_then(|user| user.nickname.as_ref());
        own.or(self.member.nickname.as_ref()).map(Name::as_str)
    }

    /// Their address, if it is known.
    pub fn email(&self) -> Option<&str> {
        let own = self.account.as_ref().map(|user| &user.email);
        own.or(self.member.email.as_ref())
            .map(EmailAddress::canonical)
    }

    /// When what is shown of them changed last.
    pub fn updated_at(&self) -> Timestamp {
        self.member.updated_at
    }

    /// Their last sign-ins, oldest first.
    pub fn sign_ins(&self) -> &[Timestamp] {
        self.member.last_sign_ins()
    }

    /// What the application keeps of them.
    pub fn app_profile(&self) -> &AppProfile {
        &self.member.app_profile
    }

    /// Their devices, the one that was seen last first.
    pub fn devices(&self) -> Vec<Device> {
        let membership = Membership {
            member: None,
            devices: self.devices.clone(),
        };
        membership.shown_devices()
    }

    /// Their attributes, where they were asked for.
    pub fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    /// The same with the account as it is after a change.
    #[must_use]
    pub fn into_updated(self, account: User) -> Self {
        Self {
            account: Some(account),
            ..self
        }
    }

    /// Whether there is room for a change, as far as what was read tells.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a guest; [`Error::TooManyAttributes`].
    pub fn has_room_for(&self, patch: &MemberPatch) -> Result<()> {
        let account = self.account.as_ref().ok_or(Error::InvalidToken)?;
        let with = self.attributes.with(account.number, &patch.attributes);
        with.map(drop).ok_or(Error::TooManyAttributes)
    }

    fn version(&self) -> Option<u64> {
        self.account.as_ref().map(|user| user.credential_version)
    }
}

impl Members {
    /// Members in this store, with these sessions.
    pub fn new(context: Context, sessions: Sessions) -> Self {
        Self {
            attributes: AttributesService::new(context.clone()),
            context,
            sessions,
        }
    }

    /// Who an access token speaks for in a project. One round trip.
    ///
    /// # Errors
    /// [`Error::InvalidToken`], also for a token of another project; [`Error::ExpiredToken`]; [`Error::SessionEnded`];
    /// [`Error::Unavailable`].
    pub async fn authorise(&self, project: &Project, token: &str) -> Result<Participant> {
        let (found, membership) = self.sessions.read_in_project(token, project.id).await?;
        let UserAndSession {
            user,
            session,
            attributes,
        } = found;
        let now = self.context.now();
        let session = session.ok_or(Error::SessionEnded)?;
        let participant = Participant::new(project.id, user, membership, now);
        let participant = participant.ok_or(Error::SessionEnded)?;
        let lives = session.dialect == Dialect::Identify
            && session.project == Some(project.id)
            && session.credential_version == participant.version().unwrap_or(GUEST_VERSION)
            && !session.is_expired(now);
        if !lives {
            return Err(Error::SessionEnded);
        }
        Ok(Participant {
            session: Some(session),
            attributes: attributes.unwrap_or_default(),
            ..participant
        })
    }

    /// Remembers that a member was seen on a device, and as a sign-in where that is wanted. A transaction, at most every ten minutes.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] if the account has changed since; [`Error::Unavailable`].
    pub async fn see(
        &self,
        participant: Participant,
        device: DeviceId,
        as_sign_in: bool,
    ) -> Result<Participant> {
        let now = whole_milliseconds(self.context.now());
        let mut participant = participant;
        let known = Membership {
            member: None,
            devices: participant.devices.clone(),
        };
        let seen = seen_on(device, &known, now);
        let signs_in = as_sign_in && (seen.is_some() || signs_in_again(&participant.member, now));
        if seen.is_none() && !signs_in {
            return Ok(participant);
        }
        let member = &participant.member;
        let visit = Visit {
            sign_ins: if signs_in {
                one_more(member)
            } else {
                SignIns::Stay
            },
            device: seen,
            ..visit(member, participant.version(), None, now)
        };
        if !self.context.store.record_visit(&visit).await? {
            return Err(Error::SessionEnded);
        }
        if signs_in {
            participant.member.sign_ins.push(now);
        }
        participant.devices.retain(|known| known.id != device);
        participant
            .devices
            .extend(seen.or(known.device(device).copied()));
        Ok(participant)
    }

    /// Changes what is shown of an account. Up to three writes; doing it again ends the same.
    ///
    /// # Errors
    /// [`Error::InvalidToken`] for a guest; [`Error::TooManyAttributes`]; [`Error::SessionEnded`] if the account has changed since;
    /// [`Error::Unavailable`].
    pub async fn change(
        &self,
        participant: Participant,
        patch: &MemberPatch,
    ) -> Result<Participant> {
        let current = participant.current()?;
        let mut participant = participant;
        if !patch.attributes.is_empty() {
            let read = participant.attributes.clone();
            participant.attributes = self
                .attributes
                .put_all(&current, read, &patch.attributes)
                .await?;
        }
        if let Some(nickname) = &patch.nickname {
            let store = &self.context.store;
            let updated = store.set_nickname(participant.user(), nickname).await?;
            participant.account = Some(updated.ok_or(Error::SessionEnded)?);
        }
        let change = MemberChange::default();
        self.touch(&mut participant, &change).await?;
        Ok(participant)
    }

    /// Changes the name of somebody, and what the application keeps of them. Up to two writes; doing it again ends the same.
    ///
    /// # Errors
    /// [`Error::SessionEnded`] if they have changed since; [`Error::Unavailable`].
    pub async fn change_app_profile(
        &self,
        participant: Participant,
        username: Option<&Name>,
        profile: Option<&AppProfile>,
    ) -> Result<Participant> {
        let mut participant = participant;
        let is_guest = participant.account.is_none();
        if let (Some(name), false) = (username, is_guest) {
            let store = &self.context.store;
            let updated = store.set_display_name(participant.user(), name).await?;
            participant.account = Some(updated.ok_or(Error::SessionEnded)?);
        }
        let change = MemberChange {
            username: username.filter(|_| is_guest),
            app_profile: profile,
        };
        self.touch(&mut participant, &change).await?;
        if is_guest && username.is_some() {
            participant.member.username = username.cloned();
        }
        if let Some(profile) = profile {
            participant.member.app_profile = profile.clone();
        }
        Ok(participant)
    }

    /// A session for whoever came without one, which is not open yet.
    ///
    /// # Errors
    /// [`Error::SecondFactorRequired`]: a provider's word does not replace the second factor.
    pub fn new_session(&self, participant: &Participant, lifetime: Duration) -> Result<Session> {
        if participant.lacks_factor() {
            return Err(Error::SecondFactorRequired);
        }
        let now = whole_milliseconds(self.context.now());
        Ok(Session {
            id: SessionId::new(&*self.context.random),
            user: participant.user(),
            dialect: Dialect::Identify,
            credential_version: participant.version().unwrap_or(GUEST_VERSION),
            created_at: now,
            expires_at: now + SignedDuration::try_from(lifetime).unwrap_or(SignedDuration::MAX),
            generation: 0,
            cookie: None,
            project: Some(participant.project),
            device: None,
        })
    }

    /// Opens it. One write.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn open(&self, session: &Session) -> Result<()> {
        let writes = async {
            self.context.store.put_session(session).await?;
            Ok(true)
        };
        signing_in(session, writes).await?;
        Ok(())
    }

    async fn touch(&self, participant: &mut Participant, change: &MemberChange<'_>) -> Result<()> {
        let now = whole_milliseconds(self.context.now());
        let version = participant.version();
        let store = &self.context.store;
        let member = &participant.member;
        if !store.change_member(member, version, change, now).await? {
            return Err(Error::SessionEnded);
        }
        participant.member.updated_at = now;
        tell(Outcome::ProfileChanged, participant.user());
        Ok(())
    }
}

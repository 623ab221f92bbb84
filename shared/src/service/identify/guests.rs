//! Guests: users of a project who are nobody outside it, known by a device (`anonymous`) or by an external id (`noLogin`).
//!
//! Whoever has that may do as they like, so the latter has 256 random bits, and only their digest is stored. Making guests costs the
//! caller nothing; so it is counted, by client and by project, and those who do not come for 90 days are forgotten.

use jiff::Timestamp;

use super::super::registration::whole_milliseconds;
use super::super::{Context, Limits, tell};
use super::visits::{GUEST_LIFETIME, one_more, signed_in_on, visit};
use crate::domain::{
    AppProfile, ClientAddress, Device, DeviceId, ExternalId, Member, Membership, Outcome, Project,
    ProviderName, SubjectDigest, UserId,
};
use crate::error::{Error, Result};
use crate::store::{LinkKey, MemberChange, NewLink, Visit};

/// Makes and finds guests.
#[derive(Debug, Clone)]
pub struct Guests {
    context: Context,
    limits: Limits,
    open: bool,
}

/// A guest on a device.
#[derive(Debug)]
pub struct Greeted {
    /// Who it is.
    pub user: UserId,
    /// On what.
    pub device: DeviceId,
    /// When they came first.
    pub signed_up_at: Timestamp,
    /// When they came now.
    pub at: Timestamp,
}

impl Guests {
    /// Guests in this store; new ones only where registration is open.
    pub fn new(context: Context, limits: Limits, open_registration: bool) -> Self {
        Self {
            context,
            limits,
            open: open_registration,
        }
    }

    /// Makes a guest who is known by a device. Two writes and a transaction.
    ///
    /// # Errors
    /// [`Error::DeviceTaken`] if somebody is known by it already: a device must not be enough to become them;
    /// [`Error::Forbidden`] where registration is closed; [`Error::RateLimited`]; [`Error::Unavailable`].
    pub async fn register_on(
        &self,
        project: &Project,
        device: DeviceId,
        profile: AppProfile,
        client: Option<ClientAddress>,
    ) -> Result<Greeted> {
        let now = self.admit(project, client).await?;
        let link = device_link(project, device);
        let member = Member {
            sign_ins: vec![now],
            app_profile: profile,
            ..self.new_member(project, now)
        };
        let device_item = signed_in_on(device, &Membership::default(), now);
        self.make(&link, &member, Some(device_item), now)
            .await?
            .then_some(Greeted {
                user: member.user,
                device,
                signed_up_at: now,
                at: now,
            })
            .ok_or(Error::DeviceTaken)
    }

    /// Finds the guest who is known by a device, who has come again. Two reads and a transaction.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`].
    pub async fn greet(&self, project: &Project, device: DeviceId) -> Result<Greeted> {
        let link = device_link(project, device);
        let (member, known) = self.find(&link).await?;
        let now = whole_milliseconds(self.context.now());
        let visit = Visit {
            sign_ins: one_more(&member),
            device: Some(signed_in_on(device, &known, now)),
            ..visit(&member, None, Some(&link), now)
        };
        if !self.context.store.record_visit(&visit).await? {
            return Err(Error::NotFound);
        }
        tell(Outcome::SignedIn, member.user);
        Ok(Greeted {
            user: member.user,
            device,
            signed_up_at: member.signed_up_at,
            at: now,
        })
    }

    /// Makes a guest who is known by an external id. Two writes and a transaction.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where registration is closed; [`Error::RateLimited`]; [`Error::Unavailable`].
    pub async fn register(
        &self,
        project: &Project,
        client: Option<ClientAddress>,
    ) -> Result<ExternalId> {
        let now = self.admit(project, client).await?;
        let external_id = ExternalId::new(&*self.context.random);
        let link = external_link(project, &external_id);
        let member = self.new_member(project, now);
        if !self.make(&link, &member, None, now).await? {
            return Err(Error::Internal("an id that was never used is taken".into()));
        }
        Ok(external_id)
    }

    /// What the application keeps of the guest with an external id. Two reads; once a day a transaction, by which they are remembered
    /// longer.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`].
    pub async fn app_profile(
        &self,
        project: &Project,
        external_id: &ExternalId,
    ) -> Result<AppProfile> {
        let link = external_link(project, external_id);
        let (member, _) = self.find(&link).await?;
        self.extend(&member, &link).await?;
        Ok(member.app_profile)
    }

    /// Replaces that. Two reads and a transaction; once a day another.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Unavailable`].
    pub async fn replace_app_profile(
        &self,
        project: &Project,
        external_id: &ExternalId,
        profile: &AppProfile,
    ) -> Result<()> {
        let link = external_link(project, external_id);
        let (member, _) = self.find(&link).await?;
        let change = MemberChange {
            app_profile: Some(profile),
            ..MemberChange::default()
        };
        let store = &self.context.store;
        let now = self.context.now();
        if !store.change_member(&member, None, &change, now).await? {
            return Err(Error::NotFound);
        }
        tell(Outcome::ProfileChanged, member.user);
        self.extend(&member, &link).await
    }

    /// Counts a guest who is to be made; the time.
    async fn admit(&self, project: &Project, client: Option<ClientAddress>) -> Result<Timestamp> {
        if !self.open {
            return Err(Error::Forbidden);
        }
        self.limits.count_guest(project.id, client).await?;
        Ok(whole_milliseconds(self.context.now()))
    }

    fn new_member(&self, project: &Project, now: Timestamp) -> Member {
        let user = UserId::new(&*self.context.random);
        Member::of_guest(user, project.id, now, Some(now + GUEST_LIFETIME))
    }

    /// False if the key leads to somebody.
    async fn make(
        &self,
        link: &LinkKey,
        member: &Member,
        device: Option<Device>,
        now: Timestamp,
    ) -> Result<bool> {
        let new = NewLink {
            key: link,
            member,
            device,
            gone: None,
        };
        let made = self.context.store.register_guest(&new, now).await?;
        if made {
            tell(Outcome::Registered, member.user);
        }
        Ok(made)
    }

    async fn find(&self, link: &LinkKey) -> Result<(Member, Membership)> {
        let (store, now) = (&self.context.store, self.context.now());
        let user = store.find_link(link, now).await?.ok_or(Error::NotFound)?;
        let known = store.find_membership(user, link.project).await?;
        let lives = |member: &&Member| !member.is_expired(now);
        let member = known.member.as_ref().filter(lives).cloned();
        Ok((member.ok_or(Error::NotFound)?, known))
    }

    async fn extend(&self, member: &Member, link: &LinkKey) -> Result<()> {
        let visit = visit(member, None, Some(link), self.context.now());
        if visit.extended.is_some() {
            self.context.store.record_visit(&visit).await?;
        }
        Ok(())
    }
}

fn device_link(project: &Project, device: DeviceId) -> LinkKey {
    LinkKey {
        project: project.id,
        provider: ProviderName::Anonymous,
        subject: SubjectDigest::of(&device.to_string()),
    }
}

fn external_link(project: &Project, external_id: &ExternalId) -> LinkKey {
    LinkKey {
        project: project.id,
        provider: ProviderName::NoLogin,
        subject: SubjectDigest::of(external_id.as_str()),
    }
}

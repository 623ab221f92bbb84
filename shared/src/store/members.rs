//! The Devices table: what a project knows of a user, under its name, and of each of their devices, under its name and the device's;
//! and the markers `provider#<project>#<provider>#<digest>` in the Users table, by which a project finds its users.

use jiff::Timestamp;

use super::accounts::{delete, put, put_part, update, update_part};
use super::credentials::key_of;
use super::item::{Item, Reader, key, ms, n, s, seconds};
use super::users::user_key;
use super::write::Transacted;
use super::{NewAccount, Registered, Store, StoreError};
use crate::domain::{
    AppProfile, Device, DeviceId, EmailAddress, Guest, Member, Membership, Name, ProjectId,
    ProviderName, SeenDevice, SubjectDigest, User, UserId,
};
use crate::dynamodb::{
    AttributeValue, ConditionCheck, Delete, GetItem, Query, TransactWriteItem, Update,
};

/// Who somebody is at a provider of a project.
#[derive(Debug, Clone)]
pub(crate) struct LinkKey {
    pub(crate) project: ProjectId,
    pub(crate) provider: ProviderName,
    pub(crate) subject: SubjectDigest,
}

/// A user who is to be found by what a provider says.
#[derive(Debug)]
pub(crate) struct NewLink<'a> {
    pub(crate) key: &'a LinkKey,
    /// What the project knows of them from the start, unless it knows more.
    pub(crate) member: &'a Member,
    /// The device that they came on.
    pub(crate) device: Option<Device>,
    /// A user who is not there any more, to whom the key may still lead.
    pub(crate) gone: Option<UserId>,
}

/// A sign-in, or a look at who is signed in, that a project remembers.
#[derive(Debug)]
pub(crate) struct Visit<'a> {
    pub(crate) user: UserId,
    pub(crate) project: ProjectId,
    /// Of an account: the version that it still has to be of.
    pub(crate) version: Option<u64>,
    /// What becomes of the sign-ins that are remembered.
    pub(crate) sign_ins: SignIns<'a>,
    /// The device, as it is from now on.
    pub(crate) device: Option<Device>,
    /// Devices to forget.
    pub(crate) evicted: &'a [DeviceId],
    /// What a guest is found by, and when they are forgotten, if that changes.
    pub(crate) extended: Option<(&'a LinkKey, Timestamp)>,
    /// When a guest is forgotten, and the device with them.
    pub(crate) expires_at: Option<Timestamp>,
    pub(crate) now: Timestamp,
}

/// What becomes of the sign-ins that a project remembers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum SignIns<'a> {
    /// Nothing.
    Stay,
    /// There is one more. Of those at once none is lost.
    Added,
    /// There is one more after these.
    Replaced(&'a [Timestamp]),
}

/// What somebody changes of what a project knows.
#[derive(Debug, Default)]
pub(crate) struct MemberChange<'a> {
    pub(crate) username: Option<&'a Name>,
    pub(crate) app_profile: Option<&'a AppProfile>,
}

const IS_ACCOUNT: &str = "credential_version = :version AND attribute_exists(user_number)";

impl Visit<'_> {
    fn changes_member(&self) -> bool {
        !matches!(self.sign_ins, SignIns::Stay) || self.extended.is_some()
    }
}

impl LinkKey {
    fn as_pk(&self) -> String {
        let Self {
            project,
            provider,
            subject,
        } = self;
        format!("provider#{project}#{provider}#{}", subject.as_str())
    }
}

impl Store {
    /// To whom a key leads. One consistent read.
    pub(crate) async fn find_link(
        &self,
        link: &LinkKey,
        now: Timestamp,
    ) -> Result<Option<UserId>, StoreError> {
        let get = GetItem::of(&self.tables.users).consistent_read();
        let found = self.get(get.key("pk", s(link.as_pk()))).await?;
        let Some(item) = found else {
            return Ok(None);
        };
        let read = Reader(&item);
        if item.contains_key("expires") && read.ttl("expires")? <= now {
            return Ok(None);
        }
        read.parsed("user_id", UserId::parse).map(Some)
    }

    /// What a project knows of a user. One consistent query.
    pub(crate) async fn find_membership(
        &self,
        user: UserId,
        project: ProjectId,
    ) -> Result<Membership, StoreError> {
        let query = Query::of(&self.tables.devices)
            .consistent_read()
            .key_condition_expression("user_id = :user AND begins_with(device_id, :project)")
            .expression_attribute_values(":user", s(user.to_string()))
            .expression_attribute_values(":project", s(project.to_string()));
        let items = self.query(query).await?;
        let mut membership = Membership::default();
        for item in items {
            match Reader(&item).string("device_id")?.split_once('#') {
                Some((_, device)) => membership.devices.push(read_device(&item, device)?),
                None => membership.member = Some(read_member(&item)?),
            }
        }
        Ok(membership)
    }

    /// Makes a guest, unless the key leads to somebody by now: then false. One transaction.
    pub(crate) async fn register_guest(
        &self,
        link: &NewLink<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let writes = self.link_parts(link, now);
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// Has a key lead to an account of this version. False if it leads to somebody by now, or the account has changed. One
    /// transaction.
    pub(crate) async fn link_account(
        &self,
        user: &User,
        link: &NewLink<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writes = self.link_parts(link, now);
        writes.push(self.account_check(user.id, user.credential_version));
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// The same for an account that was never confirmed: the provider has proved its address now. It loses what a stranger may have
    /// given it: password, second factor, sessions and codes. False also if it was confirmed meanwhile. One transaction.
    pub(crate) async fn link_unproved_account(
        &self,
        user: &User,
        link: &NewLink<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let next = n(user.credential_version + 1);
        let account = update_part(&self.tables.users, user_key(user.id))
            .update_expression(
                "SET confirmed = :true, email_proved_at = :now, password_changed_at = :now, credential_version = :next \
                 REMOVE must_change_password, second_factor",
            )
            .condition_expression(format!("{IS_ACCOUNT} AND confirmed = :false"))
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":false", AttributeValue::Bool(false))
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":next", next.clone())
            .expression_attribute_values(":version", n(user.credential_version));
        let credential = update_part(&self.tables.users, key_of(user))
            .update_expression(
                "SET credential_version = :next REMOVE password_hash, never_confirmed, mailed_intent, mailed_digest, \
                 mailed_key_version, mailed_expires, totp_seed, totp_step, recovery_codes",
            )
            .condition_expression(
                "user_id = :user AND credential_version = :version AND never_confirmed = :true",
            )
            .expression_attribute_values(":true", AttributeValue::Bool(true))
            .expression_attribute_values(":user", s(user.id.to_string()))
            .expression_attribute_values(":version", n(user.credential_version))
            .expression_attribute_values(":next", next);
        let mut writes = self.link_parts(link, now);
        writes.extend([update(account), update(credential)]);
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// Makes an account together with the key that leads to it. One transaction.
    pub(crate) async fn register_linked(
        &self,
        account: &NewAccount<'_>,
        link: &NewLink<'_>,
        now: Timestamp,
    ) -> Result<Registered, StoreError> {
        self.register_with(account, self.link_parts(link, now))
            .await
    }

    /// Remembers a visit. False if the account has changed since it was read, or the guest is gone. One transaction.
    pub(crate) async fn record_visit(&self, visit: &Visit<'_>) -> Result<bool, StoreError> {
        let mut writes = Vec::new();
        match visit.version {
            Some(version) => writes.push(self.account_check(visit.user, version)),
            None if !visit.changes_member() => {
                let key = member_key(visit.user, visit.project);
                let part = ConditionCheck::of(&self.tables.devices);
                let part = part
                    .set_key(key)
                    .condition_expression("attribute_exists(user_id)");
                writes.push(TransactWriteItem::ConditionCheck(part));
            }
            None => {}
        }
        writes.extend(self.visit_of_member(visit));
        if let Some(device) = &visit.device {
            writes.push(self.visit_of_device(visit, device));
        }
        for device in visit.evicted {
            let part = Delete::of(&self.tables.devices).set_key(device_key(
                visit.user,
                visit.project,
                *device,
            ));
            writes.push(delete(part));
        }
        if let Some((link, until)) = visit.extended {
            let part = update_part(&self.tables.users, s(link.as_pk()))
                .update_expression("SET expires = :until")
                .condition_expression("user_id = :user")
                .expression_attribute_values(":until", seconds(until))
                .expression_attribute_values(":user", s(visit.user.to_string()));
            writes.push(update(part));
        }
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// Changes what a project knows of a user; of an account also if it knew nothing, but not if the account has changed since it
    /// was read. False if that is so, or if the guest is gone. One transaction.
    pub(crate) async fn change_member(
        &self,
        member: &Member,
        account: Option<u64>,
        change: &MemberChange<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut set = vec![
            "signed_up_at = if_not_exists(signed_up_at, :signed_up)",
            "updated_at = :now",
        ];
        let mut part = self
            .member_part(member.user, member.project)
            .expression_attribute_values(":signed_up", ms(member.signed_up_at))
            .expression_attribute_values(":now", ms(now));
        if let Some(username) = change.username {
            set.push("username = :username");
            part = part.expression_attribute_values(":username", s(username.as_str()));
        }
        if let Some(profile) = change.app_profile {
            set.push("app_profile = :profile");
            part = part.expression_attribute_values(":profile", s(profile.to_text()));
        }
        let mut writes = Vec::new();
        match account {
            Some(version) => writes.push(self.account_check(member.user, version)),
            None => part = part.condition_expression("attribute_exists(user_id)"),
        }
        writes.push(update(
            part.update_expression(format!("SET {}", set.join(", "))),
        ));
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// Erases what all projects know of a user, and what leads to them.
    pub(crate) async fn delete_memberships(&self, user: UserId) -> Result<(), StoreError> {
        let query = Query::of(&self.tables.devices)
            .consistent_read()
            .key_condition_expression("user_id = :user")
            .expression_attribute_values(":user", s(user.to_string()))
            .projection_expression("user_id, device_id, links");
        let items = self.query(query).await?;
        for mut item in items {
            let links = item.remove("links");
            let links = links.as_ref().and_then(|links| links.as_ss());
            for link in links.into_iter().flatten() {
                let delete = Delete::of(&self.tables.users);
                let delete = delete
                    .key("pk", s(link))
                    .condition_expression("user_id = :user")
                    .expression_attribute_values(":user", s(user.to_string()));
                self.delete(delete).await?;
            }
            let delete = Delete::of(&self.tables.devices);
            self.delete(delete.set_key(item)).await?;
        }
        Ok(())
    }

    /// The key, what the project knows from the start, and the device.
    fn link_parts(&self, link: &NewLink<'_>, now: Timestamp) -> Vec<TransactWriteItem> {
        let (member, pk) = (link.member, link.key.as_pk());
        let expires_at = member.guest.and_then(|guest| guest.expires_at);
        let mut marker = key([("pk", s(&pk)), ("user_id", s(member.user.to_string()))]);
        marker.extend(expires_at.map(|at| ("expires".to_owned(), seconds(at))));
        let mut condition = "attribute_not_exists(pk) OR expires <= :now_s".to_owned();
        let mut marker = put_part(&self.tables.users, marker)
            .expression_attribute_values(":now_s", n(now.as_second()));
        if let Some(gone) = link.gone {
            condition.push_str(" OR user_id = :gone");
            marker = marker.expression_attribute_values(":gone", s(gone.to_string()));
        }
        let mut parts = vec![
            put(marker.condition_expression(condition)),
            self.first_sight(member, &pk),
        ];
        if let Some(device) = link.device {
            let mut item = device_item(member.user, member.project, &device);
            item.extend(expires_at.map(|at| ("expires".to_owned(), seconds(at))));
            parts.push(put(put_part(&self.tables.devices, item)));
        }
        parts
    }

    /// What the project knows of a user from the start; of an account it may know more, which stays.
    fn first_sight(&self, member: &Member, link: &str) -> TransactWriteItem {
        let item = member_item(member);
        let mut part = self
            .member_part(member.user, member.project)
            .expression_attribute_values(":links", AttributeValue::Ss(vec![link.to_owned()]));
        let mut set = Vec::new();
        for (name, value) in item {
            if name != "user_id" && name != "device_id" {
                set.push(format!("{name} = if_not_exists({name}, :{name})"));
                part = part.expression_attribute_values(format!(":{name}"), value);
            }
        }
        update(part.update_expression(format!("SET {} ADD links :links", set.join(", "))))
    }

    fn visit_of_member(&self, visit: &Visit<'_>) -> Option<TransactWriteItem> {
        if !visit.changes_member() {
            return None;
        }
        let mut part = self.member_part(visit.user, visit.project);
        let mut set = Vec::new();
        let list = |before: &[Timestamp]| {
            let all = before.iter().chain([&visit.now]);
            AttributeValue::L(all.map(|at| n(at.as_second())).collect())
        };
        match visit.sign_ins {
            SignIns::Stay => {}
            SignIns::Added => {
                set.push("sign_ins = list_append(if_not_exists(sign_ins, :none), :sign_ins)");
                part = part
                    .expression_attribute_values(":none", AttributeValue::L(Vec::new()))
                    .expression_attribute_values(":sign_ins", list(&[]));
            }
            SignIns::Replaced(before) => {
                set.push("sign_ins = :sign_ins");
                part = part.expression_attribute_values(":sign_ins", list(before));
            }
        }
        if let Some((_, until)) = visit.extended {
            set.push("expires = :until");
            part = part.expression_attribute_values(":until", seconds(until));
        }
        if visit.version.is_some() {
            set.extend([
                "signed_up_at = if_not_exists(signed_up_at, :now)",
                "updated_at = if_not_exists(updated_at, :now)",
            ]);
            part = part.expression_attribute_values(":now", ms(visit.now));
        } else {
            part = part.condition_expression("attribute_exists(user_id)");
        }
        Some(update(
            part.update_expression(format!("SET {}", set.join(", "))),
        ))
    }

    fn visit_of_device(&self, visit: &Visit<'_>, device: &Device) -> TransactWriteItem {
        let mut item = device_item(visit.user, visit.project, device);
        let expires_at = visit.expires_at;
        item.extend(expires_at.map(|at| ("expires".to_owned(), seconds(at))));
        put(put_part(&self.tables.devices, item))
    }

    fn account_check(&self, user: UserId, version: u64) -> TransactWriteItem {
        let part = ConditionCheck::of(&self.tables.users)
            .key("pk", user_key(user))
            .condition_expression(IS_ACCOUNT)
            .expression_attribute_values(":version", n(version));
        TransactWriteItem::ConditionCheck(part)
    }

    fn member_part(&self, user: UserId, project: ProjectId) -> Update {
        Update::of(&self.tables.devices).set_key(member_key(user, project))
    }
}

fn member_key(user: UserId, project: ProjectId) -> Item {
    key([
        ("user_id", s(user.to_string())),
        ("device_id", s(project.to_string())),
    ])
}

fn device_key(user: UserId, project: ProjectId, device: DeviceId) -> Item {
    key([
        ("user_id", s(user.to_string())),
        ("device_id", s(format!("{project}#{device}"))),
    ])
}

fn member_item(member: &Member) -> Item {
    let mut item = member_key(member.user, member.project);
    item.extend(key([
        ("signed_up_at", ms(member.signed_up_at)),
        ("updated_at", ms(member.updated_at)),
    ]));
    if !member.sign_ins.is_empty() {
        let sign_ins = member.sign_ins.iter().map(|at| n(at.as_second()));
        item.insert("sign_ins".to_owned(), AttributeValue::L(sign_ins.collect()));
    }
    let email = member.email.as_ref();
    let texts = [
        ("username", member.username.as_ref().map(Name::as_str)),
        ("nickname", member.nickname.as_ref().map(Name::as_str)),
        ("email", email.map(EmailAddress::canonical)),
        ("email_original", email.map(EmailAddress::original)),
    ];
    item.extend(
        texts
            .into_iter()
            .filter_map(|(name, text)| Some((name.to_owned(), s(text?)))),
    );
    if member.app_profile != AppProfile::default() {
        let profile = s(member.app_profile.to_text());
        item.insert("app_profile".to_owned(), profile);
    }
    if let Some(guest) = member.guest {
        item.insert("guest".to_owned(), AttributeValue::Bool(true));
        item.extend(
            guest
                .expires_at
                .map(|at| ("expires".to_owned(), seconds(at))),
        );
    }
    item
}

pub(super) fn read_member(item: &Item) -> Result<Member, StoreError> {
    let read = Reader(item);
    let email = match read.optional_string("email")? {
        Some(email) => Some(EmailAddress::from_stored(
            email,
            read.string("email_original")?,
        )),
        None => None,
    };
    let expires_at = item
        .contains_key("expires")
        .then(|| read.ttl("expires"))
        .transpose()?;
    Ok(Member {
        user: read.parsed("user_id", UserId::parse)?,
        project: read.parsed("device_id", ProjectId::parse)?,
        signed_up_at: read.instant("signed_up_at")?,
        updated_at: read.instant("updated_at")?,
        sign_ins: read_sign_ins(item)?,
        username: read.optional_string("username")?.map(Name::from_stored),
        nickname: read.optional_string("nickname")?.map(Name::from_stored),
        email,
        app_profile: read
            .optional_parsed("app_profile", AppProfile::from_stored)?
            .unwrap_or_default(),
        guest: read.flag("guest")?.then_some(Guest { expires_at }),
    })
}

fn read_sign_ins(item: &Item) -> Result<Vec<Timestamp>, StoreError> {
    let corrupt = || StoreError::Corrupt("sign_ins");
    let Some(list) = item.get("sign_ins") else {
        return Ok(Vec::new());
    };
    let read = |second: &AttributeValue| {
        let second = second.as_n().and_then(|second| second.parse().ok());
        second.and_then(|second| Timestamp::from_second(second).ok())
    };
    let list = list.as_l().ok_or_else(corrupt)?.iter().map(read);
    list.collect::<Option<_>>().ok_or_else(corrupt)
}

fn device_item(user: UserId, project: ProjectId, device: &Device) -> Item {
    let mut item = device_key(user, project, device.id);
    let seen = device.seen.into_iter().flat_map(|seen| {
        [
            ("signed_up_at".to_owned(), ms(seen.signed_up_at)),
            ("last_login".to_owned(), ms(seen.last_login)),
            ("signed_at".to_owned(), ms(seen.signed_at)),
        ]
    });
    item.extend(seen);
    item
}

pub(super) fn read_device(item: &Item, device: &str) -> Result<Device, StoreError> {
    let read = Reader(item);
    let id = DeviceId::parse(device).ok_or(StoreError::Corrupt("device_id"))?;
    let Some(signed_up_at) = read.optional_instant("signed_up_at")? else {
        return Ok(Device { id, seen: None });
    };
    Ok(Device {
        id,
        seen: Some(SeenDevice {
            signed_up_at,
            last_login: read.instant("last_login")?,
            signed_at: read.instant("signed_at")?,
        }),
    })
}

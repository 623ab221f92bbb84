//! Who uses a project (document 004): an account of its realm, or a guest, who is nobody outside the project.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::{DeviceId, EmailAddress, Name, ProjectId, User, UserId};

/// Devices that a project remembers of a member.
pub const MAX_DEVICES: usize = 20;
/// Sign-ins that a project tells of a member.
const MAX_SIGN_INS: usize = 20;
/// Sign-ins that it keeps before it forgets all but those.
const KEPT_SIGN_INS: usize = 2 * MAX_SIGN_INS;
const MAX_APP_PROFILE_BYTES: usize = 16 * 1024;

/// What a project knows of one of its users.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who it is: an account, or a guest.
    pub user: UserId,
    /// Where.
    pub project: ProjectId,
    /// When the project saw them first.
    pub signed_up_at: Timestamp,
    /// When their profile changed last.
    pub updated_at: Timestamp,
    /// Their sign-ins, oldest first, to the second: at least the last ones.
    pub sign_ins: Vec<Timestamp>,
    /// What a guest is called.
    pub username: Option<Name>,
    /// What a provider calls a guest.
    pub nickname: Option<Name>,
    /// A guest's address, as a provider says.
    pub email: Option<EmailAddress>,
    /// What the application keeps of them.
    pub app_profile: AppProfile,
    /// Of a guest, what an account has elsewhere.
    pub guest: Option<Guest>,
}

/// What makes somebody without an account a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Guest {
    /// When they are forgotten, unless they come again.
    pub expires_at: Option<Timestamp>,
}

/// A device of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// The application's name for it.
    pub id: DeviceId,
    /// Of a device that somebody signed in on.
    pub seen: Option<SeenDevice>,
}

/// What is known of a device that somebody signed in on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeenDevice {
    /// When that was first.
    pub signed_up_at: Timestamp,
    /// When it was seen last.
    pub last_login: Timestamp,
    /// The time that its signature is of.
    pub signed_at: Timestamp,
}

/// What a project knows of a user, if it knows any, and of their devices.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Membership {
    /// Nothing for an account that the project has not seen.
    pub member: Option<Member>,
    /// In no order.
    pub devices: Vec<Device>,
}

/// An object of the application's own: at most 16 KiB of JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AppProfile(Map<String, Value>);

impl Member {
    /// An account that the project sees for the first time.
    pub fn of_account(user: &User, project: ProjectId, now: Timestamp) -> Self {
        Self::new(user.id, project, now)
    }

    /// A guest that the project sees for the first time.
    pub fn of_guest(
        user: UserId,
        project: ProjectId,
        now: Timestamp,
        expires_at: Option<Timestamp>,
    ) -> Self {
        Self {
            guest: Some(Guest { expires_at }),
            ..Self::new(user, project, now)
        }
    }

    fn new(user: UserId, project: ProjectId, now: Timestamp) -> Self {
        Self {
            user,
            project,
            signed_up_at: now,
            updated_at: now,
            sign_ins: Vec::new(),
            username: None,
            nickname: None,
            email: None,
            app_profile: AppProfile::default(),
            guest: None,
        }
    }

    /// Whether it is a guest whose time is over.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        let expires_at = self.guest.and_then(|guest| guest.expires_at);
        expires_at.is_some_and(|at| at <= now)
    }

    /// The last twenty sign-ins, oldest first.
    pub fn last_sign_ins(&self) -> &[Timestamp] {
        let surplus = self.sign_ins.len().saturating_sub(MAX_SIGN_INS);
        &self.sign_ins[surplus..]
    }

    /// Whether there are so many sign-ins that the older ones are to be forgotten at the next.
    pub fn has_old_sign_ins(&self) -> bool {
        self.sign_ins.len() >= KEPT_SIGN_INS
    }
}

impl Membership {
    /// The device of this name.
    pub fn device(&self, id: DeviceId) -> Option<&Device> {
        self.devices.iter().find(|device| device.id == id)
    }

    /// The devices to show, the one that was seen last first.
    pub fn shown_devices(&self) -> Vec<Device> {
        let mut devices = self.devices.clone();
        devices.sort_by_key(|device| (std::cmp::Reverse(last_login(device)), device.id.0));
        devices.truncate(MAX_DEVICES);
        devices
    }

    /// Those that make room for one more, which were seen longest ago.
    pub fn evicted_for(&self, new: DeviceId) -> Vec<DeviceId> {
        let mut others = self.devices.clone();
        others.retain(|device| device.id != new);
        others.sort_by_key(|device| (last_login(device), device.id.0));
        let surplus = (others.len() + 1).saturating_sub(MAX_DEVICES);
        others[..surplus].iter().map(|device| device.id).collect()
    }
}

impl AppProfile {
    /// Takes an object; `None` if it is too large.
    pub fn new(object: Map<String, Value>) -> Option<Self> {
        let profile = Self(object);
        (profile.to_text().len() <= MAX_APP_PROFILE_BYTES).then_some(profile)
    }

    /// The profile as stored: it was checked when it was first read.
    pub fn from_stored(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// As JSON.
    pub fn to_text(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// The object.
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }
}

fn last_login(device: &Device) -> Option<Timestamp> {
    device.seen.map(|seen| seen.last_login)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::{Map, json};
    use uuid::Uuid;

    use super::{AppProfile, Device, Member, Membership, SeenDevice};
    use crate::domain::{DeviceId, ProjectId, UserId};

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    fn id(byte: u8) -> DeviceId {
        DeviceId(Uuid::from_bytes([byte; 16]))
    }

    fn seen(byte: u8) -> Device {
        let time = at(byte.into());
        Device {
            id: id(byte),
            seen: Some(SeenDevice {
                signed_up_at: at(0),
                last_login: time,
                signed_at: time,
            }),
        }
    }

    #[test]
    fn the_last_twenty_sign_ins_are_told() {
        let (user, project) = (UserId(Uuid::nil()), ProjectId(Uuid::nil()));
        let mut member = Member::of_guest(user, project, at(0), None);
        for second in 1..=25 {
            member.sign_ins.push(at(second));
        }
        let expected: Vec<_> = (6..=25).map(at).collect();
        assert_eq!(member.last_sign_ins(), expected);
        assert!(!member.has_old_sign_ins());
        member.sign_ins.extend((26..=40).map(at));
        assert!(member.has_old_sign_ins());
    }

    #[test]
    fn the_device_that_was_seen_longest_ago_makes_room() {
        let bare = Device {
            id: id(200),
            seen: None,
        };
        let mut membership = Membership {
            member: None,
            devices: (1..=19).map(seen).collect(),
        };
        assert_eq!(membership.evicted_for(id(99)), []);
        membership.devices.push(seen(20));
        assert_eq!(membership.evicted_for(id(99)), [id(1)]);
        assert_eq!(membership.evicted_for(id(5)), []);
        membership.devices.push(bare);
        assert_eq!(membership.evicted_for(id(99)), [id(200), id(1)]);
        let shown = membership.shown_devices();
        assert_eq!(
            (shown.len(), shown[0].id, shown[19].id),
            (20, id(20), id(1))
        );
    }

    #[test]
    fn an_app_profile_has_a_size() {
        let of = |bytes: usize| Map::from_iter([("a".to_owned(), json!("x".repeat(bytes)))]);
        let fits = AppProfile::new(of(16 * 1024 - 8)).expect("small enough");
        assert_eq!(AppProfile::from_stored(&fits.to_text()), Some(fits));
        assert_eq!(AppProfile::new(of(16 * 1024 - 7)), None);
    }
}

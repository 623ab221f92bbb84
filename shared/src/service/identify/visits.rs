//! What a project remembers of who comes: sign-ins and devices.

use jiff::{SignedDuration, Timestamp};

use super::super::{Context, Place};
use crate::domain::{Device, DeviceId, MAX_DEVICES, Member, Membership, SeenDevice, UserId};
use crate::error::Result;
use crate::store::{LinkKey, SignIns, Visit};

/// Being seen on a device is written at most so often.
const SEEN_AGAIN: SignedDuration = SignedDuration::from_mins(10);

/// Guests who can be forgotten are, so long after they came last.
pub(super) const GUEST_LIFETIME: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How long they will be remembered is written at most so often.
const EXTENDED_AFTER: SignedDuration = SignedDuration::from_hours(24);

impl Context {
    /// Remembers a sign-in of somebody, and the device. Of an account the version is named that it still has to be of. False if it
    /// has changed. One transaction.
    pub(in super::super) async fn remember_sign_in(
        &self,
        (user, version): (UserId, Option<u64>),
        place: Place,
        known: &Membership,
        now: Timestamp,
    ) -> Result<bool> {
        let evicted = known.evicted_for(place.device);
        let visit = Visit {
            user,
            project: place.project,
            version,
            sign_ins: known.member.as_ref().map_or(SignIns::Added, one_more),
            device: Some(signed_in_on(place.device, known, now)),
            evicted: &evicted,
            extended: None,
            expires_at: None,
            now,
        };
        Ok(self.store.record_visit(&visit).await?)
    }
}

/// The sign-ins of a member who signs in.
pub(super) fn one_more(member: &Member) -> SignIns<'_> {
    if member.has_old_sign_ins() {
        SignIns::Replaced(member.last_sign_ins())
    } else {
        SignIns::Added
    }
}

/// A device that somebody signs in on now.
pub(super) fn signed_in_on(id: DeviceId, known: &Membership, now: Timestamp) -> Device {
    let before = known.device(id).and_then(|device| device.seen);
    Device {
        id,
        seen: Some(SeenDevice {
            signed_up_at: before.map_or(now, |seen| seen.signed_up_at),
            last_login: now,
            signed_at: now,
        }),
    }
}

/// A device that a signed-in member was seen on, as it is to be remembered; nothing if nothing is. One that nobody has signed in on is
/// remembered by its name alone, while there is room.
pub(super) fn seen_on(id: DeviceId, known: &Membership, now: Timestamp) -> Option<Device> {
    match known.device(id) {
        None => (known.devices.len() < MAX_DEVICES).then_some(Device { id, seen: None }),
        Some(Device { seen: None, .. }) => None,
        Some(Device {
            seen: Some(seen), ..
        }) => (now >= seen.last_login + SEEN_AGAIN).then_some(Device {
            id,
            seen: Some(SeenDevice {
                last_login: now,
                ..*seen
            }),
        }),
    }
}

/// Whether whoever signs in without a password has not done so for a while.
pub(super) fn signs_in_again(member: &Member, now: Timestamp) -> bool {
    let last = member.sign_ins.last();
    last.is_none_or(|last| now >= *last + SEEN_AGAIN)
}

/// Until when a guest is to be remembered from now on, if that has to be written.
pub(super) fn extension(member: &Member, now: Timestamp) -> Option<Timestamp> {
    let expires_at = member.guest?.expires_at?;
    let until = now + GUEST_LIFETIME;
    (until >= expires_at + EXTENDED_AFTER).then_some(until)
}

/// A visit that changes nothing yet.
pub(super) fn visit<'a>(
    member: &'a Member,
    version: Option<u64>,
    link: Option<&'a LinkKey>,
    now: Timestamp,
) -> Visit<'a> {
    let until = extension(member, now);
    let expires_at = member.guest.and_then(|guest| guest.expires_at);
    Visit {
        user: member.user,
        project: member.project,
        version,
        sign_ins: SignIns::Stay,
        device: None,
        evicted: &[],
        extended: link.zip(until),
        expires_at: until.or(expires_at),
        now,
    }
}

//! When a signing key is made, begins to sign, stops, and goes: pending, active, retired, dropped. Decides, and does nothing.
//!
//! A key is published before it signs, and stays published until the last token under it has expired, so that nobody who verifies
//! meets a token whose key they cannot know, however late they look.

use jiff::{SignedDuration, Timestamp};

use super::key_set::{Home, KeySet, KeyState, PublicKey, whole_seconds};
use super::{Algorithm, KeyRole};

/// How long a key may go on to sign that is no longer to: a function may be ten minutes behind, and a request takes its time.
const SIGNS_ON: SignedDuration = SignedDuration::from_mins(15);

/// How keys are to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wish {
    /// The algorithm for all dialects but document 002's, which has its own.
    pub general: Algorithm,
    /// Where new private keys lie.
    pub home: Home,
}

/// The rules by which keys follow each other.
#[derive(Debug, Clone, Copy)]
pub struct Rotation {
    /// How keys are to be. What differs from it is replaced.
    pub wish: Wish,
    /// How long a key is published before it signs.
    pub lead: SignedDuration,
    /// After what time a key is replaced anyway, if it is at all.
    pub period: Option<SignedDuration>,
    /// The longest that a token of any dialect but document 002's is looked at.
    pub general_life: SignedDuration,
    /// The same of document 002's.
    pub rbac_life: SignedDuration,
}

/// What is due: the key set as it is to be published, with a key more for each that has to be made first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The key set without those.
    pub keys: KeySet,
    /// The algorithms of the keys to make, and in which state they are published.
    pub make: Vec<(Algorithm, KeyState)>,
}

impl Wish {
    /// The algorithm of the keys in this role.
    pub const fn algorithm(self, role: KeyRole) -> Algorithm {
        match role {
            KeyRole::General => self.general,
            KeyRole::Rbac => Algorithm::Rs512,
        }
    }

    /// The roles of this algorithm's keys, or all. Nothing if no key of the algorithm is to be made.
    pub fn roles(self, only: Option<Algorithm>) -> Option<Vec<KeyRole>> {
        match only {
            None => Some(KeyRole::ALL.to_vec()),
            Some(only) => (self.algorithm(only.role()) == only).then(|| vec![only.role()]),
        }
    }

    fn is_met_by(self, key: &PublicKey) -> bool {
        let wished = self.algorithm(key.algorithm.role());
        (key.algorithm, key.home()) == (wished, self.home)
    }
}

impl Rotation {
    /// A function may be ten minutes behind with what it publishes, whoever keeps its answer five minutes more, and clocks may
    /// differ by one.
    pub const LEAD: SignedDuration = SignedDuration::from_mins(20);

    /// What is due now. In the roles of `forced`, a key is replaced whatever its age.
    pub fn due(&self, published: &KeySet, now: Timestamp, forced: &[KeyRole]) -> Step {
        let mut step = Step {
            keys: published.clone(),
            make: Vec::new(),
        };
        let now = whole_seconds(now);
        for key in &mut step.keys.keys {
            // Of a key from before keys rotated: its time begins when it is first seen.
            key.since.get_or_insert(now);
        }
        step.drop_where(|key| self.is_over(key, now));
        for role in KeyRole::ALL {
            self.advance(&mut step, role, now, forced.contains(&role));
        }
        step
    }

    /// Another key in place of this one, at once, which is dropped with all its tokens. Nothing if no such key is published.
    pub fn without(&self, published: &KeySet, kid: &str, now: Timestamp) -> Option<Step> {
        let now = whole_seconds(now);
        let revoked = published.find(kid)?.clone();
        let mut step = Step {
            keys: published.clone(),
            make: Vec::new(),
        };
        step.drop_where(|key| key.kid == kid);
        if revoked.state == KeyState::Active {
            self.succeed(&mut step, revoked.algorithm.role(), now);
        }
        Some(step)
    }

    fn advance(&self, step: &mut Step, role: KeyRole, now: Timestamp, forced: bool) {
        // What waits and is no longer wished has not signed anything.
        step.drop_where(|key| {
            let waits = key.state == KeyState::Pending && key.algorithm.role() == role;
            waits && !self.wish.is_met_by(key)
        });
        let Some(active) = step.keys.active(role).cloned() else {
            return self.succeed(step, role, now);
        };
        match step.keys.pending(role).map(|key| key.kid.clone()) {
            Some(pending) => {
                let ripe = |key: &PublicKey| key.age(now) >= self.lead;
                if step.keys.find(&pending).is_some_and(ripe) {
                    step.put(&active.kid, KeyState::Retired, now);
                    step.put(&pending, KeyState::Active, now);
                }
            }
            None => {
                let is_old = |period| active.age(now) >= period;
                if forced || !self.wish.is_met_by(&active) || self.period.is_some_and(is_old) {
                    let algorithm = self.wish.algorithm(role);
                    step.make.push((algorithm, KeyState::Pending));
                }
            }
        }
    }

    /// Has a role's next key sign at once, where none does.
    fn succeed(&self, step: &mut Step, role: KeyRole, now: Timestamp) {
        match step.keys.pending(role).map(|key| key.kid.clone()) {
            Some(pending) => step.put(&pending, KeyState::Active, now),
            None => {
                let algorithm = self.wish.algorithm(role);
                step.make.push((algorithm, KeyState::Active));
            }
        }
    }

    fn is_over(&self, key: &PublicKey, now: Timestamp) -> bool {
        let life = match key.algorithm.role() {
            KeyRole::General => self.general_life,
            KeyRole::Rbac => self.rbac_life,
        };
        key.state == KeyState::Retired && key.age(now) >= SIGNS_ON + life
    }
}

impl Step {
    fn put(&mut self, kid: &str, state: KeyState, now: Timestamp) {
        for key in self.keys.keys.iter_mut().filter(|key| key.kid == kid) {
            key.state = state;
            key.since = Some(now);
        }
    }

    fn drop_where(&mut self, goes: impl Fn(&PublicKey) -> bool) {
        let gone = self.keys.keys.extract_if(.., |key| goes(key));
        self.keys.dropped.extend(gone.map(Into::into));
    }
}

impl PublicKey {
    /// How long it has been in its state.
    fn age(&self, now: Timestamp) -> SignedDuration {
        now.duration_since(self.since.unwrap_or(now))
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};

    use super::{Rotation, Step, Wish};
    use crate::keys::key_set::{Home, KeyNumbers, KeySet, KeyState, PublicKey};
    use crate::keys::{Algorithm, KeyRole};

    const DAY: i64 = 86_400;

    fn rules() -> Rotation {
        Rotation {
            wish: Wish {
                general: Algorithm::Rs256,
                home: Home::Wrapped,
            },
            lead: Rotation::LEAD,
            period: Some(SignedDuration::from_hours(90 * 24)),
            general_life: SignedDuration::from_hours(30 * 24),
            rbac_life: SignedDuration::from_hours(24),
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
    }

    fn key(kid: &str, algorithm: Algorithm, state: KeyState, since: i64) -> PublicKey {
        PublicKey {
            kid: kid.to_owned(),
            algorithm,
            numbers: KeyNumbers::rsa(&[1], &[3]),
            state,
            since: Some(at(since)),
            kms_key: None,
        }
    }

    fn set(keys: &[PublicKey]) -> KeySet {
        KeySet {
            keys: keys.to_vec(),
            dropped: Vec::new(),
        }
    }

    fn active() -> [PublicKey; 2] {
        [
            key("a", Algorithm::Rs256, KeyState::Active, 0),
            key("r", Algorithm::Rs512, KeyState::Active, 0),
        ]
    }

    /// What becomes of the keys in this role: each one's name and state.
    fn states(step: &Step, role: KeyRole) -> Vec<(&str, KeyState)> {
        let keys = step.keys.keys.iter();
        let of_role = keys.filter(|key| key.algorithm.role() == role);
        of_role.map(|key| (&*key.kid, key.state)).collect()
    }

    #[test]
    fn a_key_is_replaced_when_the_period_is_over_and_not_before() {
        let published = set(&active());
        let step = rules().due(&published, at(90 * DAY - 1), &[]);
        assert_eq!((step.keys, step.make), (published.clone(), vec![]));
        let step = rules().due(&published, at(90 * DAY), &[]);
        assert_eq!(
            step.make,
            [
                (Algorithm::Rs256, KeyState::Pending),
                (Algorithm::Rs512, KeyState::Pending)
            ]
        );
        assert_eq!(step.keys, published, "the former goes on");
        let never = Rotation {
            period: None,
            ..rules()
        };
        assert_eq!(never.due(&published, at(9000 * DAY), &[]).make, []);
    }

    #[test]
    fn a_pending_key_signs_after_twenty_minutes() {
        let mut keys = active().to_vec();
        keys.push(key("b", Algorithm::Rs256, KeyState::Pending, DAY));
        let published = set(&keys);
        for seconds in [0, 1199] {
            let step = rules().due(&published, at(DAY + seconds), &[KeyRole::General]);
            assert_eq!((step.keys, step.make), (published.clone(), vec![]));
        }
        let step = rules().due(&published, at(DAY + 1200), &[]);
        assert_eq!(
            states(&step, KeyRole::General),
            [("a", KeyState::Retired), ("b", KeyState::Active)]
        );
        let since: Vec<_> = step.keys.keys.iter().map(|key| key.since).collect();
        assert_eq!(since, [DAY + 1200, 0, DAY + 1200].map(|it| Some(at(it))));
    }

    #[test]
    fn a_retired_key_goes_when_its_last_token_is_over() {
        let mut keys = active().to_vec();
        keys.push(key("z", Algorithm::Es256, KeyState::Retired, 0));
        keys.push(key("q", Algorithm::Rs512, KeyState::Retired, 0));
        let published = set(&keys);
        for (seconds, dropped) in [
            (DAY + 899, vec![]),
            (DAY + 900, vec!["q"]),
            (30 * DAY + 899, vec!["q"]),
            (30 * DAY + 900, vec!["z", "q"]),
        ] {
            let step = rules().due(&published, at(seconds), &[]);
            let gone: Vec<_> = step.keys.dropped.iter().map(|key| &*key.kid).collect();
            assert_eq!(gone, dropped, "{seconds}");
            assert!(dropped.iter().all(|kid| step.keys.find(kid).is_none()));
        }
    }

    #[test]
    fn another_algorithm_and_another_home_are_rotations() {
        let published = set(&active());
        let mut rules = rules();
        rules.wish.general = Algorithm::Es256;
        let step = rules.due(&published, at(1), &[]);
        assert_eq!(step.make, [(Algorithm::Es256, KeyState::Pending)]);
        rules.wish.home = Home::Kms;
        let step = rules.due(&published, at(1), &[]);
        assert_eq!(
            step.make,
            [
                (Algorithm::Es256, KeyState::Pending),
                (Algorithm::Rs512, KeyState::Pending)
            ]
        );
    }

    #[test]
    fn a_pending_key_that_is_no_longer_wished_goes_and_the_wished_one_comes() {
        let mut keys = active().to_vec();
        keys.push(key("e", Algorithm::Es256, KeyState::Pending, 0));
        let step = rules().due(&set(&keys), at(9000), &[]);
        assert_eq!(states(&step, KeyRole::General), [("a", KeyState::Active)]);
        assert_eq!(step.keys.dropped.len(), 1);
        assert_eq!(step.make, [], "the active one is as wished");
        let step = rules().due(&set(&keys), at(9000), &[KeyRole::General]);
        assert_eq!(step.make, [(Algorithm::Rs256, KeyState::Pending)]);
    }

    #[test]
    fn a_role_without_an_active_key_gets_one_at_once() {
        let step = rules().due(&KeySet::default(), at(0), &[]);
        assert_eq!(
            step.make,
            [
                (Algorithm::Rs256, KeyState::Active),
                (Algorithm::Rs512, KeyState::Active)
            ]
        );
    }

    #[test]
    fn the_time_of_a_key_from_before_begins_when_it_is_seen() {
        let mut published = set(&active());
        for key in &mut published.keys {
            key.since = None;
        }
        let step = rules().due(&published, at(5), &[]);
        assert_eq!(step.make, []);
        assert!(step.keys.keys.iter().all(|key| key.since == Some(at(5))));
    }

    #[test]
    fn a_revoked_key_is_gone_and_the_next_one_signs_at_once() {
        let mut keys = active().to_vec();
        let step = rules()
            .without(&set(&keys), "a", at(5))
            .expect("it is there");
        assert_eq!(states(&step, KeyRole::General), []);
        assert_eq!(step.make, [(Algorithm::Rs256, KeyState::Active)]);
        assert_eq!(step.keys.dropped[0].kid, "a");

        keys.push(key("b", Algorithm::Rs256, KeyState::Pending, 4));
        let published = set(&keys);
        let step = rules()
            .without(&published, "a", at(5))
            .expect("it is there");
        assert_eq!(states(&step, KeyRole::General), [("b", KeyState::Active)]);
        assert_eq!(step.make, []);
        let step = rules()
            .without(&published, "b", at(5))
            .expect("it is there");
        assert_eq!(states(&step, KeyRole::General), [("a", KeyState::Active)]);
        assert_eq!((step.keys.dropped.len(), step.make.len()), (1, 0));
        assert_eq!(rules().without(&published, "c", at(5)), None);
    }
}

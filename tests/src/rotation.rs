//! The rules by which signing keys follow each other, under schedules of chance: runs that fail, forced rotations, changed settings,
//! functions and caches that are behind, clocks that differ.

use jiff::{SignedDuration, Timestamp};
use shared::keys::{
    Algorithm, Home, KeyNumbers, KeyRole, KeySet, KeyState, PublicKey, Rotation, Wish,
};

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;
/// How far behind a function may be.
const BEHIND: i64 = 10 * MINUTE;
/// For how long whoever asked for the published keys keeps the answer.
const CACHED: i64 = 5 * MINUTE;
/// How far a clock may be from the right time, to either side.
const OFF: i64 = 30;
/// How far a verifier's clock may be behind for it to take a token yet.
const LEEWAY: i64 = 5;
const SEEDS: u64 = 60;
const TOKENS: u64 = 400;
const HORIZON: i64 = 50 * DAY;

/// Numbers of chance, the same for a seed (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: i64) -> i64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let drawn = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        i64::try_from(drawn).expect("31 bits") % bound
    }

    fn one_in(&mut self, times: i64) -> bool {
        self.below(times) == 0
    }

    fn off(&mut self) -> i64 {
        self.below(2 * OFF + 1) - OFF
    }
}

/// What was published from when on.
struct History(Vec<(i64, KeySet)>);

impl History {
    fn at(&self, seconds: i64) -> &KeySet {
        let later = self.0.partition_point(|(from, _)| *from <= seconds);
        &self.0[later.max(1) - 1].1
    }
}

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).expect("a time")
}

fn rules(lead: SignedDuration) -> Rotation {
    Rotation {
        wish: Wish {
            general: Algorithm::Rs256,
            home: Home::Wrapped,
        },
        lead,
        period: None,
        general_life: SignedDuration::from_hours(30 * 24),
        rbac_life: SignedDuration::from_hours(24),
    }
}

/// Lets an operator run every quarter of an hour, or so.
fn operate(chance: &mut Chance, mut rules: Rotation) -> History {
    let days = 1 + chance.below(20);
    rules.period = (!chance.one_in(4)).then(|| SignedDuration::from_hours(days * 24));
    let mut keys = KeySet::default();
    let mut history = History(Vec::new());
    let mut now = 0;
    let mut made = 0;
    while now < HORIZON {
        let forced: &[KeyRole] = if chance.one_in(700) {
            &KeyRole::ALL
        } else {
            &[]
        };
        if chance.one_in(1000) {
            let both = [Algorithm::Rs256, Algorithm::Es256];
            rules.wish.general = both[usize::from(chance.one_in(2))];
            rules.wish.home = [Home::Wrapped, Home::Kms][usize::from(chance.one_in(2))];
        }
        let clock = time(now + chance.off());
        let step = rules.due(&keys, clock, forced);
        let mut next = step.keys;
        next.dropped.clear();
        for (algorithm, state) in step.make {
            made += 1;
            next.keys.push(PublicKey {
                kid: made.to_string(),
                algorithm,
                numbers: KeyNumbers::Rsa {
                    modulus: String::new(),
                    exponent: String::new(),
                },
                state,
                since: Some(clock),
                kms_key: (rules.wish.home == Home::Kms).then(|| made.to_string()),
            });
        }
        // A run may fail, and a write may take its time.
        if next != keys && !chance.one_in(5) {
            keys = next;
            history.0.push((now + chance.below(10), keys.clone()));
        }
        now += match chance.below(20) {
            0 => chance.below(300),
            1 => chance.below(DAY),
            _ => 15 * MINUTE,
        };
    }
    history
}

/// What is wrong with a token that is signed at this time by a function that is as far behind as may be; nothing, if all is well.
fn fault(chance: &mut Chance, history: &History) -> Option<String> {
    let role = KeyRole::ALL[usize::from(chance.one_in(4))];
    let lives = match role {
        KeyRole::General => [5 * MINUTE, 60 * MINUTE, 30 * DAY],
        KeyRole::Rbac => [5 * MINUTE, 30 * MINUTE, DAY],
    };
    let life = lives[usize::try_from(chance.below(3)).expect("small")];
    // Often just after a change, where it matters.
    let nth = usize::try_from(chance.below(1 << 20)).expect("small") % history.0.len();
    let signed = history.0[nth].0 + chance.below(2 * BEHIND);
    let looked = signed - chance.below(BEHIND + 1);
    if looked < history.0[0].0 || signed + life > HORIZON {
        return None;
    }
    let Some(key) = history.at(looked).active(role) else {
        return Some(format!("at {signed}, nothing signs"));
    };
    let kid = &key.kid;
    if history.at(signed).find(kid).is_none() {
        return Some(format!("at {signed}, {kid} signs and is not published"));
    }
    // By the verifier's clock, it may be valid for longer.
    let valid = life + 2 * OFF + LEEWAY;
    for after in [0, chance.below(BEHIND), chance.below(valid), valid - 1] {
        for behind in [0, chance.below(BEHIND + CACHED), BEHIND + CACHED] {
            let seen = signed + after - behind;
            // Before the first key, there was nobody to verify.
            if seen >= history.0[0].0 && history.at(seen).find(kid).is_none() {
                return Some(format!(
                    "signed by {kid} at {signed}, refused {after} s later by who is {behind} s behind"
                ));
            }
        }
    }
    None
}

fn first_fault(lead: SignedDuration) -> Option<String> {
    (1..=SEEDS).find_map(|seed| {
        let mut chance = Chance(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let history = operate(&mut chance, rules(lead));
        assert!(history.0.len() > 1, "{seed}: nothing has happened");
        (0..TOKENS)
            .find_map(|_| fault(&mut chance, &history))
            .map(|fault| format!("seed {seed}: {fault}"))
    })
}

#[test]
fn no_token_is_refused_whose_time_is_not_over_and_no_key_signs_that_is_not_published() {
    assert_eq!(first_fault(Rotation::LEAD), None);
}

/// The test above would tell.
#[test]
fn five_minutes_would_not_be_enough() {
    let fault = first_fault(SignedDuration::from_mins(5));
    assert!(fault.is_some_and(|fault| fault.contains("refused")));
}

#[test]
fn in_each_role_one_key_signs_at_any_time() {
    for seed in 1..=SEEDS {
        let mut chance = Chance(seed);
        for (from, keys) in operate(&mut chance, rules(Rotation::LEAD)).0 {
            for role in KeyRole::ALL {
                let in_state = |state| {
                    let keys = keys.keys.iter();
                    let keys = keys.filter(|key| key.algorithm.role() == role);
                    keys.filter(|key| key.state == state).count()
                };
                assert_eq!(in_state(KeyState::Active), 1, "seed {seed}, at {from}");
                assert!(in_state(KeyState::Pending) <= 1, "seed {seed}, at {from}");
            }
        }
    }
}

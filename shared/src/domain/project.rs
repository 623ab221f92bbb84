//! Projects (document 004): applications with users of their own, or with those of a realm that they share.

use aws_lc_rs::{constant_time, hmac};
use data_encoding::{HEXLOWER, HEXUPPER};
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretBox};

use super::addressed_secret::sha256;
use super::{DeviceId, ProjectId, ProviderName, Providers, Random, Realm, UserId};

/// A signature of document 004 has 40 digits.
const SIGNATURE_BYTES: usize = 20;

/// How long a secret that was replaced still verifies.
const FORMER_SECRET_LASTS: SignedDuration = SignedDuration::from_hours(24);

/// A project.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its name.
    pub id: ProjectId,
    /// Where the addresses of its password accounts are unique.
    pub realm: Realm,
    /// What its users may sign in by.
    pub providers: Providers,
    /// What it signs with.
    pub secrets: ProjectSecrets,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A project's own secrets, apart from those that its providers gave it.
#[derive(Debug, Clone)]
pub struct ProjectSecrets {
    /// Makes external ids, which must never change: not rotated.
    pub pseudonyms: ProjectSecret,
    /// Signs (user, device, time), for whoever shares it.
    pub signatures: ProjectSecret,
    /// The one before, which still verifies for a while.
    pub former_signatures: Option<(ProjectSecret, Timestamp)>,
}

/// 256 random bits.
#[derive(Debug, Clone)]
pub struct ProjectSecret(std::sync::Arc<SecretBox<[u8; 32]>>);

/// A project's name for one of its users: 64 hexadecimal digits, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalId(String);

impl ProjectId {
    /// The realm that an operator means for this project: a name, or `own` for one that no other project has.
    pub fn realm(self, name: &str) -> Option<Realm> {
        match name {
            "own" => Realm::parse(&self.to_string()),
            name => Realm::parse(name),
        }
    }
}

impl Project {
    /// The name that it has for who this is at this provider: the same each time, another in each project, and it tells nobody
    /// else who it is.
    pub fn external_id(&self, provider: ProviderName, subject: &str) -> ExternalId {
        let key = self.secrets.pseudonyms.key();
        let parts = [provider.as_str(), subject].join("\n");
        let tag = hmac::sign(&key, parts.as_bytes());
        ExternalId(HEXLOWER.encode(tag.as_ref()))
    }

    /// What shows another service that shares the project's secret that we saw this user on this device at this time: the first
    /// 160 bits of HMAC-SHA-256 over `user "\n" device "\n" seconds`, as 40 hexadecimal digits in upper case.
    pub fn signature(&self, user: UserId, device: DeviceId, at: Timestamp) -> String {
        let tag = sign(&self.secrets.signatures, user, device, at.as_second());
        HEXUPPER.encode(&tag)
    }

    /// Whether a signature is ours, by the present secret, or by the former one on the day after it was replaced.
    pub fn verifies(
        &self,
        (user, device, seconds): (UserId, DeviceId, i64),
        signature: &str,
        now: Timestamp,
    ) -> bool {
        let Ok(given) = HEXUPPER.decode(signature.as_bytes()) else {
            return false;
        };
        let former = self.secrets.former_signatures.as_ref();
        let former = former.filter(|(_, until)| now < *until);
        let mut valid = std::iter::once(&self.secrets.signatures).chain(former.map(|(key, _)| key));
        valid.any(|key| {
            let tag = sign(key, user, device, seconds);
            constant_time::verify_slices_are_equal(&tag, &given).is_ok()
        })
    }
}

impl ProjectSecrets {
    /// Those of a new project.
    pub fn new(random: &dyn Random) -> Self {
        Self {
            pseudonyms: ProjectSecret::new(random),
            signatures: ProjectSecret::new(random),
            former_signatures: None,
        }
    }

    /// Another secret for signatures; the present one verifies for a day.
    #[must_use]
    pub fn rotated(self, random: &dyn Random, now: Timestamp) -> Self {
        Self {
            pseudonyms: self.pseudonyms,
            signatures: ProjectSecret::new(random),
            former_signatures: Some((self.signatures, now + FORMER_SECRET_LASTS)),
        }
    }
}

impl ProjectSecret {
    /// A fresh one.
    pub fn new(random: &dyn Random) -> Self {
        Self::of(random.bytes())
    }

    /// Reads 64 hexadecimal digits in lower case.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        Some(Self::of(bytes.try_into().ok()?))
    }

    /// Those digits: to be sealed, and shown once to whoever shares it.
    pub fn expose(&self) -> String {
        HEXLOWER.encode(self.0.expose_secret())
    }

    fn of(bytes: [u8; 32]) -> Self {
        Self(std::sync::Arc::new(SecretBox::new(Box::new(bytes))))
    }

    fn key(&self) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, self.0.expose_secret())
    }
}

impl ExternalId {
    /// One that nobody can guess, and that alone opens a profile (provider `noLogin`).
    pub fn new(random: &dyn Random) -> Self {
        Self(HEXLOWER.encode(&random.bytes::<32>()))
    }

    /// Reads the 64 digits.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = HEXLOWER.decode(text.as_bytes()).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    /// The 64 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Who somebody is at a provider of a project, as keys hold it: SHA-256 of the provider's own name for them, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubjectDigest(String);

impl SubjectDigest {
    /// Of the provider's name for somebody.
    pub fn of(subject: &str) -> Self {
        Self(HEXLOWER.encode(&sha256(subject.as_bytes())))
    }

    /// The digest.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn sign(
    key: &ProjectSecret,
    user: UserId,
    device: DeviceId,
    seconds: i64,
) -> [u8; SIGNATURE_BYTES] {
    let tag = hmac::sign(
        &key.key(),
        format!("{user}\n{device}\n{seconds}").as_bytes(),
    );
    let (start, _) = tag
        .as_ref()
        .split_first_chunk()
        .expect("HMAC-SHA-256 has 32 bytes");
    *start
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, Timestamp};
    use uuid::Uuid;

    use super::{ExternalId, Project, ProjectSecret, ProjectSecrets};
    use crate::domain::{
        DeviceId, ProjectId, ProviderName, Providers, Realm, SystemRandom, UserId,
    };

    const USER: UserId = UserId(Uuid::from_bytes([1; 16]));
    const DEVICE: DeviceId = DeviceId(Uuid::from_bytes([2; 16]));

    fn project() -> Project {
        let secret = |byte: &str| ProjectSecret::parse(&byte.repeat(32)).expect("64 digits");
        Project {
            id: ProjectId(Uuid::from_bytes([3; 16])),
            realm: Realm::default_realm(),
            providers: Providers::default(),
            secrets: ProjectSecrets {
                pseudonyms: secret("0a"),
                signatures: secret("0b"),
                former_signatures: None,
            },
            created_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).expect("in range")
    }

    /// Computed independently, with Python's hmac.
    #[test]
    fn a_signature_and_an_external_id_are_those_of_the_documents_shape() {
        let signature = project().signature(USER, DEVICE, at(1_614_788_250));
        assert_eq!(signature, "4F20143071399B22BCF7ABC634794EA5040B8C23");
        let external = project().external_id(ProviderName::AwsCognito, &USER.to_string());
        assert_eq!(
            external.as_str(),
            "d2bb5d856199a5b5cc575768d08a7061bb3eac18e265bad4bbbd7dd3b52f9379"
        );
        assert!(ExternalId::parse(external.as_str()).is_some());
    }

    #[test]
    fn a_rotated_secret_verifies_for_a_day() {
        let old = project();
        let signature = old.signature(USER, DEVICE, at(1000));
        let signed = (USER, DEVICE, 1000);
        let secrets = old.secrets.clone().rotated(&SystemRandom, at(2000));
        let new = Project { secrets, ..old };
        let day = at(2000) + SignedDuration::from_hours(24);
        assert!(new.verifies(signed, &signature, day - SignedDuration::from_secs(1)));
        assert!(!new.verifies(signed, &signature, day));
        assert!(new.verifies(signed, &new.signature(USER, DEVICE, at(1000)), day));
        assert_eq!(
            new.external_id(ProviderName::Google, "ann"),
            project().external_id(ProviderName::Google, "ann")
        );
    }

    #[test]
    fn any_other_signature_is_refused() {
        let project = project();
        let good = project.signature(USER, DEVICE, at(1000));
        assert!(project.verifies((USER, DEVICE, 1000), &good, at(1001)));
        assert!(!project.verifies((USER, DEVICE, 1001), &good, at(1001)));
        assert!(!project.verifies((USER, DeviceId(USER.0), 1000), &good, at(1001)));
        for bad in [
            "",
            "00",
            &good.to_lowercase(),
            &good[..38],
            &format!("{good}00"),
        ] {
            assert!(
                !project.verifies((USER, DEVICE, 1000), bad, at(1001)),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_realm_of_its_own_is_named_by_the_project() {
        let id = project().id;
        let realm = |name| id.realm(name).map(|realm| realm.to_string());
        assert_eq!(realm("own"), Some(id.to_string()));
        assert_eq!(realm("staff"), Some("staff".to_owned()));
        assert_eq!(realm("Staff"), None);
    }

    #[test]
    fn an_external_id_has_64_digits_in_lower_case() {
        let id = ExternalId::new(&SystemRandom);
        assert_eq!(ExternalId::parse(id.as_str()), Some(id.clone()));
        for text in [
            "",
            "ab",
            &id.as_str()[1..],
            &"G".repeat(64),
            &"A".repeat(64),
        ] {
            assert_eq!(ExternalId::parse(text), None, "{text}");
        }
    }
}

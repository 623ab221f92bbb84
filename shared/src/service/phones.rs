//! Proving that somebody has a phone number: a code is texted to it, and whoever brings it back has it.
//!
//! The code is derived from its record, which holds nothing of it. It proves one number to one account while its credential is the
//! one that asked, and is sent before the answer: what cannot be sent is an outage.

use std::sync::Arc;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::SignedDuration;

use super::accounts::TRIES;
use super::{Context, CurrentUser, Limits, tell};
use crate::domain::{Outcome, PhoneNumber, User};
use crate::error::{Error, Result};
use crate::keys::{ServerKey, derive, six_digits};
use crate::sms::{Sms, SmsSender, SmsText};
use crate::store::{Added, NumberCode, ProvenNumber};

/// How long a code is good (document 001).
const CODE_LIFETIME: SignedDuration = SignedDuration::from_secs(300);

/// Has owners prove their phone numbers.
#[derive(Debug, Clone)]
pub struct PhoneNumbers {
    context: Context,
    key: ServerKey,
    limits: Limits,
    /// Nothing where no text messages are sent.
    sms: Option<Arc<dyn SmsSender>>,
    service_name: String,
}

impl PhoneNumbers {
    /// With codes under this key.
    pub fn new(
        context: Context,
        key: ServerKey,
        limits: Limits,
        sms: Option<Arc<dyn SmsSender>>,
        service_name: String,
    ) -> Self {
        Self {
            context,
            key,
            limits,
            sms,
            service_name,
        }
    }

    /// Texts a code to a number; one that was sent before is void. Two transactions, a write and the message.
    ///
    /// # Errors
    /// [`Error::SmsOff`]; [`Error::LimitReached`] if the account has as many numbers as it can; [`Error::RateLimited`];
    /// [`Error::NotSent`]; [`Error::Unavailable`].
    pub async fn validate(&self, current: &CurrentUser, number: &PhoneNumber) -> Result<()> {
        let sms = self.sms.as_ref().ok_or(Error::SmsOff)?;
        let user = current.user();
        user.phones_with(number).ok_or(Error::LimitReached)?;
        self.limits.count_sms(number, user.id).await?;
        let (record, code) = self.new_code(user, number)?;
        let expires_at = self.context.now() + CODE_LIFETIME;
        let store = &self.context.store;
        store.put_number_code(user, &record, expires_at).await?;
        let text = SmsText::NumberValidation { code: &code };
        let text = text.compose(user.language.for_messages(), &self.service_name);
        let to = number.clone();
        sms.send(Sms { to, text }).await?;
        tell(Outcome::PhoneCodeSent, user.id);
        Ok(())
    }

    /// Gives the account a number by its code, as its last one; a number that it has stays where it is. Succeeds once per code,
    /// which has five tries. One write and one transaction.
    ///
    /// # Errors
    /// [`Error::InvalidCode`] for a wrong or a used code, another number, too late or too often; [`Error::LimitReached`];
    /// [`Error::Unavailable`].
    pub async fn complete(
        &self,
        current: &CurrentUser,
        number: &PhoneNumber,
        code: &str,
    ) -> Result<()> {
        let now = self.context.now();
        let store = &self.context.store;
        let tried = store.try_number_code(current.user(), now).await?;
        let is_it = |record: &NumberCode| self.is_code(record, current.user(), number, code);
        let record = tried.filter(is_it).ok_or(Error::InvalidCode)?;
        let mut user = current.user().clone();
        for _ in 0..TRIES {
            let phones = user.phones_with(number).ok_or(Error::LimitReached)?;
            let proven = ProvenNumber {
                user: &user,
                code: record.id,
                phones: &phones,
            };
            match store.add_proven_number(&proven, now).await? {
                Added::Done => {
                    tell(Outcome::PhoneValidated, user.id);
                    return Ok(());
                }
                Added::Over => return Err(Error::InvalidCode),
                Added::Stale => {}
            }
            let found = store.find_user(user.id).await?;
            user = found.ok_or(Error::InvalidCode)?;
        }
        Err(Error::Unavailable("the account changes too often".into()))
    }

    fn new_code(&self, user: &User, number: &PhoneNumber) -> Result<(NumberCode, String)> {
        let mut record = NumberCode {
            id: self.context.random.uuid(),
            key_version: self.key.current_version(),
            number_digest: [0; 32],
        };
        let derived = self.derived(&record, user, number);
        let (digest, code) = derived.ok_or_else(|| Error::Internal("no current key".into()))?;
        record.number_digest = digest;
        Ok((record, code))
    }

    /// Whether this is the code that was sent to this number. Constant time.
    fn is_code(&self, record: &NumberCode, user: &User, number: &PhoneNumber, code: &str) -> bool {
        let Some((digest, expected)) = self.derived(record, user, number) else {
            return false;
        };
        let same = |one: &[u8], other: &[u8]| verify_slices_are_equal(one, other).is_ok();
        let is_number = same(&record.number_digest, &digest);
        let is_code = same(expected.as_bytes(), code.as_bytes());
        is_number & is_code
    }

    /// The number's digest, and its code; nothing if the key is out of use.
    fn derived(
        &self,
        record: &NumberCode,
        user: &User,
        number: &PhoneNumber,
    ) -> Option<([u8; 32], String)> {
        let key = self.key.version(record.key_version)?;
        let parts = |purpose: &'static [u8]| -> [&[u8]; 4] {
            [
                record.id.as_bytes(),
                purpose,
                user.id.0.as_bytes(),
                number.as_str().as_bytes(),
            ]
        };
        let digest = derive(key, &parts(b"phone-number"));
        Some((digest, six_digits(key, &parts(b"phone-code"))))
    }
}

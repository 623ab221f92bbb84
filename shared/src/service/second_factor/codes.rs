//! The codes of challenges: six digits that are texted or mailed.
//!
//! Derived from the challenge, so that the same one can be sent again while nothing of it is stored. Sent before the answer: a code
//! that cannot be sent is an outage, never a way round it.

use std::sync::Arc;

use aws_lc_rs::constant_time;

use super::super::{Limits, Mailer};
use crate::domain::{FactorMethod, User};
use crate::error::{Error, Result};
use crate::keys::{ServerKey, six_digits};
use crate::mail::{Letter, Mail};
use crate::sms::{Sms, SmsSender, SmsText};
use crate::store::Challenge;

/// Makes, sends and compares the codes of challenges.
#[derive(Debug, Clone)]
pub struct SignInCodes {
    key: ServerKey,
    limits: Limits,
    mailer: Mailer,
    /// Nothing where no text messages are sent.
    sms: Option<Arc<dyn SmsSender>>,
    service_name: String,
}

impl SignInCodes {
    /// Codes under this key, sent by these.
    pub fn new(
        key: ServerKey,
        limits: Limits,
        mailer: Mailer,
        sms: Option<Arc<dyn SmsSender>>,
        service_name: String,
    ) -> Self {
        Self {
            key,
            limits,
            mailer,
            sms,
            service_name,
        }
    }

    /// The version that the codes of new challenges are derived with.
    pub(super) fn key_version(&self) -> u32 {
        self.key.current_version()
    }

    /// Sends the code of a challenge, as its method says.
    ///
    /// # Errors
    /// [`Error::NotSent`]; [`Error::SmsOff`]; [`Error::PhoneRequired`]; [`Error::RateLimited`].
    pub(super) async fn send(&self, challenge: &Challenge, user: &User) -> Result<()> {
        let code = self.code(challenge).ok_or(Error::ChallengeOver)?;
        let language = user.language.for_messages();
        if challenge.method == FactorMethod::Sms {
            let text = SmsText::SignInCode { code: &code };
            let text = text.compose(language, &self.service_name);
            return self.text(user, text).await;
        }
        let letter = Letter::SignInCode { code: &code };
        let mail = Mail {
            to: vec![user.email.clone()],
            content: letter.compose(language, &self.service_name),
        };
        self.mailer.send(mail).await
    }

    /// Whether this is the code of a challenge. Constant time.
    pub(super) fn is_answer(&self, challenge: &Challenge, answer: &str) -> bool {
        let code = self.code(challenge).unwrap_or_default();
        constant_time::verify_slices_are_equal(code.as_bytes(), answer.as_bytes()).is_ok()
    }

    async fn text(&self, user: &User, text: String) -> Result<()> {
        let sms = self.sms.as_ref().ok_or(Error::SmsOff)?;
        let to = user.phones.first().ok_or(Error::PhoneRequired)?;
        self.limits.count_sms(to, user.id).await?;
        let to = to.clone();
        Ok(sms.send(Sms { to, text }).await?)
    }

    /// Nothing if its key is out of use.
    fn code(&self, challenge: &Challenge) -> Option<String> {
        let key = self.key.version(challenge.key_version)?;
        let parts: [&[u8]; 3] = [
            challenge.id.as_bytes(),
            b"sign-in",
            challenge.user.0.as_bytes(),
        ];
        Some(six_digits(key, &parts))
    }
}

//! Limits per client, per address, per phone number and per user. The lock of one account's sign-in is not here but in its credential.

use std::fmt::Display;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Context;
use crate::domain::{AddressDigest, ClientAddress, PhoneNumber, ProjectId, Realm, UserId};
use crate::error::{Error, Result, causes};
use crate::keys::ServerKey;
use crate::store::{Quota, Source, Taken, Window};

const MINUTE: SignedDuration = SignedDuration::from_mins(1);
const QUARTER: SignedDuration = SignedDuration::from_mins(15);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Counters that the day's text messages are spread over, so that none of them is written by everybody.
const SMS_SHARDS: u32 = 8;

/// How much of what is allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LimitSettings {
    /// Whether the limits per client address hold. Those per account always do.
    pub per_client: bool,
    /// Registrations per client and hour.
    pub registrations_per_client: u32,
    /// Failed sign-ins per client and quarter of an hour.
    pub failures_per_client: u32,
    /// Recovery mails and confirmation mails sent again, per client and hour.
    pub recoveries_per_client: u32,
    /// Recovery mails per address and hour.
    pub recoveries_per_address: u32,
    /// Time between two confirmation mails sent again to one address.
    pub resend_pause: Duration,
    /// Confirmation mails sent again per address and day.
    pub resends_per_day: u32,
    /// Text messages. These hold whether those per client do or not: each message is paid for.
    pub sms: SmsLimits,
    /// Recipients that one user may have mails sent to by asking for just that, per day.
    pub mailed_recipients_per_user: u32,
    /// Guests that a project may get, per day (document 004).
    pub guests_per_project: u32,
    /// Sign-ins that a user pool is asked about, per client and minute (document 004).
    pub pool_sign_ins_per_client: u32,
}

/// How many text messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SmsLimits {
    /// To one number, per hour.
    pub per_number_and_hour: u32,
    /// To one number, per day.
    pub per_number_and_day: u32,
    /// On behalf of one user, per day.
    pub per_user_and_day: u32,
    /// In all, per day.
    pub per_day: u32,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            per_client: true,
            registrations_per_client: 30,
            failures_per_client: 100,
            recoveries_per_client: 10,
            recoveries_per_address: 3,
            resend_pause: Duration::from_mins(1),
            resends_per_day: 3,
            sms: SmsLimits {
                per_number_and_hour: 3,
                per_number_and_day: 10,
                per_user_and_day: 20,
                per_day: 1000,
            },
            mailed_recipients_per_user: 200,
            guests_per_project: 10_000,
            pool_sign_ins_per_client: 10,
        }
    }
}

/// Counts what clients do.
#[derive(Debug, Clone)]
pub struct Limits {
    context: Context,
    settings: LimitSettings,
    sources: ServerKey,
}

impl Limits {
    /// Limits as set; `sources` makes digests of client addresses and phone numbers.
    pub fn new(context: Context, settings: LimitSettings, sources: ServerKey) -> Self {
        Self {
            context,
            settings,
            sources,
        }
    }

    /// The stored form of a client's address.
    pub(super) fn source(&self, client: ClientAddress) -> Source {
        let digest = self
            .sources
            .digest(&[b"source", client.as_text().as_bytes()]);
        Source(data_encoding::BASE64URL_NOPAD.encode(&digest[..16]))
    }

    /// Counts a registration. One write.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; [`Error::Unavailable`] if it cannot be counted.
    pub(super) async fn count_registration(&self, client: Option<ClientAddress>) -> Result<()> {
        self.count_client(
            "register",
            client,
            HOUR,
            self.settings.registrations_per_client,
        )
        .await
    }

    /// Counts a guest of a project, as a registration of the client and, if that allows it, among the project's of the day. One write,
    /// then a transaction.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; [`Error::Unavailable`] if it cannot be counted.
    pub(super) async fn count_guest(
        &self,
        project: ProjectId,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        self.count_registration(client).await?;
        let most = self.settings.guests_per_project;
        let quota = self.quota(&format!("guests#project#{project}"), DAY, most);
        self.take(&[quota], 1).await
    }

    /// Counts a sign-in that a user pool is to be asked about. One write.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; [`Error::Unavailable`] if it cannot be counted.
    pub(super) async fn count_pool_sign_in(&self, client: Option<ClientAddress>) -> Result<()> {
        let most = self.settings.pool_sign_ins_per_client;
        self.count_client("pool", client, MINUTE, most).await
    }

    /// Whether a client may still try to sign in: only failures are counted. One read. Open if the count cannot be read, since
    /// the account's own lock and the gateway's throttle still hold.
    ///
    /// # Errors
    /// [`Error::RateLimited`].
    pub(super) async fn check_sign_in(&self, client: Option<ClientAddress>) -> Result<()> {
        let Some(window) = self.client_window("sign-in", client, QUARTER) else {
            return Ok(());
        };
        let failures = self
            .context
            .store
            .count_in_window(&window)
            .await
            .unwrap_or(0);
        self.allow(failures < self.settings.failures_per_client, &window)
    }

    /// Counts a failed sign-in. One write.
    pub(super) async fn count_failure(&self, client: Option<ClientAddress>) {
        if let Some(window) = self.client_window("sign-in", client, QUARTER)
            && let Err(fault) = self.context.store.add_to_window(&window).await
        {
            tracing::warn!(
                "a failed sign-in was not counted: {fault}{}",
                causes(&fault)
            );
        }
    }

    /// Counts a recovery, by address and by client. Two writes at once.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; [`Error::Unavailable`] if it cannot be counted.
    pub(super) async fn count_recovery(
        &self,
        realm: &Realm,
        address: &AddressDigest,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        let subject = address_subject("recovery", realm, address);
        let window = Window::current(&subject, HOUR, self.context.now());
        let (by_address, by_client) = tokio::join!(
            self.count(&window, self.settings.recoveries_per_address),
            self.count_client(
                "recovery",
                client,
                HOUR,
                self.settings.recoveries_per_client
            ),
        );
        by_client.and(by_address)
    }

    /// Counts a confirmation mail sent again: a pause after the one before to the same address, and if that allows it by address
    /// and day, and by client with its recoveries. One write, then two at once.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; [`Error::Unavailable`] if it cannot be counted.
    pub(super) async fn count_resend(
        &self,
        realm: &Realm,
        address: &AddressDigest,
        client: Option<ClientAddress>,
    ) -> Result<()> {
        let now = self.context.now();
        let subject = address_subject("resend", realm, address);
        let pause = self.settings.resend_pause;
        if !self.context.store.begin_pause(&subject, pause, now).await? {
            return Err(Error::RateLimited { retry_after: pause });
        }
        let day = Window::current(&subject, DAY, now);
        let most = self.settings.recoveries_per_client;
        let (by_day, by_client) = tokio::join!(
            self.count(&day, self.settings.resends_per_day),
            self.count_client("recovery", client, HOUR, most),
        );
        by_client.and(by_day)
    }

    /// Counts a text message before it is sent: by number and by user, and if all of these allow it, among all of the day. What
    /// is refused by number or user counts nowhere, so nobody uses up what others may have. One transaction and another; the
    /// latter again, up to eight times, when the day's messages run out.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; [`Error::Unavailable`] if it cannot be counted.
    pub async fn count_sms(&self, number: &PhoneNumber, user: UserId) -> Result<()> {
        let limits = self.settings.sms;
        let by_number = format!("sms#number#{}", self.number_digest(number));
        let quotas = [
            self.quota(&by_number, HOUR, limits.per_number_and_hour),
            self.quota(&by_number, DAY, limits.per_number_and_day),
            self.quota(&format!("sms#user#{user}"), DAY, limits.per_user_and_day),
        ];
        self.take(&quotas, 1).await?;
        self.take_of_the_day(limits.per_day).await
    }

    /// Counts recipients of a mail that a user wants sent, all of them or none. One transaction.
    ///
    /// # Errors
    /// [`Error::RateLimited`]; [`Error::Unavailable`] if they cannot be counted.
    pub async fn count_mail_call(&self, user: UserId, recipients: u32) -> Result<()> {
        let most = self.settings.mailed_recipients_per_user;
        let quota = self.quota(&format!("mail-call#user#{user}"), DAY, most);
        self.take(&[quota], recipients).await
    }

    /// Takes one of the day's text messages from any counter that has one left: together they have exactly as many.
    async fn take_of_the_day(&self, most: u32) -> Result<()> {
        let first = self.context.random.below(SMS_SHARDS.into());
        let mut end = self.context.now();
        for step in 0..u64::from(SMS_SHARDS) {
            let shard = (first + step) % u64::from(SMS_SHARDS);
            let more = u32::from(shard < u64::from(most % SMS_SHARDS));
            let quota = self.quota(&format!("sms#all#{shard}"), DAY, most / SMS_SHARDS + more);
            match self.context.store.take(&[quota], 1).await? {
                Taken::Done => return Ok(()),
                Taken::RefusedUntil(until) => end = until,
            }
        }
        Err(self.limited_until(end))
    }

    async fn take(&self, quotas: &[Quota], amount: u32) -> Result<()> {
        match self.context.store.take(quotas, amount).await? {
            Taken::Done => Ok(()),
            Taken::RefusedUntil(end) => Err(self.limited_until(end)),
        }
    }

    fn quota(&self, subject: &str, length: SignedDuration, most: u32) -> Quota {
        let window = Window::current(subject, length, self.context.now());
        Quota { window, most }
    }

    /// Keyed: there are so few numbers that any other digest could be looked up.
    fn number_digest(&self, number: &PhoneNumber) -> String {
        let digest = self
            .sources
            .digest(&[b"phone-number", number.as_str().as_bytes()]);
        data_encoding::BASE64URL_NOPAD.encode(&digest[..16])
    }

    async fn count_client(
        &self,
        what: &str,
        client: Option<ClientAddress>,
        length: SignedDuration,
        most: u32,
    ) -> Result<()> {
        match self.client_window(what, client, length) {
            Some(window) => self.count(&window, most).await,
            None => Ok(()),
        }
    }

    async fn count(&self, window: &Window, most: u32) -> Result<()> {
        let hits = self.context.store.add_to_window(window).await?;
        self.allow(hits <= most, window)
    }

    fn allow(&self, allowed: bool, window: &Window) -> Result<()> {
        if allowed {
            return Ok(());
        }
        Err(self.limited_until(window.ends_at))
    }

    fn limited_until(&self, end: Timestamp) -> Error {
        let left = Duration::try_from(end.duration_since(self.context.now()));
        Error::RateLimited {
            retry_after: left.unwrap_or_default(),
        }
    }

    fn client_window(
        &self,
        what: &str,
        client: Option<ClientAddress>,
        length: SignedDuration,
    ) -> Option<Window> {
        let client = client.filter(|_| self.settings.per_client)?;
        Some(Window::current(
            &format!("{what}#client#{}", self.source(client).0),
            length,
            self.context.now(),
        ))
    }
}

fn address_subject(what: impl Display, realm: &Realm, address: &AddressDigest) -> String {
    format!("{what}#address#{realm}#{}", address.as_str())
}

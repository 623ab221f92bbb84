//! Limits per client and per address. The lock of one account's sign-in is not here but in its credential.

use std::fmt::Display;
use std::time::Duration;

use jiff::SignedDuration;

use super::Context;
use crate::domain::{AddressDigest, ClientAddress, Realm};
use crate::error::{Error, Result, causes};
use crate::keys::ServerKey;
use crate::store::{Source, Window};

const QUARTER: SignedDuration = SignedDuration::from_mins(15);
const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);

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
    /// Limits as set; `sources` makes digests of client addresses.
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
        let left = Duration::try_from(window.ends_at.duration_since(self.context.now()));
        Err(Error::RateLimited {
            retry_after: left.unwrap_or_default(),
        })
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

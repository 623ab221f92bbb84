//! Binding an authenticator to an account and taking it off: the seed that waits in the Codes table, and the two transactions.

use jiff::Timestamp;

use super::accounts::{delete, put, put_part, update, update_part};
use super::item::{Item, b, key, ms, n, s, seconds};
use super::outbox::intent_item;
use super::users::user_key;
use super::write::Transacted;
use super::{RecoveryDigest, Store, StoreError, Used};
use crate::aws::Blob;
use crate::domain::{FactorMethod, Intent, Session, User, UserId};
use crate::dynamodb::{AttributeValue, Delete, Put, TransactWriteItem, Update};

const PURPOSE: &str = "authenticator";

/// An authenticator that is to be bound.
#[derive(Debug)]
pub(crate) struct Binding<'a> {
    pub(crate) user: &'a User,
    /// Goes on; all others end.
    pub(crate) session: &'a Session,
    /// As it waited.
    pub(crate) sealed_seed: &'a [u8],
    /// The step of the code that it has shown.
    pub(crate) step: u64,
    pub(crate) recovery_codes: &'a [RecoveryDigest],
    /// Tells the owner.
    pub(crate) notice: &'a Intent,
}

/// An authenticator that is to be taken off.
#[derive(Debug)]
pub(crate) struct Unbinding<'a> {
    pub(crate) user: &'a User,
    /// Goes on; all others end.
    pub(crate) session: &'a Session,
    /// What of it has proved that its owner asks.
    pub(crate) used: Used,
    /// Tells the owner.
    pub(crate) notice: &'a Intent,
}

fn enrolment_key(user: UserId) -> Item {
    key([("user_id", s(user.to_string())), ("purpose", s(PURPOSE))])
}

impl Store {
    /// Keeps the seed of an authenticator that is to show its first code; one that waited before is forgotten. One write.
    pub(crate) async fn put_enrolment(
        &self,
        user: &User,
        sealed_seed: &[u8],
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut item = enrolment_key(user.id);
        item.extend(key([
            ("sealed_seed", b(sealed_seed)),
            ("credential_version", n(user.credential_version)),
            ("tries", n(0)),
            ("expires", seconds(expires_at)),
        ]));
        let put = Put::of(&self.tables.codes, item);
        self.put(put).await.map(|_| ())
    }

    /// Counts a try of the authenticator that waits; its sealed seed, or nothing if there is none any more. One write.
    pub(crate) async fn try_enrolment(
        &self,
        user: &User,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let version = Some(user.credential_version);
        let tried = self.count_try(enrolment_key(user.id), version, now).await?;
        tried.map(|item| sealed_seed(&item)).transpose()
    }

    /// Binds an authenticator: ends all other sessions and tells the owner. False if the account has changed since, or another try
    /// has bound it. One transaction.
    pub(crate) async fn bind_authenticator(
        &self,
        binding: &Binding<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Binding { user, .. } = binding;
        let waited = Delete::of(&self.tables.codes)
            .set_key(enrolment_key(user.id))
            .condition_expression("sealed_seed = :seed AND expires > :now_s")
            .expression_attribute_values(":seed", b(binding.sealed_seed))
            .expression_attribute_values(":now_s", n(now.as_second()));
        let codes = binding.recovery_codes.iter().map(Blob::new).collect();
        let credential = self
            .credential_part(user)
            .update_expression(
                "SET totp_seed = :seed, totp_step = :step, recovery_codes = :codes, credential_version = :next \
                 REMOVE mailed_intent, mailed_digest, mailed_key_version, mailed_expires",
            )
            .condition_expression("user_id = :user AND credential_version = :version")
            .expression_attribute_values(":seed", b(binding.sealed_seed))
            .expression_attribute_values(":step", n(binding.step))
            .expression_attribute_values(":codes", AttributeValue::Bs(codes))
            .expression_attribute_values(":next", n(user.credential_version + 1));
        let account = update_part(&self.tables.users, user_key(user.id))
            .update_expression("SET second_factor = :method, credential_version = :next")
            .expression_attribute_values(":method", s(FactorMethod::Authenticator.as_str()));
        let writes = vec![
            delete(waited),
            update(credential),
            next_version(account, user),
            self.carry_part(binding.session, user.credential_version + 1, false),
            put(put_part(&self.tables.outbox, intent_item(binding.notice))),
        ];
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }

    /// Takes an authenticator off: the account asks for no second factor any more. Ends all other sessions and tells the owner. False
    /// if the account has changed since, or the code was used before. One transaction.
    pub(crate) async fn unbind_authenticator(
        &self,
        unbinding: &Unbinding<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Unbinding { user, used, .. } = unbinding;
        let [_, _, demand] = used.clauses();
        let mut credential = self
            .credential_part(user)
            .update_expression(
                "SET credential_version = :next, failures = :zero, failures_in_a_row = :zero, known_failures = :zero, \
                 last_sign_in = :now REMOVE totp_seed, totp_step, recovery_codes, mailed_intent, mailed_digest, \
                 mailed_key_version, mailed_expires",
            )
            .condition_expression(format!("user_id = :user AND credential_version = :version{demand}"))
            .expression_attribute_values(":next", n(user.credential_version + 1))
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":now", ms(now));
        for (name, value) in used.values() {
            // The set that an update would delete from has no place here: all codes go.
            if name != ":used_codes" {
                credential = credential.expression_attribute_values(name, value);
            }
        }
        let account = update_part(&self.tables.users, user_key(user.id))
            .update_expression("SET credential_version = :next REMOVE second_factor");
        let writes = vec![
            update(credential),
            next_version(account, user),
            self.carry_part(unbinding.session, user.credential_version + 1, false),
            put(put_part(&self.tables.outbox, intent_item(unbinding.notice))),
        ];
        Ok(matches!(self.transact(writes).await?, Transacted::Done))
    }
}

/// The account's part of what raises its version.
fn next_version(account: Update, user: &User) -> TransactWriteItem {
    let account = account
        .condition_expression("credential_version = :version")
        .expression_attribute_values(":version", n(user.credential_version))
        .expression_attribute_values(":next", n(user.credential_version + 1));
    update(account)
}

pub(super) fn sealed_seed(item: &Item) -> Result<Vec<u8>, StoreError> {
    let seed = item.get("sealed_seed").and_then(|seed| seed.as_b());
    let seed = seed.ok_or(StoreError::Corrupt("sealed_seed"))?;
    Ok(seed.as_ref().to_vec())
}

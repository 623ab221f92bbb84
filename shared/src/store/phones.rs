//! Proving a phone number: what is kept of its code in the Codes table, the tries, and the number that comes to the account.

use jiff::Timestamp;
use uuid::Uuid;

use super::accounts::{update, update_part};
use super::item::{Item, Reader, b, key, ms, n, s, seconds};
use super::users::user_key;
use super::write::Transacted;
use super::{Store, StoreError};
use crate::domain::{PhoneNumber, User, UserId};
use crate::dynamodb::{AttributeValue, Put, Update};

const PURPOSE: &str = "phone";

/// What is kept of a code that proves a number: enough to derive it again, and whose number it was sent to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NumberCode {
    pub(crate) id: Uuid,
    /// Under the key of this version.
    pub(crate) key_version: u32,
    /// Of the number, under the same key.
    pub(crate) number_digest: [u8; 32],
}

/// A number that its code has proved.
#[derive(Debug)]
pub(crate) struct ProvenNumber<'a> {
    /// As it was read.
    pub(crate) user: &'a User,
    /// Is used up.
    pub(crate) code: Uuid,
    /// All numbers that the account has now.
    pub(crate) phones: &'a [PhoneNumber],
}

/// How adding a number ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Added {
    /// The account has it.
    Done,
    /// The code was used, replaced or has expired, or belongs to a former credential.
    Over,
    /// The account's numbers have changed since they were read.
    Stale,
}

fn code_key(user: UserId) -> Item {
    key([("user_id", s(user.to_string())), ("purpose", s(PURPOSE))])
}

fn list(phones: &[PhoneNumber]) -> AttributeValue {
    AttributeValue::L(phones.iter().map(|phone| s(phone.as_str())).collect())
}

impl Store {
    /// Keeps a code of the current credential before it is sent; one that was sent before is void. One write.
    pub(crate) async fn put_number_code(
        &self,
        user: &User,
        code: &NumberCode,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut item = code_key(user.id);
        item.extend(key([
            ("code_id", s(code.id.to_string())),
            ("key_version", n(code.key_version)),
            ("number_digest", b(&code.number_digest)),
            ("credential_version", n(user.credential_version)),
            ("tries", n(0)),
            ("expires", seconds(expires_at)),
        ]));
        let put = Put::of(&self.tables.codes, item);
        self.put(put).await.map(|_| ())
    }

    /// Counts a try of the code that was sent last, before anything of it is looked at, so that those at once count. Nothing if it
    /// is over. One write.
    pub(crate) async fn try_number_code(
        &self,
        user: &User,
        now: Timestamp,
    ) -> Result<Option<NumberCode>, StoreError> {
        let version = Some(user.credential_version);
        let tried = self.count_try(code_key(user.id), version, now).await?;
        tried.map(|item| read_code(&item)).transpose()
    }

    /// Uses a code up, and gives the account the numbers that it has now: both or neither. One transaction.
    pub(crate) async fn add_proven_number(
        &self,
        proven: &ProvenNumber<'_>,
        now: Timestamp,
    ) -> Result<Added, StoreError> {
        let version = proven.user.credential_version;
        let used = Update::of(&self.tables.codes)
            .set_key(code_key(proven.user.id))
            .update_expression("SET used_at = :now")
            .condition_expression(
                "code_id = :id AND expires > :now_s AND credential_version = :version \
                 AND attribute_not_exists(used_at)",
            )
            .expression_attribute_values(":id", s(proven.code.to_string()))
            .expression_attribute_values(":now", ms(now))
            .expression_attribute_values(":now_s", n(now.as_second()))
            .expression_attribute_values(":version", n(version));
        let mut account = update_part(&self.tables.users, user_key(proven.user.id))
            .update_expression("SET phones = :phones")
            .expression_attribute_values(":phones", list(proven.phones))
            .expression_attribute_values(":version", n(version));
        let unchanged = match proven.user.phones.as_slice() {
            [] => "attribute_not_exists(phones)",
            before => {
                account = account.expression_attribute_values(":before", list(before));
                "phones = :before"
            }
        };
        let account =
            account.condition_expression(format!("credential_version = :version AND {unchanged}"));
        let writes = vec![update(used), update(account)];
        Ok(match self.transact(writes).await? {
            Transacted::Done => Added::Done,
            Transacted::Refused(parts) if parts.first().is_some_and(Option::is_some) => Added::Over,
            Transacted::Refused(_) => Added::Stale,
        })
    }
}

pub(super) fn read_code(item: &Item) -> Result<NumberCode, StoreError> {
    let read = Reader(item);
    Ok(NumberCode {
        id: read.parsed("code_id", |id| id.parse().ok())?,
        key_version: read.number("key_version")?,
        number_digest: read.bytes("number_digest")?,
    })
}

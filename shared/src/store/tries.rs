//! Tries of codes that can be guessed: challenges, new authenticators, phone numbers, resets. Counted before they are looked at, in one
//! conditional write, so that those at once count.

use crate::dynamodb::{ReturnValue, Update};
use jiff::Timestamp;

use super::item::{Item, n, s};
use super::write::Written;
use super::{Store, StoreError};
use crate::domain::IntentId;

/// Tries that a code has in all, whether they come one by one or at once.
pub(super) const MAX_TRIES: u32 = 5;

impl Store {
    /// Counts a try of a record in the Codes table; the record as it is now. Nothing if it was used, has expired, has had its tries,
    /// or is of another version of the credential, where one is named. One write, which counts once if its reply is lost.
    pub(super) async fn count_try(
        &self,
        record: Item,
        credential_version: Option<u64>,
        now: Timestamp,
    ) -> Result<Option<Item>, StoreError> {
        let attempt = s(IntentId::new(&*self.random).to_string());
        let mut condition = "tries < :most AND expires > :now_s AND attribute_not_exists(used_at) \
                             AND (attribute_not_exists(attempt) OR attempt <> :attempt)"
            .to_owned();
        let mut update = Update::of(&self.tables.codes)
            .set_key(record)
            .update_expression("SET tries = tries + :one, attempt = :attempt")
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":most", n(MAX_TRIES))
            .expression_attribute_values(":now_s", n(now.as_second()))
            .expression_attribute_values(":attempt", attempt.clone())
            .return_values(ReturnValue::AllNew);
        if let Some(version) = credential_version {
            condition.push_str(" AND credential_version = :version");
            update = update.expression_attribute_values(":version", n(version));
        }
        match self.update(update.condition_expression(condition)).await? {
            Written::Done(item) => Ok(Some(item)),
            // Our own write came back as refused: its first reply was lost.
            Written::Refused(item) if item.get("attempt") == Some(&attempt) => Ok(Some(item)),
            Written::Refused(_) => Ok(None),
        }
    }
}

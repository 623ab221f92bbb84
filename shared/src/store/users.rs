//! The account items of the Users table: `user#<id>`, and the markers `number#<n>` that point to them.
//!
//! A deleted account stays for 30 days as a tombstone without personal data, which every reader takes for absent.

use jiff::Timestamp;

use super::accounts::{update, update_part};
use super::item::{Item, Reader, flag, key, ms, n, s};
use super::listing::listed_at;
use super::write::{Transacted, Written};
use super::{Store, StoreError};
use crate::domain::{
    Description, EmailAddress, FactorMethod, Language, Name, PermissionLevel, PhoneNumber,
    PictureTag, Realm, RoleNumber, RoleNumbers, User, UserId, UserNumber, UserRole,
};
use crate::dynamodb::{AttributeValue, GetItem, ReturnValue, Update};

/// Shards of the listing index, so that it never bounds sign-ups: one per value of the id's first nibble.
const ID_NIBBLE: usize = 1;

/// How completing an administrator's rights ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rights {
    /// Some were missing.
    Added,
    /// None was missing.
    Complete,
    /// The account is gone.
    NoAccount,
}

pub(super) fn user_key(user: UserId) -> AttributeValue {
    s(format!("user#{user}"))
}

pub(super) fn number_key(number: UserNumber) -> AttributeValue {
    s(format!("number#{number}"))
}

impl Store {
    /// The live account with this id. One consistent read.
    pub(crate) async fn find_user(&self, user: UserId) -> Result<Option<User>, StoreError> {
        let get = GetItem::of(&self.tables.users).consistent_read();
        let found = self.get(get.key("pk", user_key(user))).await?;
        found.as_ref().map_or(Ok(None), read_user)
    }

    /// Sets or clears both names; the account as it is now, or nothing if it is gone. One write.
    pub(crate) async fn set_names(
        &self,
        user: UserId,
        first: Option<&Name>,
        last: Option<&Name>,
    ) -> Result<Option<User>, StoreError> {
        let names = [("first_name", first), ("last_name", last)];
        let set: Vec<_> = names
            .iter()
            .filter(|(_, name)| name.is_some())
            .map(|(field, _)| format!("{field} = :{field}"))
            .collect();
        let remove: Vec<_> = names
            .iter()
            .filter(|(_, name)| name.is_none())
            .map(|(field, _)| *field)
            .collect();
        let mut expression = String::new();
        if !set.is_empty() {
            expression = format!("SET {}", set.join(", "));
        }
        if !remove.is_empty() {
            expression = format!("{expression} REMOVE {}", remove.join(", "));
        }
        let values = names
            .iter()
            .filter_map(|(field, name)| name.map(|name| (format!(":{field}"), s(name.as_str()))));
        self.update_user(user, &expression, values.collect()).await
    }

    /// Sets the language; the account as it is now, or nothing if it is gone. One write.
    pub(crate) async fn set_language(
        &self,
        user: UserId,
        language: &Language,
    ) -> Result<Option<User>, StoreError> {
        let values = key([(":language", s(language.as_str()))]);
        self.update_user(user, "SET user_language = :language", values)
            .await
    }

    /// Gives an account every right of an administrator that it lacks. One round trip, and one transaction if it lacks any.
    pub(crate) async fn complete_rights(&self, user: UserId) -> Result<Rights, StoreError> {
        let own = [user];
        let (account, roles) = tokio::try_join!(self.find_user(user), self.roles_of(&own))?;
        let Some(account) = account else {
            return Ok(Rights::NoAccount);
        };
        let holds = |roles: &RoleNumbers| roles.contains(&RoleNumber::ADMIN);
        let ranks = account.level == PermissionLevel::Admin && account.user_role == UserRole::Root;
        if ranks && roles.get(&user).is_some_and(holds) {
            return Ok(Rights::Complete);
        }
        let level = update_part(&self.tables.users, user_key(user))
            .update_expression("SET permission_level = :admin, user_role = :root")
            .condition_expression("attribute_exists(user_number)")
            .expression_attribute_values(":admin", n(PermissionLevel::Admin.as_number()))
            .expression_attribute_values(":root", s(UserRole::Root.as_str()));
        let mut writes = vec![update(level)];
        writes.extend(self.unconditional_grant_parts(RoleNumber::ADMIN, user));
        writes.push(self.add_root_part(user));
        Ok(match self.transact(writes).await? {
            Transacted::Done => Rights::Added,
            Transacted::Refused(_) => Rights::NoAccount,
        })
    }

    /// Sets the nickname; the account as it is now, or nothing if it is gone. One write.
    pub(crate) async fn set_nickname(
        &self,
        user: UserId,
        nickname: &Name,
    ) -> Result<Option<User>, StoreError> {
        let values = key([(":nickname", s(nickname.as_str()))]);
        self.update_user(user, "SET nickname = :nickname", values)
            .await
    }

    /// Sets the name to show; the account as it is now, or nothing if it is gone. One write.
    pub(crate) async fn set_display_name(
        &self,
        user: UserId,
        name: &Name,
    ) -> Result<Option<User>, StoreError> {
        let values = key([(":name", s(name.as_str()))]);
        self.update_user(user, "SET display_name = :name", values)
            .await
    }

    async fn update_user(
        &self,
        user: UserId,
        expression: &str,
        values: Item,
    ) -> Result<Option<User>, StoreError> {
        let mut update = Update::of(&self.tables.users)
            .key("pk", user_key(user))
            .update_expression(expression)
            .condition_expression("attribute_exists(user_number)")
            .return_values(ReturnValue::AllNew);
        for (name, value) in values {
            update = update.expression_attribute_values(name, value);
        }
        match self.update(update).await? {
            Written::Done(item) => read_user(&item),
            Written::Refused(_) => Ok(None),
        }
    }
}

/// The account in an item; nothing in a tombstone.
pub(super) fn read_user(item: &Item) -> Result<Option<User>, StoreError> {
    if item.contains_key("deleted_at") {
        return Ok(None);
    }
    let read = Reader(item);
    Ok(Some(User {
        id: read.parsed("pk", |pk| UserId::parse(pk.strip_prefix("user#")?))?,
        number: UserNumber(read.number("user_number")?),
        realm: Realm::from_stored(read.string("realm")?),
        email: EmailAddress::from_stored(read.string("email")?, read.string("email_original")?),
        first_name: read.optional_string("first_name")?.map(Name::from_stored),
        last_name: read.optional_string("last_name")?.map(Name::from_stored),
        display_name: read.optional_string("display_name")?.map(Name::from_stored),
        nickname: read.optional_string("nickname")?.map(Name::from_stored),
        description: read
            .optional_string("description")?
            .map(Description::from_stored),
        owner: read.optional_parsed("entity", |id| id.parse().ok())?,
        location: read.optional_parsed("venue", |id| id.parse().ok())?,
        avatar: read.optional_string("avatar")?.map(PictureTag::from_stored),
        language: Language::from_stored(read.string("user_language")?),
        level: PermissionLevel::from_number(read.number("permission_level")?)
            .ok_or(StoreError::Corrupt("permission_level"))?,
        user_role: read
            .optional_parsed("user_role", UserRole::parse)?
            .unwrap_or(UserRole::Subscriber),
        confirmed: read.flag("confirmed")?,
        email_proved_at: read.optional_instant("email_proved_at")?,
        suspended: read.flag("suspended")?,
        black_listed: read.flag("black_listed")?,
        phones: read_phones(item)?,
        second_factor: read.optional_parsed("second_factor", FactorMethod::parse)?,
        must_change_password: read.flag("must_change_password")?,
        credential_version: read.number("credential_version")?,
        created_at: read.instant("created_at")?,
        password_changed_at: read.instant("password_changed_at")?,
    }))
}

fn read_phones(item: &Item) -> Result<Vec<PhoneNumber>, StoreError> {
    let corrupt = || StoreError::Corrupt("phones");
    let Some(phones) = item.get("phones") else {
        return Ok(Vec::new());
    };
    let phones = phones.as_l().ok_or_else(corrupt)?.iter();
    let read = |phone: &AttributeValue| {
        let phone = phone.as_s().ok_or_else(corrupt)?;
        Ok(PhoneNumber::from_stored(phone.clone()))
    };
    phones.map(read).collect()
}

pub(super) fn user_item(user: &User) -> Item {
    let id = user.id.to_string();
    let mut item = key([
        ("pk", user_key(user.id)),
        ("user_number", n(user.number)),
        ("realm", s(user.realm.as_str())),
        ("email", s(user.email.canonical())),
        ("email_original", s(user.email.original())),
        ("user_language", s(user.language.as_str())),
        ("permission_level", n(user.level.as_number())),
        ("confirmed", flag(user.confirmed)),
        ("suspended", flag(user.suspended)),
        ("credential_version", n(user.credential_version)),
        ("created_at", ms(user.created_at)),
        ("password_changed_at", ms(user.password_changed_at)),
        ("listing", s(format!("{}#{}", user.realm, &id[..ID_NIBBLE]))),
        ("listed_at", s(listed_at(user.created_at, user.number))),
    ]);
    let names = [
        ("first_name", &user.first_name),
        ("last_name", &user.last_name),
        ("display_name", &user.display_name),
        ("nickname", &user.nickname),
    ];
    item.extend(
        names
            .into_iter()
            .filter_map(|(field, name)| Some((field.to_owned(), s(name.as_ref()?.as_str())))),
    );
    if let Some(avatar) = &user.avatar {
        item.insert("avatar".to_owned(), s(avatar.as_str()));
    }
    let texts = [
        (
            "description",
            user.description
                .as_ref()
                .map(|text| text.as_str().to_owned()),
        ),
        ("entity", user.owner.map(|id| id.to_string())),
        ("venue", user.location.map(|id| id.to_string())),
        (
            "second_factor",
            user.second_factor.map(|method| method.as_str().to_owned()),
        ),
    ];
    item.extend(
        texts
            .into_iter()
            .filter_map(|(field, text)| Some((field.to_owned(), s(text?)))),
    );
    if user.user_role != UserRole::Subscriber {
        item.insert("user_role".to_owned(), s(user.user_role.as_str()));
    }
    if !user.phones.is_empty() {
        let phones = user.phones.iter().map(|phone| s(phone.as_str()));
        item.insert("phones".to_owned(), AttributeValue::L(phones.collect()));
    }
    let flags = [
        ("must_change_password", user.must_change_password),
        ("black_listed", user.black_listed),
    ];
    let raised = flags.into_iter().filter(|(_, raised)| *raised);
    item.extend(raised.map(|(field, _)| (field.to_owned(), flag(true))));
    item.extend(
        user.email_proved_at
            .map(|at| ("email_proved_at".to_owned(), ms(at))),
    );
    item
}

pub(super) fn tombstone(user: UserId, now: Timestamp, expires: Timestamp) -> Item {
    key([
        ("pk", user_key(user)),
        ("deleted_at", ms(now)),
        ("expires", super::item::seconds(expires)),
    ])
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::{read_user, tombstone, user_item};
    use crate::domain::{
        Description, EmailAddress, FactorMethod, Language, Name, PermissionLevel, PhoneNumber,
        PictureTag, Realm, User, UserId, UserNumber, UserRole,
    };

    fn user() -> User {
        User {
            id: UserId(uuid::Uuid::from_bytes([0xab; 16])),
            number: UserNumber(7),
            realm: Realm::default_realm(),
            email: EmailAddress::parse("Ann@Example.com").expect("an address"),
            first_name: Name::parse("Ann"),
            last_name: None,
            display_name: Name::parse("Ann of the Lanterns"),
            nickname: Name::parse("Annie"),
            description: Description::parse("Lights them."),
            owner: Some(uuid::Uuid::from_bytes([1; 16])),
            location: Some(uuid::Uuid::from_bytes([2; 16])),
            avatar: Some(PictureTag::of(b"a picture")),
            language: Language::parse("pt-BR").expect("a tag"),
            level: PermissionLevel::Moderator,
            user_role: UserRole::Csr,
            confirmed: true,
            email_proved_at: Some(Timestamp::from_second(1_700_000_001).expect("in range")),
            suspended: true,
            black_listed: true,
            phones: ["+4915112345678", "+33612345678"]
                .map(|phone| PhoneNumber::from_stored(phone.to_owned()))
                .to_vec(),
            second_factor: Some(FactorMethod::Authenticator),
            must_change_password: true,
            credential_version: 3,
            created_at: Timestamp::from_second(1_700_000_000).expect("in range"),
            password_changed_at: Timestamp::from_second(1_700_000_002).expect("in range"),
        }
    }

    #[test]
    fn an_account_reads_back_as_it_was_written() {
        assert_eq!(
            read_user(&user_item(&user())).expect("readable"),
            Some(user())
        );
    }

    #[test]
    fn an_account_of_an_older_installation_lacks_what_came_later() {
        let mut item = user_item(&user());
        for later in [
            "display_name",
            "nickname",
            "must_change_password",
            "description",
            "avatar",
            "entity",
            "venue",
            "user_role",
            "black_listed",
            "phones",
            "second_factor",
        ] {
            item.remove(later);
        }
        let read = read_user(&item).expect("readable").expect("an account");
        let bare = User {
            display_name: None,
            nickname: None,
            must_change_password: false,
            description: None,
            avatar: None,
            owner: None,
            location: None,
            user_role: UserRole::Subscriber,
            black_listed: false,
            phones: Vec::new(),
            second_factor: None,
            ..user()
        };
        assert_eq!(read, bare);
    }

    #[test]
    fn a_tombstone_is_no_account_and_holds_no_personal_data() {
        let item = tombstone(user().id, user().created_at, user().created_at);
        let mut members: Vec<_> = item.keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["deleted_at", "expires", "pk"]);
        assert_eq!(read_user(&item).expect("readable"), None);
    }
}

//! The wire types of document 000. Its spellings stand here and nowhere else.

use std::collections::BTreeMap;

use serde::Serialize;
use shared::domain::{Attribute, Attributes, User};
use utoipa::ToSchema;

/// A user as this dialect shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    /// Whether the address has been confirmed.
    confirmed: bool,
    #[schema(required)]
    firstname: Option<String>,
    #[schema(required)]
    lastname: Option<String>,
    #[schema(example = "ann@example.com")]
    email: String,
    /// Counted from 1.
    #[schema(example = 1)]
    id: u64,
    /// A BCP 47 tag.
    #[schema(example = "en")]
    language: String,
    /// 0 standard, 1 moderator, 2 administrator.
    #[serde(rename = "permissionLevel")]
    permission_level: u8,
    /// The user's own keys and texts; only on profile and attribute calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<AttributesView>,
}

/// Keys and texts.
pub(crate) type AttributesView = BTreeMap<String, String>;

/// The answer that shows a user.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserResponse {
    #[schema(example = "success")]
    status: &'static str,
    user: UserView,
}

/// The answer of a sign-in.
#[derive(Serialize, ToSchema)]
pub(crate) struct LoginResponse {
    /// JWT (`rt+jwt`), valid for 30 days: gets new access tokens as long as the session lives.
    #[serde(rename = "refreshToken")]
    pub(crate) refresh_token: String,
    #[schema(example = "success")]
    pub(crate) status: &'static str,
    pub(crate) user: UserView,
    /// JWT (`at+jwt`), valid for an hour.
    #[serde(rename = "accessToken")]
    pub(crate) access_token: String,
}

/// The answer of a refresh.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccessTokenResponse {
    #[schema(example = "success")]
    pub(crate) status: &'static str,
    /// JWT (`at+jwt`), valid for an hour.
    #[serde(rename = "accessToken")]
    pub(crate) access_token: String,
}

/// The answer that shows a page of users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UsersResponse {
    #[schema(example = "success")]
    status: &'static str,
    users: Vec<UserView>,
}

/// An attribute with its id.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttributeView {
    id: u64,
    text: String,
    key: String,
    /// The user's id.
    #[serde(rename = "userID")]
    user_id: u64,
}

pub(crate) const SUCCESS: &str = "success";

impl UserView {
    /// The neutral user that `newPassword` answers for every address, so that it tells nothing.
    pub(crate) fn nobody(email: &str) -> Self {
        Self {
            confirmed: true,
            firstname: Some(String::new()),
            lastname: Some(String::new()),
            email: email.to_owned(),
            id: 0,
            language: "en".to_owned(),
            permission_level: 0,
            attributes: None,
        }
    }

    fn with_attributes(user: &User, attributes: &Attributes) -> Self {
        Self {
            attributes: Some(attributes_view(attributes)),
            ..Self::from(user)
        }
    }
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        Self {
            confirmed: user.confirmed,
            firstname: user
                .first_name
                .as_ref()
                .map(|name| name.as_str().to_owned()),
            lastname: user.last_name.as_ref().map(|name| name.as_str().to_owned()),
            email: user.email.canonical().to_owned(),
            id: user.number.0,
            language: user.language.as_str().to_owned(),
            permission_level: user.level.as_number(),
            attributes: None,
        }
    }
}

impl UserResponse {
    /// Without attributes.
    pub(crate) fn plain(user: &User) -> Self {
        Self::of(user.into())
    }

    /// With attributes.
    pub(crate) fn full(user: &User, attributes: &Attributes) -> Self {
        Self::of(UserView::with_attributes(user, attributes))
    }

    pub(crate) fn of(user: UserView) -> Self {
        Self {
            status: SUCCESS,
            user,
        }
    }
}

impl UsersResponse {
    pub(crate) fn new(users: &[(User, Attributes)]) -> Self {
        let view =
            |(user, attributes): &(User, Attributes)| UserView::with_attributes(user, attributes);
        Self {
            status: SUCCESS,
            users: users.iter().map(view).collect(),
        }
    }
}

impl AttributeView {
    /// All attributes of a user, by key.
    pub(crate) fn all(user: &User, attributes: &Attributes) -> Vec<Self> {
        let view = |(key, attribute): (&String, &Attribute)| Self {
            id: attribute.id,
            text: attribute.text.clone(),
            key: key.clone(),
            user_id: user.number.0,
        };
        attributes.0.iter().map(view).collect()
    }

    /// The attribute with this id.
    pub(crate) fn of(user: &User, attributes: &Attributes, id: u64) -> Option<Self> {
        Self::all(user, attributes)
            .into_iter()
            .find(|attribute| attribute.id == id)
    }
}

/// The bare map of `GET attributes`.
pub(crate) fn attributes_view(attributes: &Attributes) -> AttributesView {
    attributes
        .0
        .iter()
        .map(|(key, attribute)| (key.clone(), attribute.text.clone()))
        .collect()
}

//! The dialect's answers, spelled as document 001 spells them.

use jiff::Timestamp;
use serde::Serialize;
use shared::domain::{Description, Note, User};
use shared::service::UserDetails;
use utoipa::ToSchema;

use crate::BASE;
use uuid::Uuid;

/// That an operation was performed.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Success {
    /// The method of the request
    #[serde(rename = "Operation")]
    operation: &'static str,
    #[serde(rename = "Details")]
    #[schema(example = "Command completed.")]
    details: &'static str,
    #[serde(rename = "Code")]
    code: u16,
}

impl Success {
    /// Of a POST, the only method that answers so.
    pub(crate) const POSTED: Self = Self {
        operation: "POST",
        details: "Command completed.",
        code: 0,
    };
}

/// A user as this dialect shows it. Texts are empty and times 0 where there is nothing.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(
    clippy::struct_excessive_bools,
    clippy::struct_field_names,
    reason = "the document's members, by their names"
)]
pub(crate) struct UserInfo {
    #[schema(format = "uuid")]
    id: String,
    name: String,
    description: String,
    /// The path of the avatar
    avatar: String,
    #[schema(example = "ann@example.com")]
    email: String,
    /// Whether the user may sign in: the address was confirmed, or somebody vouches for it
    validated: bool,
    validation_email: &'static str,
    /// When a secret that was mailed to the address came back
    validation_date: i64,
    created: i64,
    #[serde(rename = "validationURI")]
    validation_uri: &'static str,
    /// Whether the password has to be changed before anything else
    change_password: bool,
    /// When the user last signed in, through any dialect
    last_login: i64,
    #[serde(rename = "currentLoginURI")]
    current_login_uri: &'static str,
    last_password_change: i64,
    last_email_check: i64,
    waiting_for_email_check: bool,
    /// A UUID of the application's own
    location: String,
    /// A UUID of the application's own
    owner: String,
    suspended: bool,
    black_listed: bool,
    /// A BCP 47 tag
    #[schema(example = "en")]
    locale: String,
    /// root, admin, subscriber, csr, system, installer, noc or accounting
    #[schema(example = "subscriber")]
    user_role: &'static str,
    oauth_user_info: &'static str,
    security_policy: &'static str,
    security_policy_change: i64,
    /// Oldest first; in lists the newest 20
    notes: Vec<NoteInfo>,
    user_type_proprietary_info: ProprietaryInfo,
}

/// What was noted of a user.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct NoteInfo {
    created: i64,
    /// The id of whoever wrote it
    #[schema(format = "uuid")]
    created_by: String,
    note: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct ProprietaryInfo {
    /// The first is the one that codes are sent to
    mobiles: Vec<MobileInfo>,
    mfa: MfaInfo,
}

#[derive(Debug, Serialize, ToSchema)]
struct MobileInfo {
    #[schema(example = "+14155552671")]
    number: String,
    verified: bool,
    primary: bool,
}

#[derive(Debug, Serialize, ToSchema)]
struct MfaInfo {
    enabled: bool,
    /// sms, email or authenticator; empty without a second factor
    method: &'static str,
}

/// Users.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserList {
    users: Vec<UserInfo>,
}

/// Users by their ids alone.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserIdList {
    users: Vec<String>,
}

/// Users, whole or by their ids alone.
#[derive(Serialize, ToSchema)]
pub(crate) struct AnyUserList {
    users: Vec<AnyUser>,
}

/// A user, or an id.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only documentation")]
enum AnyUser {
    Whole(Box<UserInfo>),
    Id(String),
}

impl UserInfo {
    pub(crate) fn new(details: &UserDetails) -> Self {
        let user = &details.user;
        let proved_at = user.email_proved_at.map_or(0, Timestamp::as_second);
        let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let description = user.description.as_ref().map(Description::as_str);
        Self {
            id: user.id.to_string(),
            name: user.shown_name(),
            description: description.unwrap_or_default().to_owned(),
            avatar: avatar_of(user),
            email: user.email.canonical().to_owned(),
            validated: user.confirmed,
            validation_email: "",
            validation_date: proved_at,
            created: user.created_at.as_second(),
            validation_uri: "",
            change_password: user.must_change_password,
            last_login: details.last_sign_in.map_or(0, Timestamp::as_second),
            current_login_uri: "",
            last_password_change: user.password_changed_at.as_second(),
            last_email_check: proved_at,
            waiting_for_email_check: !user.confirmed,
            location: id(user.location),
            owner: id(user.owner),
            suspended: user.suspended,
            black_listed: user.black_listed,
            locale: user.language.as_str().to_owned(),
            user_role: user.user_role.as_str(),
            oauth_user_info: "",
            security_policy: "",
            security_policy_change: 0,
            notes: details.notes.iter().map(NoteInfo::new).collect(),
            user_type_proprietary_info: ProprietaryInfo::of(user),
        }
    }
}

fn avatar_of(user: &User) -> String {
    let path = |_| format!("{BASE}/avatar/{}", user.id);
    user.avatar.as_ref().map(path).unwrap_or_default()
}

impl NoteInfo {
    fn new(note: &Note) -> Self {
        Self {
            created: note.written_at.as_second(),
            created_by: note.author.to_string(),
            note: note.text.as_str().to_owned(),
        }
    }
}

impl ProprietaryInfo {
    fn of(user: &User) -> Self {
        Self {
            mobiles: mobiles_of(user),
            mfa: MfaInfo {
                enabled: user.second_factor.is_some(),
                method: user.second_factor.map_or("", |method| method.as_str()),
            },
        }
    }
}

/// All of them are proved; the first is the primary one.
fn mobiles_of(user: &User) -> Vec<MobileInfo> {
    let phones = user.phones.iter().enumerate();
    let shown = phones.map(|(place, phone)| MobileInfo {
        number: phone.as_str().to_owned(),
        verified: true,
        primary: place == 0,
    });
    shown.collect()
}

impl UserList {
    pub(crate) fn new(users: &[UserDetails]) -> Self {
        Self {
            users: users.iter().map(UserInfo::new).collect(),
        }
    }
}

impl UserIdList {
    pub(crate) fn new(users: &[User]) -> Self {
        Self {
            users: users.iter().map(|user| user.id.to_string()).collect(),
        }
    }
}

//! The dialect's answers, spelled as document 001 spells them.

use std::time::Duration;

use serde::Serialize;
use shared::domain::{AccountOperation, Note, User, UserRole, Whose};
use shared::service::{Challenged, UserDetails};
use utoipa::ToSchema;
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

/// Tokens, and what they are good for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WebTokenResult {
    /// A JWT, signed by RS256
    access_token: String,
    /// Good for one use; empty where a token is only looked at
    refresh_token: String,
    #[schema(example = "Bearer")]
    token_type: &'static str,
    /// Life of the access token, in seconds
    expires_in: u64,
    /// Told for clients of the document; nothing ends by it
    #[schema(example = 300)]
    idle_timeout: u32,
    /// The e-mail address
    username: String,
    /// When the token was made, in seconds since 1970
    created: i64,
    #[serde(rename = "userMustChangePassword")]
    user_must_change_password: bool,
    #[serde(rename = "errorCode")]
    error_code: u16,
    #[serde(rename = "aclTemplate")]
    acl_template: AclTemplate,
}

/// What the user's role allows with the accounts of others.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct AclTemplate {
    read: bool,
    read_write: bool,
    read_write_create: bool,
    delete: bool,
    portal_login: bool,
}

impl WebTokenResult {
    /// Of a user, without a refresh token.
    pub(crate) fn of(user: &User, access_token: String, lifetime: Duration, created: i64) -> Self {
        Self {
            access_token,
            refresh_token: String::new(),
            token_type: "Bearer",
            expires_in: lifetime.as_secs(),
            idle_timeout: 300,
            username: user.email.canonical().to_owned(),
            created,
            user_must_change_password: user.must_change_password,
            error_code: 0,
            acl_template: AclTemplate::of(user.user_role),
        }
    }
}

impl WebTokenResult {
    /// The same, with the token that gets the next one.
    pub(crate) fn with_refresh_token(self, refresh_token: String) -> Self {
        Self {
            refresh_token,
            ..self
        }
    }
}

impl AclTemplate {
    fn of(role: UserRole) -> Self {
        let may = |operation| {
            let mut roles = UserRole::ALL.into_iter();
            roles.any(|target| role.may(operation, Whose::Other(target)))
        };
        Self {
            read: may(AccountOperation::Read),
            read_write: may(AccountOperation::Modify),
            read_write_create: may(AccountOperation::Create),
            delete: may(AccountOperation::Delete),
            portal_login: true,
        }
    }
}

/// The second factor is asked for.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MfaChallengeRequest {
    /// Names the challenge, which waits for five minutes
    #[schema(format = "uuid")]
    uuid: String,
    #[schema(example = "mfa challenge")]
    question: &'static str,
    /// In seconds since 1970
    created: i64,
    #[schema(example = "sms")]
    method: &'static str,
}

impl From<Challenged> for MfaChallengeRequest {
    fn from(challenged: Challenged) -> Self {
        Self {
            uuid: challenged.id.to_string(),
            question: "mfa challenge",
            created: challenged.created_at.as_second(),
            method: challenged.method.as_str(),
/// A user as this dialect shows it. Texts are empty and times 0 where there is nothing.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
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

impl UserInfo {
    pub(crate) fn new(details: &UserDetails) -> Self {
        let user = &details.user;
        let proved_at = user.email_proved_at.map_or(0, |at| at.as_second());
        let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
        let description = user.description.as_ref().map(|text| text.as_str());
        Self {
            id: user.id.to_string(),
            name: user.shown_name(),
            description: description.unwrap_or_default().to_owned(),
            // AVATAR: the path of the user's own, where there is one.
            avatar: String::new(),
            email: user.email.canonical().to_owned(),
            validated: user.confirmed,
            validation_email: "",
            validation_date: proved_at,
            created: user.created_at.as_second(),
            validation_uri: "",
            change_password: user.must_change_password,
            last_login: details.last_sign_in.map_or(0, |at| at.as_second()),
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

/// What a password has to be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Requirements {
    /// A regular expression
    pub(crate) password_pattern: &'static str,
    /// URL of a document; empty if there is none
    pub(crate) access_policy: String,
    /// URL of a document; empty if there is none
    pub(crate) password_policy: String,
}

/// The answer to whoever forgot a password, whether or not there is an account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ForgotPasswordAnswer {
    #[serde(rename = "userMustChangePassword")]
    #[schema(example = true)]
    pub(crate) user_must_change_password: bool,
}

/// A seed for an authenticator. Nothing is bound before it has shown a code.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuthenticatorView {
    /// Base32, for who types it
    pub(crate) secret: String,
    /// The same as `otpauth://totp/…`
    pub(crate) uri: String,
    /// The same as a picture, `data:image/png;base64,…`
    pub(crate) qr: String,
}

/// Codes that stand in for the authenticator, each once. They are not shown again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RecoveryCodesView {
    pub(crate) recovery_codes: Vec<String>,
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

/// PHONE NUMBERS: all of them are proved, the first is the primary one. Nobody has any yet.
fn mobiles_of(_: &User) -> Vec<MobileInfo> {
    Vec::new()
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

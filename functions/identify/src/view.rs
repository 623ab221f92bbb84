//! The wire types of document 004. Its spellings stand here and nowhere else.

use axum::Json;
use serde::Serialize;
use serde_json::{Map, Value, json};
use shared::domain::{Device, ExternalId, Project, ProviderName};
use shared::service::{Greeted, Participant};
use utoipa::ToSchema;

/// What the document says of creating and of changing users.
pub(crate) const CREATED: &str = "User is Correctly Created";
pub(crate) const OK: &str = "OK";
pub(crate) const PASSWORD_UPDATED: &str = "password has been updated";
pub(crate) const CHECK_EMAIL: &str = "please check your email";

/// Every answer.
#[derive(Serialize, ToSchema)]
pub(crate) struct Envelope<T> {
    /// 1
    result: u8,
    message: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<T>,
}

impl<T> Envelope<T> {
    pub(crate) fn of(message: &'static str, data: T) -> Json<Self> {
        let data = Some(data);
        Json(Self {
            result: 1,
            message,
            data,
        })
    }
}

impl Envelope<Nothing> {
    pub(crate) fn plain(message: &'static str) -> Json<Self> {
        Json(Self {
            result: 1,
            message,
            data: None,
        })
    }
}

/// No data.
#[derive(Serialize, ToSchema)]
pub(crate) struct Nothing {}

/// What whoever has signed in is told.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LoginData {
    pub(crate) device_id: String,
    /// When this was signed, in seconds
    pub(crate) time_stamp: i64,
    /// By the project's secret, over user, device and time
    #[schema(example = "C4B23C2801C19B76C3DE7432B86B818D1D63C7C6")]
    pub(crate) signature: String,
    /// The project's name for the user
    pub(crate) external_id: String,
    pub(crate) user_id: String,
    /// None for a guest
    #[serde(flatten)]
    pub(crate) tokens: Option<TokenData>,
    /// When the user came first, in seconds
    pub(crate) sign_up: i64,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct TokenData {
    #[serde(rename = "accessToken")]
    pub(crate) access: String,
    /// Tells the caller's own side who it is; opens nothing
    #[serde(rename = "profileToken")]
    pub(crate) profile: String,
    /// Good once
    #[serde(rename = "refreshToken")]
    pub(crate) refresh: String,
}

impl LoginData {
    /// Of a guest on a device.
    pub(crate) fn of_guest(project: &Project, greeted: &Greeted) -> Self {
        let Greeted {
            user, device, at, ..
        } = greeted;
        let subject = device.to_string();
        let external_id = project.external_id(ProviderName::Anonymous, &subject);
        Self {
            device_id: subject,
            time_stamp: at.as_second(),
            signature: project.signature(*user, *device, *at),
            external_id: external_id.as_str().to_owned(),
            user_id: user.to_string(),
            tokens: None,
            sign_up: greeted.signed_up_at.as_second(),
        }
    }
}

/// A user of our own accounts. Attributes stand under `custom:` and their names, twice.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CognitoProfile {
    data: CognitoData,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
    /// In seconds, as text
    #[schema(example = "1633430188")]
    updated_at: String,
    nickname: Option<String>,
    email: Option<String>,
    devices: Vec<DeviceView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct CognitoData {
    username: Option<String>,
    email: Option<String>,
    nickname: Option<String>,
    user_id: String,
    /// The last twenty sign-ins, in seconds, oldest first
    login_history: Vec<i64>,
    #[serde(flatten)]
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
}

impl CognitoProfile {
    pub(crate) fn new(project: &Project, participant: &Participant) -> Self {
        let custom = custom(participant);
        Self {
            data: CognitoData {
                username: owned(participant.username()),
                email: owned(participant.email()),
                nickname: owned(participant.nickname()),
                user_id: participant.user().to_string(),
                login_history: login_history(participant),
                custom: custom.clone(),
            },
            custom,
            updated_at: participant.updated_at().as_second().to_string(),
            nickname: owned(participant.nickname()),
            email: owned(participant.email()),
            devices: devices(project, participant),
        }
    }
}

/// A user of an issuer.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AuthZeroProfile {
    username: Option<String>,
    #[schema(value_type = Object)]
    app_profile: Map<String, Value>,
    /// The last twenty sign-ins, in seconds, oldest first
    login_history: Vec<i64>,
}

impl AuthZeroProfile {
    pub(crate) fn new(participant: &Participant) -> Self {
        Self {
            username: owned(participant.username()),
            app_profile: participant.app_profile().as_object().clone(),
            login_history: login_history(participant),
        }
    }
}

/// A user of a social network.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SocialProfile {
    /// In seconds, as text
    #[schema(example = "1633430188")]
    updated_at: String,
    nickname: Option<String>,
    email: Option<String>,
    devices: Vec<DeviceView>,
}

impl SocialProfile {
    pub(crate) fn new(project: &Project, participant: &Participant) -> Self {
        Self {
            updated_at: participant.updated_at().as_second().to_string(),
            nickname: owned(participant.nickname()),
            email: owned(participant.email()),
            devices: devices(project, participant),
        }
    }
}

/// A device; of one that nobody has signed in on its name alone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceView {
    device_id: String,
    #[serde(flatten)]
    seen: Option<SeenDeviceView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SeenDeviceView {
    last_login: i64,
    sign_up: i64,
    user_id: String,
    time_stamp: i64,
    signature: String,
}

fn devices(project: &Project, participant: &Participant) -> Vec<DeviceView> {
    let user = participant.user();
    // A provider's word does not replace the second factor, and signatures are told to who has signed in.
    let is_told = !participant.lacks_factor();
    let view = |device: Device| DeviceView {
        device_id: device.id.to_string(),
        seen: device.seen.filter(|_| is_told).map(|seen| SeenDeviceView {
            last_login: seen.last_login.as_second(),
            sign_up: seen.signed_up_at.as_second(),
            user_id: user.to_string(),
            time_stamp: seen.signed_at.as_second(),
            signature: project.signature(user, device.id, seen.signed_at),
        }),
    };
    participant.devices().into_iter().map(view).collect()
}

/// What the document answers for `noLogin`: flat, and in lower case.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NoLoginAnswer {
    strategy: &'static str,
    provider: &'static str,
    project_id: String,
    external_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    app_profile: Option<Map<String, Value>>,
    /// 1
    result: u8,
    #[schema(example = "ok")]
    message: &'static str,
}

impl NoLoginAnswer {
    pub(crate) fn new(
        project: &Project,
        external_id: &ExternalId,
        app_profile: Option<Map<String, Value>>,
    ) -> Json<Self> {
        let provider = ProviderName::NoLogin;
        Json(Self {
            strategy: provider.strategy().as_str(),
            provider: provider.as_str(),
            project_id: project.id.to_string(),
            external_id: external_id.as_str().to_owned(),
            app_profile,
            result: 1,
            message: "ok",
        })
    }

    /// Of a guest that was just made.
    pub(crate) fn created(external_id: &ExternalId) -> Json<Value> {
        let data = json!({ "externalId": external_id.as_str() });
        Json(json!({ "result": 1, "message": "ok", "data": data }))
    }
}

/// What the document answers to whoever has registered: the envelope twice.
pub(crate) fn registered() -> Json<Envelope<Value>> {
    Envelope::of(
        CREATED,
        json!({ "data": {}, "result": 1, "message": CREATED }),
    )
}

fn custom(participant: &Participant) -> Map<String, Value> {
    let attributes = participant.attributes().0.iter();
    let custom = attributes.map(|(key, held)| (format!("custom:{key}"), json!(held.text)));
    custom.collect()
}

fn login_history(participant: &Participant) -> Vec<i64> {
    let seconds = |at: &jiff::Timestamp| at.as_second();
    participant.sign_ins().iter().map(seconds).collect()
}

fn owned(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

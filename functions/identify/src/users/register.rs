//! Registering: rows 2, 14 and 17.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, StatusCode};
use shared::domain::{AppProfile, ClientAddress, Name, NewPassword, ProviderName};
use shared::error::Error;
use shared::http::{Client, accepted_language};
use shared::service::Registration;
use utoipa::ToSchema;

use super::State;
use crate::DIALECT;
use crate::call::{BodyFields, Call, custom, optional_name, required_device, required_email};
use crate::document::{BodyRefused, EnvelopeRefused, OutOfService, Sent};
use crate::error::{ApiError, ErrorBody};
use crate::view::{CREATED, Envelope, LoginData, NoLoginAnswer, registered};

/// What an application's own name for a guest is kept under.
const ADDITIONAL_ID: &str = "additionalId";

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only documentation")]
pub(super) struct RegisterRequest {
    /// `awsCognito`
    #[schema(example = "ann@example.com")]
    email: Option<String>,
    /// `awsCognito`: at least 8 bytes, at most 1024, not easy to guess
    #[schema(format = Password)]
    password: Option<String>,
    /// `awsCognito`. Attributes stand beside it, under `custom:` and their names
    #[schema(max_length = 128)]
    nickname: Option<String>,
    /// `anonymous`, a UUID
    device_id: Option<String>,
    /// `anonymous`: the application's own name for the user
    #[schema(max_length = 128)]
    additional_id: Option<String>,
}

/// Register
///
/// `awsCognito`: an account with a password. `anonymous`: a guest who is known by a device. `noLogin`, without data: a guest who is known
/// by an external id, which is told here and never again, and alone opens the profile; answered with 200.
#[utoipa::path(post, path = "/identify/v1/user", tag = "users",
    request_body = Sent<Option<RegisterRequest>>,
    responses(
        (status = 201, body = Envelope<LoginData>, description = "`anonymous`; `awsCognito` is answered without a sign-in"),
        (status = 200, body = Object, description = "`noLogin`"),
        (status = 403, body = ErrorBody, description = "Registration is closed (`forbidden`)"),
        (status = 409, body = ErrorBody, description = "The address has an account, or the device a user (`user_exists`)"),
        EnvelopeRefused, BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too often: wait as `Retry-After` says"),
    ))]
pub(super) async fn register(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    BodyFields(fields): BodyFields,
) -> Result<Response, ApiError> {
    let having = [
        ProviderName::AwsCognito,
        ProviderName::Anonymous,
        ProviderName::NoLogin,
    ];
    let call = Call::read(&state.projects, fields, &having).await?;
    match call.provider {
        ProviderName::NoLogin => {
            let external_id = state.guests.register(&call.project, client).await?;
            Ok(NoLoginAnswer::created(&external_id).into_response())
        }
        ProviderName::Anonymous => anonymous(&state, &call, client).await,
        _ => account(&state, &call, &headers, client).await,
    }
}

async fn account(
    state: &State,
    call: &Call,
    headers: &HeaderMap,
    client: Option<ClientAddress>,
) -> Result<Response, ApiError> {
    let data = call.data()?;
    let typed = data.required("password")?;
    let email = required_email(&data)?;
    let nickname = optional_name(&data, "nickname")?;
    let attributes = custom(&data)?;
    let admission = state.registrar.admit_anybody().ok_or(Error::Forbidden)?;
    let known = [Some(email.canonical()), nickname.as_ref().map(Name::as_str)];
    let known: Vec<_> = known.into_iter().flatten().collect();
    let password = NewPassword::parse(typed, &known).map_err(Error::from)?;
    let registration = Registration {
        realm: call.project.realm.clone(),
        dialect: DIALECT,
        email: &email,
        password: &password,
        first_name: None,
        last_name: None,
        display_name: None,
        nickname,
        attributes,
        must_change_password: false,
        language: accepted_language(headers).into(),
        client,
    };
    state.registrar.register(admission, registration).await?;
    Ok((StatusCode::CREATED, registered()).into_response())
}

async fn anonymous(
    state: &State,
    call: &Call,
    client: Option<ClientAddress>,
) -> Result<Response, ApiError> {
    let data = call.data()?;
    let device = required_device(&data)?;
    let additional = optional_name(&data, ADDITIONAL_ID)?;
    let kept = additional.map(|id| (ADDITIONAL_ID.to_owned(), id.as_str().into()));
    let profile = AppProfile::new(kept.into_iter().collect());
    let profile = profile.ok_or(Error::InvalidField(ADDITIONAL_ID))?;
    let greeted = state
        .guests
        .register_on(&call.project, device, profile, client)
        .await?;
    let told = LoginData::of_guest(&call.project, &greeted);
    Ok((StatusCode::CREATED, Envelope::of(CREATED, told)).into_response())
}

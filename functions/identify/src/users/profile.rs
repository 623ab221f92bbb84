//! Profiles: rows 1, 3, 11, 12, 16 and 18.

use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Serialize;
use serde_json::{Map, Value};
use shared::domain::{ClientAddress, ExternalId, ProviderName};
use shared::error::Error;
use shared::http::{Client, Fault, Fields, accepted_language};
use shared::service::{MemberPatch, Participant};
use utoipa::ToSchema;

use super::State;
use crate::call::{
    BodyFields, Call, QueryFields, custom, optional_app_profile, optional_name, required_email,
    token,
};
use crate::document::{Asked, BodyRefused, EnvelopeRefused, OutOfService, ProviderFailed, Sent};
use crate::error::{ApiError, ErrorBody};
use crate::tokens::external_id;
use crate::view::{AuthZeroProfile, CREATED, CognitoProfile, Envelope, NoLoginAnswer, OK};

const HAVING: [ProviderName; 3] = [
    ProviderName::AwsCognito,
    ProviderName::AuthZero,
    ProviderName::NoLogin,
];

/// One of three, by the provider.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the variants are only documentation")]
pub(super) enum Shown {
    AwsCognito(Envelope<CognitoProfile>),
    AuthZero(Envelope<AuthZeroProfile>),
    NoLogin(NoLoginAnswer),
}

/// Show a profile
///
/// `awsCognito`: of who an access token speaks for. `authZero`: also of who a token of the project's issuer speaks for. `noLogin`: of the
/// guest with an external id, without a token.
#[utoipa::path(get, path = "/identify/v1/user", tag = "users", security((), ("bearer" = [])),
    params(Asked, ("externalId" = Option<String>, Query, description = "`noLogin`: 64 hexadecimal digits")),
    responses(
        (status = 200, description = "OK", body = Shown),
        (status = 401, body = ErrorBody, description = "No good token (`invalid_token`)"),
        EnvelopeRefused, ProviderFailed, OutOfService,
    ))]
pub(super) async fn show(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    QueryFields(fields): QueryFields,
) -> Result<Response, ApiError> {
    let call = Call::read(&state.projects, fields, &HAVING).await?;
    match call.provider {
        ProviderName::NoLogin => {
            let id = required_external_id(&call.fields)?;
            let profile = state.guests.app_profile(&call.project, &id).await?;
            let profile = Some(profile.as_object().clone());
            Ok(NoLoginAnswer::new(&call.project, &id, profile).into_response())
        }
        ProviderName::AuthZero => {
            let (project, providers) = (&call.project, &state.providers);
            let vouched = providers
                .verify_auth_zero(project, token(&headers)?)
                .await?;
            let language = accepted_language(&headers).into();
            let participant = providers
                .recognise(project, vouched, language, client)
                .await?;
            Ok(Envelope::of(OK, AuthZeroProfile::new(&participant)).into_response())
        }
        _ => {
            let token = token(&headers)?;
            let participant = state.members.authorise(&call.project, token).await?;
            participant.current()?;
            let profile = CognitoProfile::new(&call.project, &participant);
            Ok(Envelope::of(OK, profile).into_response())
        }
    }
}

#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "it is only documentation")]
pub(super) struct ChangeRequest {
    /// `awsCognito`: moves the account, once a link that is mailed there has come back
    email: Option<String>,
    /// `awsCognito`. Attributes stand beside it, under `custom:` and their names
    #[schema(max_length = 128)]
    nickname: Option<String>,
    /// `authZero`
    #[schema(max_length = 128)]
    username: Option<String>,
    /// `authZero` and `noLogin`: replaces the one that is there; at most 16 KiB
    #[schema(value_type = Option<Object>)]
    app_profile: Option<Map<String, Value>>,
}

/// What was changed, by the provider.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Changed {
    external_id: String,
    project_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// `authZero`: one of ours
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    app_profile: Option<Map<String, Value>>,
}

/// Change a profile
///
/// `awsCognito`: nickname, attributes, address. `authZero`: name and what the application keeps; gives an access token of ours. `noLogin`:
/// what the application keeps, by the external id, which stands beside the envelope; answered flat.
#[utoipa::path(put, path = "/identify/v1/user", tag = "users", security((), ("bearer" = [])),
    request_body = Sent<ChangeRequest>,
    responses(
        (status = 200, description = "OK", body = Envelope<Changed>),
        (status = 401, body = ErrorBody, description = "No good token (`invalid_token`), or the account asks for its second factor \
                                                        (`invalid_credentials`)"),
        (status = 409, body = ErrorBody, description = "The address has an account (`user_exists`); told only where accounts need no \
                                                        confirmation"),
        EnvelopeRefused, BodyRefused, ProviderFailed, OutOfService,
    ))]
pub(super) async fn change(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    BodyFields(fields): BodyFields,
) -> Result<Response, ApiError> {
    let call = Call::read(&state.projects, fields, &HAVING).await?;
    match call.provider {
        ProviderName::NoLogin => replace_app_profile(&state, &call).await,
        ProviderName::AuthZero => change_by_issuer(&state, &call, &headers, client).await,
        _ => {
            let token = token(&headers)?;
            let participant = state.members.authorise(&call.project, token).await?;
            change_account(&state, &call, participant, client).await
        }
    }
}

async fn replace_app_profile(state: &State, call: &Call) -> Result<Response, ApiError> {
    let id = required_external_id(&call.fields)?;
    let data = call.fields.optional_object("data")?.unwrap_or_default();
    match optional_app_profile(&data)? {
        Some(profile) => {
            let guests = &state.guests;
            guests
                .replace_app_profile(&call.project, &id, &profile)
                .await?;
        }
        // As the document has it, which knows no field for it: nothing is replaced.
        None => {
            state.guests.app_profile(&call.project, &id).await?;
        }
    }
    Ok(NoLoginAnswer::new(&call.project, &id, None).into_response())
}

async fn change_by_issuer(
    state: &State,
    call: &Call,
    headers: &HeaderMap,
    client: Option<ClientAddress>,
) -> Result<Response, ApiError> {
    let (project, token) = (&call.project, token(headers)?);
    let vouched = state.providers.verify_auth_zero(project, token).await?;
    let data = call.data()?;
    let username = optional_name(&data, "username")?;
    let profile = optional_app_profile(&data)?;
    let language = accepted_language(headers).into();
    let participant = state
        .providers
        .recognise(project, vouched, language, client)
        .await?;
    // Who has a token of ours already keeps that: it must not renew itself.
    let access_token = if participant.session().is_some() {
        token.to_owned()
    } else {
        let lifetime = state.tokens.lifetime();
        let session = state.members.new_session(&participant, lifetime)?;
        // Signed first: while nothing can be signed, nothing is left that nobody holds.
        let access_token = state.tokens.access(&session).await?;
        state.members.open(&session).await?;
        access_token
    };
    let participant = state
        .members
        .change_app_profile(participant, username.as_ref(), profile.as_ref())
        .await?;
    let changed = Changed {
        access_token: Some(access_token),
        app_profile: Some(participant.app_profile().as_object().clone()),
        email: None,
        username: None,
        ..Changed::of(call, &participant)
    };
    Ok(Envelope::of(CREATED, changed).into_response())
}

async fn change_account(
    state: &State,
    call: &Call,
    participant: Participant,
    client: Option<ClientAddress>,
) -> Result<Response, ApiError> {
    let current = participant.current()?;
    let data = call.data()?;
    let email = match data.optional("email")? {
        Some(_) => Some(required_email(&data)?),
        None => None,
    };
    let patch = MemberPatch {
        nickname: optional_name(&data, "nickname")?,
        attributes: custom(&data)?,
    };
    participant.has_room_for(&patch)?;
    let mut participant = participant;
    // First, since the address may be taken, and then nothing is to be changed.
    if let Some(email) = &email {
        let user = state.email_change.change(&current, email, client).await?;
        participant = participant.into_updated(user);
    }
    let participant = state.members.change(participant, &patch).await?;
    let changed = Changed::of(call, &participant);
    Ok(Envelope::of(CREATED, changed).into_response())
}

impl Changed {
    fn of(call: &Call, participant: &Participant) -> Self {
        let user = participant.user();
        let own = participant
            .account()
            .map(|user| external_id(&call.project, user));
        let external_id = own.unwrap_or_else(|| {
            let subject = user.to_string();
            call.project.external_id(ProviderName::AuthZero, &subject)
        });
        Self {
            external_id: external_id.as_str().to_owned(),
            project_id: call.project.id.to_string(),
            email: participant.email().map(str::to_owned),
            username: participant.username().map(str::to_owned),
            access_token: None,
            app_profile: None,
        }
    }
}

fn required_external_id(fields: &Fields) -> Result<ExternalId, Fault> {
    let id = ExternalId::parse(fields.required("externalId")?);
    Ok(id.ok_or(Error::InvalidField("externalId"))?)
}

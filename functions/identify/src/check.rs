//! Who somebody is, by a token of ours or of a provider: rows 10, 13 and 19 to 21.

use axum::Json;
use axum::extract::State as Shared;
use axum::response::{IntoResponse, Response};
use http::HeaderMap;
use serde::Serialize;
use shared::domain::ProviderName;
use shared::error::Error;
use shared::http::{Client, accepted_language, bearer_token, operations};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{IdentityProviders, Members, Projects};
use utoipa::ToSchema;

use crate::call::{Call, QueryFields, optional_device, token};
use crate::document::{Asked, EnvelopeRefused, OutOfService, ProviderFailed};
use crate::error::{ApiError, ErrorBody};
use crate::view::{AuthZeroProfile, CognitoProfile, Envelope, OK, SocialProfile};

operations! { State;
    GET "/identify/v1/user/check" => check,
    GET "/identify/v1/user/check/nonstandard" => check_nonstandard,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    projects: Projects,
    members: Members,
    providers: IdentityProviders,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        Ok(Self {
            projects: foundation.projects(secrets)?,
            members: foundation.members()?,
            providers: foundation.identity_providers(secrets)?,
        })
    }
}

/// One of two, by the provider.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "the variants are only documentation")]
enum Checked {
    AwsCognito(CognitoProfile),
    AuthZero(AuthZeroProfile),
}

/// Check who an access token speaks for, on which device
///
/// `awsCognito`: a token of ours. `authZero`: also one of the project's issuer, whose user is linked or made at first sight. A device
/// that nobody has signed in on is remembered by its name.
#[utoipa::path(get, path = "/identify/v1/user/check", tag = "check", security(("bearer" = [])),
    params(
        Asked,
        ("deviceId" = String, Query, description = "The device, a UUID"),
        ("accessToken" = Option<String>, Query, description = "`authZero`: the token, in place of the header"),
    ),
    responses(
        (status = 200, description = "OK", body = Envelope<Checked>),
        (status = 401, body = ErrorBody, description = "No good token (`invalid_token`)"),
        EnvelopeRefused, ProviderFailed, OutOfService,
    ))]
async fn check(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    QueryFields(fields): QueryFields,
) -> Result<Response, ApiError> {
    let having = [ProviderName::AwsCognito, ProviderName::AuthZero];
    let call = Call::read(&state.projects, fields, &having).await?;
    if call.provider == ProviderName::AwsCognito {
        let token = token(&headers)?;
        let participant = state.members.authorise(&call.project, token).await?;
        participant.current()?;
        let seen = state
            .members
            .see(participant, call.device()?, false)
            .await?;
        return Ok(Envelope::of(OK, CognitoProfile::new(&call.project, &seen)).into_response());
    }
    let token = match call.fields.optional("accessToken")? {
        Some(brought) => brought,
        None => token(&headers)?,
    };
    let (project, providers) = (&call.project, &state.providers);
    let vouched = providers.verify_auth_zero(project, token).await?;
    let device = call.device()?;
    let language = accepted_language(&headers).into();
    let participant = providers
        .recognise(project, vouched, language, client)
        .await?;
    let seen = state.members.see(participant, device, true).await?;
    Ok(Envelope::of(OK, AuthZeroProfile::new(&seen)).into_response())
}

/// Check who a provider's token speaks for
///
/// The token stands in `accessToken`, else in the header. Google: an ID token. Facebook: an access token of the project's app. Twitter:
/// `token:token_secret` of the project's app (OAuth 1.0a). At first sight the user is linked or made.
#[utoipa::path(get, path = "/identify/v1/user/check/nonstandard", tag = "check", security((), ("bearer" = [])),
    params(
        Asked,
        ("userId" = Option<String>, Query, description = "The provider's name for the user, which has to be that of the token; \
                                                          `twitter` demands it"),
        ("accessToken" = Option<String>, Query, description = "The provider's token"),
        ("deviceId" = Option<String>, Query, description = "The device, a UUID"),
    ),
    responses(
        (status = 200, description = "OK", body = Envelope<SocialProfile>),
        (status = 401, body = ErrorBody, description = "No good token, or somebody else's (`invalid_token`)"),
        EnvelopeRefused, ProviderFailed, OutOfService,
    ))]
async fn check_nonstandard(
    Shared(state): Shared<State>,
    Client(client): Client,
    headers: HeaderMap,
    QueryFields(fields): QueryFields,
) -> Result<Json<Envelope<SocialProfile>>, ApiError> {
    let having = [
        ProviderName::Twitter,
        ProviderName::Google,
        ProviderName::Facebook,
    ];
    let call = Call::read(&state.projects, fields, &having).await?;
    let brought = call.fields.optional("accessToken")?;
    let token = brought.or_else(|| bearer_token(&headers));
    let token = token.ok_or(Error::InvalidToken)?;
    let (project, providers) = (&call.project, &state.providers);
    let vouched = providers.verify(project, call.provider, token).await?;
    let device = optional_device(&call.fields)?;
    match call.fields.optional("userId")? {
        Some(subject) if !vouched.is(subject) => return Err(Error::InvalidToken.into()),
        None if call.provider == ProviderName::Twitter => {
            return Err(Error::MissingField("userId").into());
        }
        _ => {}
    }
    let language = accepted_language(&headers).into();
    let mut participant = providers
        .recognise(project, vouched, language, client)
        .await?;
    if let Some(device) = device {
        participant = state.members.see(participant, device, true).await?;
    }
    Ok(Envelope::of(OK, SocialProfile::new(project, &participant)))
}

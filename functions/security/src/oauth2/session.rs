//! What a token tells, and ending its session: rows 1b, 2 and 16.

use axum::Json;
use axum::extract::{Path, State as Shared};
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use shared::error::Error;
use shared::http::bearer_token;
use utoipa::ToSchema;

use super::State;
use super::view::WebTokenResult;
use crate::DIALECT;
use crate::document::{OutOfService, PathRefused, TokenRefused};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Bearer, QueryFields};
use crate::view::UserInfo;

/// Who am I
#[utoipa::path(get, path = "/security/api/v1/oauth2", tag = "oauth2", security(("bearer" = [])),
    params(("me" = bool, Query, description = "Has to be true: nothing else can be asked for")),
    responses(
        (status = 200, description = "OK", body = UserInfo),
        (status = 400, body = ErrorBody, description = "`me` is not true (1050)"),
        TokenRefused, OutOfService,
    ))]
pub(super) async fn me(
    Shared(state): Shared<State>,
    Bearer(current): Bearer,
    query: QueryFields,
) -> Result<Json<UserInfo>, ApiError> {
    if !query.flag("me")? {
        return Err(ApiError::numbered(1050, "only me=true can be asked for"));
    }
    let details = state.details.of(current.user().clone()).await?;
    Ok(Json(UserInfo::new(&details)))
}

/// Sign out
///
/// The token in the path is that of the header.
#[utoipa::path(delete, path = "/security/api/v1/oauth2/{token}", tag = "oauth2", security(("bearer" = [])),
    params(("token" = String, Path, description = "The access token")),
    responses(
        (status = 204, description = "The session has ended"),
        PathRefused, TokenRefused,
        (status = 404, body = ErrorBody, description = "Not the token of the header"),
        OutOfService,
    ))]
pub(super) async fn revoke(
    Shared(state): Shared<State>,
    Bearer(current): Bearer,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    if bearer_token(&headers) != Some(token.as_str()) {
        return Err(Error::NotFound.into());
    }
    state.sessions.end(&current).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A good token, and whose it is.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TokenValidationResult {
    user_info: UserInfo,
    token_info: WebTokenResult,
}

/// See whether an access token of this API is good
///
/// For `system` and `root`: other services that were given a token.
#[utoipa::path(get, path = "/security/api/v1/validateToken", tag = "oauth2", security(("bearer" = [])),
    params(("token" = String, Query, description = "The access token")),
    responses(
        (status = 200, description = "OK", body = TokenValidationResult),
        (status = 400, body = ErrorBody, description = "No token to look at (1018)"),
        TokenRefused,
        (status = 404, body = ErrorBody, description = "Not a good token: unknown, expired, or its session has ended"),
        OutOfService,
    ))]
pub(super) async fn validate(
    Shared(state): Shared<State>,
    Bearer(caller): Bearer,
    query: QueryFields,
) -> Result<Json<TokenValidationResult>, ApiError> {
    caller.into_security_system_or_root()?;
    let token = query.0.required("token")?;
    let found = state.sessions.authorise(token, DIALECT).await;
    let current = found.map_err(|fault| match fault {
        Error::InvalidToken | Error::ExpiredToken | Error::SessionEnded => Error::NotFound,
        other => other,
    })?;
    let details = state.details.of(current.user().clone()).await?;
    Ok(Json(TokenValidationResult {
        user_info: UserInfo::new(&details),
        token_info: state.tokens.seen(&current, token),
    }))
}

//! Ending a session by its token.

use axum::extract::{Path, State as Shared};
use http::{HeaderMap, StatusCode};
use shared::error::Error;
use shared::http::bearer_token;

use super::State;
use crate::document::{OutOfService, TokenRefused};
use crate::error::{ApiError, ErrorBody};
use crate::extract::Bearer;

/// Sign out
///
/// The token in the path is that of the header.
#[utoipa::path(delete, path = "/security/api/v1/oauth2/{token}", tag = "oauth2", security(("bearer" = [])),
    params(("token" = String, Path, description = "The access token")),
    responses(
        (status = 204, description = "The session has ended"),
        TokenRefused,
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

//! Avatars: rows 9 to 11.

use axum::Json;
use axum::extract::{FromRef, Path, Request, State as Shared};
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use shared::domain::UserId;
use shared::error::Error;
use shared::http::{answer_picture, operations, read_picture};
use shared::runtime::{Foundation, StartError};
use shared::service::{Avatar, Avatars, Sessions};

use crate::document::{OutOfService, PathRefused, TokenRefused};
use crate::error::{ApiError, ErrorBody};
use crate::extract::Bearer;
use crate::view::Success;

operations! { State;
    GET "/security/api/v1/avatar/{id}" => get,
    POST "/security/api/v1/avatar/{id}" => put,
    DELETE "/security/api/v1/avatar/{id}" => delete,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    avatars: Avatars,
    sessions: Sessions,
}

impl State {
    pub(crate) fn new(foundation: &Foundation) -> Result<Self, StartError> {
        Ok(Self {
            avatars: foundation.avatars(),
            sessions: foundation.sessions()?,
        })
    }
}

impl FromRef<State> for Sessions {
    fn from_ref(state: &State) -> Self {
        state.sessions.clone()
    }
}

/// See an avatar
///
/// For everybody who is signed in. `If-None-Match` with the `ETag` of an answer before asks whether it is still the same.
#[utoipa::path(get, path = "/security/api/v1/avatar/{id}", tag = "avatar", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The user")),
    responses(
        (status = 200, description = "OK", content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg")), headers(("ETag" = String, description = "Names the bytes"))),
        (status = 304, description = "The caller has it"),
        PathRefused, TokenRefused,
        (status = 404, body = ErrorBody, description = "There is no such user, or no avatar"),
        OutOfService,
    ))]
async fn get(
    Shared(state): Shared<State>,
    Bearer(current): Bearer,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let user = UserId::parse(&id).ok_or(Error::NotFound)?;
    let avatar = state.avatars.get(&current, user).await?;
    let Avatar { picture, tag } = avatar;
    let kind = picture.content_type();
    Ok(answer_picture(&headers, kind, &tag, picture.into_bytes()))
}

/// Set an avatar
///
/// One's own; root sets anybody's. The body is the picture, or a form with it: PNG, JPEG, GIF or WebP, at most 2,000,000 bytes. It is
/// made to fit 256 by 256 pixels and loses all that is no picture; one that fits and holds nothing else is kept byte for byte.
#[utoipa::path(post, path = "/security/api/v1/avatar/{id}", tag = "avatar", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The user")),
    request_body(content((Vec<u8> = "image/png"), (Vec<u8> = "image/jpeg"), (Vec<u8> = "image/gif"), (Vec<u8> = "image/webp"), (Vec<u8> = "multipart/form-data"))),
    responses(
        (status = 200, description = "OK", body = Success),
        (status = 400, body = ErrorBody, description = "No picture that is taken, or too large (1018)"),
        TokenRefused,
        (status = 404, body = ErrorBody, description = "There is no such user"),
        OutOfService,
    ))]
async fn put(
    Shared(state): Shared<State>,
    Bearer(current): Bearer,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<Success>, ApiError> {
    let owner = state.avatars.changeable(&current, UserId::parse(&id))?;
    let upload = read_picture(request).await;
    let upload = upload.map_err(|refused| ApiError::from(refused).under(1018))?;
    state.avatars.put(owner, upload).await?;
    Ok(Json(Success::POSTED))
}

/// Remove an avatar
///
/// One's own; root removes anybody's.
#[utoipa::path(delete, path = "/security/api/v1/avatar/{id}", tag = "avatar", security(("bearer" = [])),
    params(("id" = String, Path, format = "uuid", description = "The user")),
    responses(
        (status = 204, description = "It is removed"),
        PathRefused, TokenRefused,
        (status = 404, body = ErrorBody, description = "There is no such user, or no avatar"),
        OutOfService,
    ))]
async fn delete(
    Shared(state): Shared<State>,
    Bearer(current): Bearer,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let owner = state.avatars.changeable(&current, UserId::parse(&id))?;
    state.avatars.delete(owner).await?;
    Ok(StatusCode::NO_CONTENT)
}

//! One's own authenticator, which the document does not have: binding it and taking it off.

use axum::Json;
use axum::extract::State as Shared;
use data_encoding::BASE64;
use http::StatusCode;
use secrecy::ExposeSecret as _;
use shared::domain::Password;
use shared::error::Error;
use shared::http::{Client, Fields};
use utoipa::ToSchema;

use super::State;
use super::view::{AuthenticatorView, RecoveryCodesView};
use crate::document::{BodyRefused, OutOfService, TokenRefused};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Bearer, BodyFields};

/// Get a seed for an authenticator
///
/// Nothing is bound before the authenticator has shown a code; a newer seed replaces an older one. It waits for a quarter of an hour.
#[utoipa::path(post, path = "/security/api/v1/totp", tag = "totp", security(("bearer" = [])),
    responses(
        (status = 200, description = "OK", body = AuthenticatorView),
        (status = 400, body = ErrorBody, description = "An authenticator is bound already (1045)"),
        TokenRefused, OutOfService,
    ))]
pub(super) async fn begin(
    Shared(state): Shared<State>,
    Bearer(current): Bearer,
) -> Result<Json<AuthenticatorView>, ApiError> {
    let new = state.enrolment.begin(&current).await?;
    let uri = new.uri.expose_secret();
    let picture = BASE64.encode(&new.picture);
    Ok(Json(AuthenticatorView {
        secret: new.secret.expose_secret().to_owned(),
        uri: uri.to_owned(),
        qr: format!("data:image/png;base64,{picture}"),
    }))
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only documentation")]
struct FirstCode {
    #[schema(example = "123456")]
    code: String,
}

/// Bind the authenticator that shows this code
///
/// It is the second factor from now on. All other sessions end; the owner is told by mail.
#[utoipa::path(put, path = "/security/api/v1/totp", tag = "totp", security(("bearer" = [])),
    request_body = FirstCode,
    responses(
        (status = 200, description = "OK", body = RecoveryCodesView),
        (status = 400, body = ErrorBody, description = "A wrong code, the sixth one, or no seed waits (1018)"),
        TokenRefused, BodyRefused, OutOfService,
    ))]
pub(super) async fn finish(
    Shared(state): Shared<State>,
    Bearer(current): Bearer,
    BodyFields(body): BodyFields,
) -> Result<Json<RecoveryCodesView>, ApiError> {
    let code = body.required("code")?;
    let codes = state.enrolment.finish(&current, code).await?;
    let codes = codes.0.iter().map(|code| code.expose_secret().to_owned());
    Ok(Json(RecoveryCodesView {
        recovery_codes: codes.collect(),
    }))
}

#[derive(ToSchema)]
struct RemoveRequest {
    #[schema(rename = "currentPassword", value_type = String, format = Password)]
    current_password: Password,
    /// A code of the authenticator, or a recovery code
    code: String,
}

impl RemoveRequest {
    fn read(fields: &Fields) -> Result<Self, ApiError> {
        let password = Password::parse(fields.required("currentPassword")?);
        Ok(Self {
            current_password: password.ok_or(Error::InvalidField("currentPassword"))?,
            code: fields.required("code")?.to_owned(),
        })
    }
}

/// Take the authenticator off
///
/// The account asks for no second factor any more. All other sessions end; the owner is told by mail.
#[utoipa::path(delete, path = "/security/api/v1/totp", tag = "totp", security(("bearer" = [])),
    request_body = RemoveRequest,
    responses(
        (status = 204, description = "It is off"),
        (status = 400, body = ErrorBody, description = "Field missing"),
        (status = 403, body = ErrorBody, description = "The password (2) or the code (12) is wrong, or the token is not good"),
        (status = 404, body = ErrorBody, description = "None is bound"),
        BodyRefused, OutOfService,
        (status = 429, body = ErrorBody, description = "Too many failures: wait as `Retry-After` says"),
    ))]
pub(super) async fn remove(
    Shared(state): Shared<State>,
    Bearer(current): Bearer,
    Client(client): Client,
    BodyFields(body): BodyFields,
) -> Result<StatusCode, ApiError> {
    let request = RemoveRequest::read(&body)?;
    state
        .enrolment
        .remove(&current, &request.current_password, &request.code, client)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

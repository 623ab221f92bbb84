//! What handlers of this dialect take from a request: its fields, and the caller behind its token.

use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use http::request::Parts;
use shared::error::Error;
use shared::http::{Fields, bearer_token, read_json};
use shared::service::{CurrentUser, Sessions};

use crate::DIALECT;
use crate::error::ApiError;

/// The fields of the body, which has to be there.
pub(crate) struct BodyFields(pub(crate) Fields);

impl<S: Sync> FromRequest<S> for BodyFields {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        Ok(Self(read_json(request).await?))
    }
}

/// The fields of the query.
pub(crate) struct QueryFields(pub(crate) Fields);

impl<S: Sync> FromRequestParts<S> for QueryFields {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(Fields::from_urlencoded(query.as_bytes())?))
    }
}

impl QueryFields {
    /// A flag, which is down if it is absent.
    pub(crate) fn flag(&self, name: &'static str) -> Result<bool, ApiError> {
        match self.0.optional(name)? {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Error::InvalidField(name).into()),
        }
    }
}

/// The user whose access token came with the request.
pub(crate) struct Bearer(pub(crate) CurrentUser);

impl<S: Sync> FromRequestParts<S> for Bearer
where
    Sessions: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let token = bearer_token(&parts.headers).ok_or(Error::MissingToken)?;
        let sessions = Sessions::from_ref(state);
        Ok(Self(sessions.authorise(token, DIALECT).await?))
    }
}

/// The user whose access token came with the request, who has the role that `P` proves.
pub(crate) struct Holder<P>(pub(crate) P);

impl<P: TryFrom<CurrentUser, Error = Error>, S: Sync> FromRequestParts<S> for Holder<P>
where
    Sessions: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Bearer(caller) = Bearer::from_request_parts(parts, state).await?;
        Ok(Self(P::try_from(caller)?))
    }
}

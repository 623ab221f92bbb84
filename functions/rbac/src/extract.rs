//! What handlers of this dialect take from a request: its fields, and the caller behind its token.

use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use http::request::Parts;
use shared::domain::{AccessName, Description, RoleKey};
use shared::error::Error;
use shared::http::{Fault, Fields, bearer_token, read_json};
use shared::service::{Caller, Permit, Permitted, Sessions};

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

/// The user whose access token came with the request, with the permission `P` or without.
pub(crate) struct Bearer<P>(pub(crate) Caller<P>);

impl<P: Permit, S: Sync> FromRequestParts<S> for Bearer<P>
where
    Sessions: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let token = bearer_token(&parts.headers).ok_or(Error::MissingToken)?;
        let sessions = Sessions::from_ref(state);
        Ok(Self(sessions.authorise_caller(token, DIALECT).await?))
    }
}

/// The user whose access token came with the request, who has the permission `P`.
pub(crate) struct Holder<P>(pub(crate) Permitted<P>);

impl<P: Permit, S: Sync> FromRequestParts<S> for Holder<P>
where
    Sessions: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Bearer(caller) = Bearer::<P>::from_request_parts(parts, state).await?;
        Ok(Self(caller.into_permitted()?))
    }
}

/// What a role or a permission is to be called, and what it is for.
pub(crate) struct Named {
    pub(crate) name: AccessName,
    pub(crate) description: Description,
}

impl Named {
    pub(crate) fn read(fields: &Fields) -> Result<Self, Fault> {
        let name = AccessName::parse(fields.required("name")?);
        let description = fields.optional("description")?.unwrap_or_default();
        let description = Description::parse(description);
        Ok(Self {
            name: name.ok_or(Error::InvalidField("name"))?,
            description: description.ok_or(Error::InvalidField("description"))?,
        })
    }
}

/// The role in a body: a number, digits or a UUID.
pub(crate) fn role_in(fields: &Fields) -> Result<RoleKey, Fault> {
    let text = fields.required_id("role_id")?;
    Ok(RoleKey::parse(&text).ok_or(Error::InvalidField("role_id"))?)
}

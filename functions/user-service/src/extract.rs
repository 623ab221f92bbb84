//! What handlers of this dialect take from a request: its fields, and the caller behind its token.

use axum::extract::{FromRef, FromRequest, FromRequestParts, Request};
use http::HeaderMap;
use http::request::Parts;
use shared::domain::{Attributes, Language, Name};
use shared::error::Error;
use shared::http::{Fault, Fields, bearer_token, read_fields};
use shared::runtime::{Foundation, StartError};
use shared::service::{CurrentUser, Profiles, Sessions, UserServiceAdmin};

use crate::DIALECT;
use crate::error::ApiError;

/// The fields of the body: JSON or a form.
pub(crate) struct BodyFields(pub(crate) Fields);

impl<S: Sync> FromRequest<S> for BodyFields {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        Ok(Self(read_fields(request, true).await?))
    }
}

/// The fields of the body and, where it lacks them, of the query.
pub(crate) struct BodyOrQueryFields(pub(crate) Fields);

impl<S: Sync> FromRequest<S> for BodyOrQueryFields {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let query = Fields::from_urlencoded(request.uri().query().unwrap_or_default().as_bytes())?;
        Ok(Self(read_fields(request, true).await?.or(query)))
    }
}

/// The fields of the query alone.
pub(crate) struct QueryFields(pub(crate) Fields);

impl<S: Sync> FromRequestParts<S> for QueryFields {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(Fields::from_urlencoded(query.as_bytes())?))
    }
}

/// What it takes to find out who calls.
#[derive(Clone)]
pub(crate) struct Callers {
    sessions: Sessions,
    profiles: Profiles,
}

impl Callers {
    pub(crate) fn new(foundation: &Foundation) -> Result<Self, StartError> {
        Ok(Self {
            sessions: foundation.sessions()?,
            profiles: foundation.profiles(),
        })
    }

    /// A `Language` header on any authenticated call sets the user's language; one that is no language tag says nothing.
    async fn heed_language(
        &self,
        current: CurrentUser,
        headers: &HeaderMap,
    ) -> Result<CurrentUser, ApiError> {
        match language_header(headers) {
            Some(language) => Ok(self.profiles.set_language(current, &language).await?),
            None => Ok(current),
        }
    }
}

/// The user whose access token came with the request.
pub(crate) struct Caller(pub(crate) CurrentUser);

impl<S: Sync> FromRequestParts<S> for Caller
where
    Callers: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let callers = Callers::from_ref(state);
        let token = bearer_token(&parts.headers).ok_or(Error::MissingToken)?;
        let current = callers.sessions.authorise(token, DIALECT).await?;
        Ok(Self(callers.heed_language(current, &parts.headers).await?))
    }
}

/// The same user and their attributes, read in one round trip.
pub(crate) struct CallerWithAttributes(pub(crate) CurrentUser, pub(crate) Attributes);

impl<S: Sync> FromRequestParts<S> for CallerWithAttributes
where
    Callers: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let callers = Callers::from_ref(state);
        let token = bearer_token(&parts.headers).ok_or(Error::MissingToken)?;
        let (current, attributes) = callers
            .sessions
            .authorise_with_attributes(token, DIALECT)
            .await?;
        Ok(Self(
            callers.heed_language(current, &parts.headers).await?,
            attributes,
        ))
    }
}

/// The administrator whose access token came with the request.
pub(crate) struct Admin(pub(crate) UserServiceAdmin);

impl<S: Sync> FromRequestParts<S> for Admin
where
    Callers: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let Caller(current) = Caller::from_request_parts(parts, state).await?;
        Ok(Self(current.into_user_service_admin()?))
    }
}

/// The header `Language`, if it holds a language tag.
pub(crate) fn language_header(headers: &HeaderMap) -> Option<Language> {
    Language::parse(headers.get("language")?.to_str().ok()?)
}

/// A name that may be absent.
pub(crate) fn optional_name(fields: &Fields, field: &'static str) -> Result<Option<Name>, Fault> {
    match fields.optional(field)? {
        Some(text) => Ok(Some(Name::parse(text).ok_or(Error::InvalidField(field))?)),
        None => Ok(None),
    }
}

//! What handlers of this dialect take from a request that changes something: its fields, unless a foreign page sent it.
//!
//! A cookie goes along whoever makes the browser call, so every such call is asked where it comes from, signing in included: a
//! foreign page may not sign anybody in as somebody else either (OWASP, login CSRF).

use axum::extract::{FromRef, FromRequest, Request};
use shared::domain::Name;
use shared::error::Error;
use shared::http::{Fault, Fields, Origins, OwnOrigins, read_fields};
use shared::runtime::Foundation;

use crate::error::ApiError;

/// Whose pages may change something.
#[derive(Clone)]
pub(crate) struct AdmittedOrigins {
    own: OwnOrigins,
    listed: Origins,
}

impl AdmittedOrigins {
    pub(crate) fn new(foundation: &Foundation) -> Self {
        let config = &foundation.config;
        Self {
            own: OwnOrigins::of(&[&config.public_url]),
            listed: config.origins.clone(),
        }
    }
}

/// The fields of a JSON body, none if there is no body, from a page that may change something. JSON alone: a foreign page can
/// send forms and texts without asking anybody.
pub(crate) struct BodyFields(pub(crate) Fields);

impl<S: Sync> FromRequest<S> for BodyFields
where
    AdmittedOrigins: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let AdmittedOrigins { own, listed } = AdmittedOrigins::from_ref(state);
        if own.is_foreign(request.headers(), &listed) {
            return Err(Error::Forbidden.into());
        }
        Ok(Self(read_fields(request, false).await?))
    }
}

/// A name that may be absent.
pub(crate) fn optional_name(fields: &Fields, field: &'static str) -> Result<Option<Name>, Fault> {
    match fields.optional(field)? {
        Some(text) => Ok(Some(Name::parse(text).ok_or(Error::InvalidField(field))?)),
        None => Ok(None),
    }
}

//! What every request of this dialect says: a project, a strategy and a provider; and what else handlers take from it.
//!
//! What is wrong is told in this order: with the envelope, the project, the provider, the token, the rest of the body.

use axum::extract::{FromRequest, FromRequestParts, Request};
use http::HeaderMap;
use http::request::Parts;
use shared::domain::{
    AppProfile, AttributeKey, AttributeText, DeviceId, EmailAddress, Name, Project, ProjectId,
    ProviderName,
};
use shared::error::Error;
use shared::http::{Fault, Fields, bearer_token, read_json};
use shared::service::Projects;

use crate::error::ApiError;

/// What attributes are called by, in this dialect.
const CUSTOM: &str = "custom:";

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

/// A request whose envelope is in order: its project is there and has the provider, which has the operation.
pub(crate) struct Call {
    pub(crate) project: Project,
    pub(crate) provider: ProviderName,
    pub(crate) fields: Fields,
}

impl Call {
    /// Reads the envelope of an operation that these providers have.
    pub(crate) async fn read(
        projects: &Projects,
        fields: Fields,
        having: &[ProviderName],
    ) -> Result<Self, ApiError> {
        let id = ProjectId::parse(fields.required("projectId")?);
        let id = id.ok_or(Error::InvalidField("projectId"))?;
        let strategy = fields.required("strategy")?;
        let provider = ProviderName::parse(fields.required("provider")?);
        let provider = provider.ok_or(Error::InvalidField("provider"))?;
        if strategy != provider.strategy().as_str() {
            return Err(Error::InvalidField("strategy").into());
        }
        let project = projects.find(id).await?;
        if !project.providers.has(provider) || !having.contains(&provider) {
            return Err(Error::UnsupportedProvider.into());
        }
        Ok(Self {
            project,
            provider,
            fields,
        })
    }

    /// `data`, which has to be there.
    pub(crate) fn data(&self) -> Result<Fields, ApiError> {
        let data = self.fields.optional_object("data")?;
        Ok(data.ok_or(Error::MissingField("data"))?)
    }

    /// `deviceId` beside the envelope, which has to be there.
    pub(crate) fn device(&self) -> Result<DeviceId, ApiError> {
        required_device(&self.fields)
    }
}

/// The token that came with the request.
pub(crate) fn token(headers: &HeaderMap) -> Result<&str, ApiError> {
    Ok(bearer_token(headers).ok_or(Error::MissingToken)?)
}

/// `deviceId`, which has to be there.
pub(crate) fn required_device(fields: &Fields) -> Result<DeviceId, ApiError> {
    let device = DeviceId::parse(fields.required("deviceId")?);
    Ok(device.ok_or(Error::InvalidField("deviceId"))?)
}

/// `deviceId`, if it is there.
pub(crate) fn optional_device(fields: &Fields) -> Result<Option<DeviceId>, ApiError> {
    match fields.optional("deviceId")? {
        Some(text) => {
            let device = DeviceId::parse(text).ok_or(Error::InvalidField("deviceId"))?;
            Ok(Some(device))
        }
        None => Ok(None),
    }
}

/// `email`, which has to be there and be one.
pub(crate) fn required_email(fields: &Fields) -> Result<EmailAddress, ApiError> {
    let typed = fields.required("email")?;
    Ok(EmailAddress::parse(typed).map_err(|_| Error::InvalidEmail)?)
}

/// A name that may be absent.
pub(crate) fn optional_name(fields: &Fields, field: &'static str) -> Result<Option<Name>, Fault> {
    match fields.optional(field)? {
        Some(text) => Ok(Some(Name::parse(text).ok_or(Error::InvalidField(field))?)),
        None => Ok(None),
    }
}

/// `appProfile`, if it is there.
pub(crate) fn optional_app_profile(fields: &Fields) -> Result<Option<AppProfile>, Fault> {
    const FIELD: &str = "appProfile";
    match fields.optional_json(FIELD)? {
        Some(object) => {
            let profile = AppProfile::new(object).ok_or(Error::InvalidField(FIELD))?;
            Ok(Some(profile))
        }
        None => Ok(None),
    }
}

/// The attributes: all fields under `custom:`.
pub(crate) fn custom(fields: &Fields) -> Result<Vec<(AttributeKey, AttributeText)>, Fault> {
    let invalid = || Error::InvalidField("a custom field");
    let read = |(name, text): (&str, Option<&str>)| {
        let key = AttributeKey::parse(name).ok_or_else(invalid)?;
        let text = text.and_then(AttributeText::parse).ok_or_else(invalid)?;
        Ok((key, text))
    };
    fields.under(CUSTOM).map(read).collect()
}

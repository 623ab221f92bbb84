//! A user's own keys and texts: rows 8 to 10.

use axum::Json;
use axum::extract::{FromRef, State as Shared};
use shared::domain::{AttributeKey, AttributeText};
use shared::error::Error;
use shared::http::{Fault, Fields, operations};
use shared::runtime::{Foundation, StartError};
use shared::service::{AttributeName, AttributesService};
use utoipa::ToSchema;

use crate::document::{BodyRefused, OutOfService, PathRefused, TokenRefused, Version};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{BodyFields, BodyOrQueryFields, CallerWithAttributes, Callers};
use crate::view::{AttributesView, UserResponse, attributes_view};

operations! { State;
    POST "/user-service/{v}/users/attributes" => put,
    GET "/user-service/{v}/users/attributes" => list,
    DELETE "/user-service/{v}/users/attributes" => remove,
    DELETE "/user-service/{v}/users/attribute" => remove_by_old_path,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    callers: Callers,
    attributes: AttributesService,
}

impl State {
    pub(crate) fn new(foundation: &Foundation) -> Result<Self, StartError> {
        Ok(Self {
            callers: Callers::new(foundation)?,
            attributes: foundation.attributes(),
        })
    }
}

impl FromRef<State> for Callers {
    fn from_ref(state: &State) -> Self {
        state.callers.clone()
    }
}

#[derive(ToSchema)]
struct PutAttributeRequest {
    /// 1 to 128 bytes
    #[schema(rename = "attributeKey", value_type = String, min_length = 1, max_length = 128, example = "theme")]
    key: AttributeKey,
    /// At most 4 KiB
    #[schema(rename = "attributeText", value_type = String, max_length = 4096, example = "dark")]
    text: AttributeText,
}

impl PutAttributeRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let key = fields.required("attributeKey")?;
        let text = fields.required("attributeText")?;
        Ok(Self {
            key: AttributeKey::parse(key).ok_or(Error::InvalidField("attributeKey"))?,
            text: AttributeText::parse(text).ok_or(Error::InvalidField("attributeText"))?,
        })
    }
}

/// Set an attribute
///
/// At most 64 attributes of 32 KiB together.
#[utoipa::path(post, path = "/user-service/{v}/users/attributes", tag = "attributes", security(("bearer" = [])),
    params(Version),
    request_body = PutAttributeRequest,
    responses(
        (status = 200, description = "OK", body = UserResponse),
        (status = 400, body = ErrorBody, description = "Field missing or too long, or too many attributes"),
        TokenRefused, BodyRefused, OutOfService,
    ))]
async fn put(
    Shared(state): Shared<State>,
    CallerWithAttributes(current, read): CallerWithAttributes,
    BodyFields(fields): BodyFields,
) -> Result<Json<UserResponse>, ApiError> {
    let request = PutAttributeRequest::read(&fields)?;
    let attributes = state
        .attributes
        .put(&current, read, &request.key, &request.text)
        .await?;
    Ok(Json(UserResponse::full(current.user(), &attributes)))
}

/// All attributes
#[utoipa::path(get, path = "/user-service/{v}/users/attributes", tag = "attributes", security(("bearer" = [])),
    params(Version),
    responses(
        (status = 200, description = "OK", body = AttributesView, example = json!({"theme": "dark"})),
        PathRefused, TokenRefused, OutOfService,
    ))]
async fn list(CallerWithAttributes(_current, read): CallerWithAttributes) -> Json<AttributesView> {
    Json(attributes_view(&read))
}

/// One of the three, in the body or the query.
#[derive(ToSchema)]
struct RemoveAttributeRequest {
    /// The key; if there is none such and it is a number, the id
    #[schema(rename = "attributeKey")]
    key: Option<String>,
    #[schema(rename = "attributeId")]
    id: Option<u64>,
    /// The key, too, if it comes alone
    #[schema(rename = "attributeText")]
    text: Option<String>,
}

impl RemoveAttributeRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let text = |name| Ok::<_, Fault>(fields.optional(name)?.map(str::to_owned));
        Ok(Self {
            key: text("attributeKey")?,
            id: fields.optional_number("attributeId")?,
            text: text("attributeText")?,
        })
    }

    fn into_name(self) -> Result<AttributeName, Error> {
        let key = self.key.map(AttributeName::KeyOrId);
        let name = key
            .or(self.id.map(AttributeName::Id))
            .or(self.text.map(AttributeName::Key));
        name.ok_or(Error::MissingField("attributeKey"))
    }
}

/// Remove an attribute
///
/// Removing one that is not there is a success.
#[utoipa::path(delete, path = "/user-service/{v}/users/attributes", tag = "attributes", security(("bearer" = [])),
    params(Version),
    request_body = RemoveAttributeRequest,
    responses(
        (status = 200, description = "OK", body = UserResponse),
        (status = 400, body = ErrorBody, description = "None of the three is given"),
        TokenRefused, BodyRefused, OutOfService,
    ))]
async fn remove(
    Shared(state): Shared<State>,
    CallerWithAttributes(current, read): CallerWithAttributes,
    BodyOrQueryFields(fields): BodyOrQueryFields,
) -> Result<Json<UserResponse>, ApiError> {
    let name = RemoveAttributeRequest::read(&fields)?.into_name()?;
    let attributes = state.attributes.remove(&current, read, &name).await?;
    Ok(Json(UserResponse::full(current.user(), &attributes)))
}

/// Remove an attribute, by the path's other spelling
#[utoipa::path(delete, path = "/user-service/{v}/users/attribute", tag = "attributes", security(("bearer" = [])),
    params(Version),
    request_body = RemoveAttributeRequest,
    responses(
        (status = 200, description = "OK", body = UserResponse),
        (status = 400, body = ErrorBody, description = "None of the three is given"),
        TokenRefused, BodyRefused, OutOfService,
    ))]
async fn remove_by_old_path(
    state: Shared<State>,
    caller: CallerWithAttributes,
    fields: BodyOrQueryFields,
) -> Result<Json<UserResponse>, ApiError> {
    remove(state, caller, fields).await
}

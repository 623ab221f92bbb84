//! Administrators and the accounts of others: rows 15 to 18. For anybody else these routes do not exist.

use axum::Json;
use axum::extract::{FromRef, Path, State as Shared};
use http::StatusCode;
use shared::domain::{
    AttributeText, EmailAddress, Language, Name, Patch, PermissionLevel, UserNumber,
};
use shared::error::Error;
use shared::http::{Fault, Fields, operations, whole_number};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{AccountAdministration, AccountPatch, AttributesService, MAX_PAGE};
use utoipa::ToSchema;

use crate::document::{BodyRefused, OutOfService, PathRefused, TokenRefused, Version};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Admin, BodyFields, Callers, QueryFields};
use crate::view::{AttributeView, UserResponse, UsersResponse};

operations! { State;
    GET "/user-service/{v}/users" => list,
    PATCH "/user-service/{v}/users/{id}" => change,
    DELETE "/user-service/{v}/users/{id}" => delete,
    GET "/user-service/{v}/users/{id}/attributes" => list_attributes,
    PATCH "/user-service/{v}/users/attributes/{attributeId}" => change_attribute,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    callers: Callers,
    accounts: AccountAdministration,
    attributes: AttributesService,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        Ok(Self {
            callers: Callers::new(foundation)?,
            accounts: foundation.account_administration(secrets)?,
            attributes: foundation.attributes(),
        })
    }
}

impl FromRef<State> for Callers {
    fn from_ref(state: &State) -> Self {
        state.callers.clone()
    }
}

/// List accounts
///
/// By creation, oldest first: the positions from `bottomIndex` up to, not including, `upperIndex`, at most 100.
#[utoipa::path(get, path = "/user-service/{v}/users", tag = "admin", security(("bearer" = [])),
    params(
        Version,
        ("bottomIndex" = Option<u64>, Query, description = "First position, 0 if absent, at most 10,000"),
        ("upperIndex" = Option<u64>, Query, description = "Position after the last, 100 more than the first if absent"),
    ),
    responses(
        (status = 200, description = "OK", body = UsersResponse),
        (status = 400, body = ErrorBody, description = "An index is no number or out of range"),
        TokenRefused,
        (status = 404, body = ErrorBody, description = "The caller is no administrator"),
        OutOfService,
    ))]
async fn list(
    Shared(state): Shared<State>,
    Admin(admin): Admin,
    QueryFields(fields): QueryFields,
) -> Result<Json<UsersResponse>, ApiError> {
    let from = index(&fields, "bottomIndex")?.unwrap_or(0);
    let to = index(&fields, "upperIndex")?.unwrap_or(from.saturating_add(MAX_PAGE));
    let users = state.accounts.list(&admin, from, to).await?;
    Ok(Json(UsersResponse::new(&users)))
}

fn index(fields: &Fields, name: &'static str) -> Result<Option<usize>, Fault> {
    let index = fields.optional_number(name)?;
    let index = index.map(usize::try_from).transpose();
    Ok(index.map_err(|_| Error::InvalidField(name))?)
}

/// What is absent stays as it is.
#[derive(ToSchema)]
struct ChangeRequest {
    /// null clears it
    #[schema(value_type = Option<String>, max_length = 128)]
    firstname: Patch<Name>,
    /// null clears it
    #[schema(value_type = Option<String>, max_length = 128)]
    lastname: Patch<Name>,
    /// Ends the account's sessions and tells the former address
    #[schema(value_type = String, required = false)]
    email: Option<EmailAddress>,
    /// A BCP 47 tag
    #[schema(value_type = String, required = false)]
    language: Option<Language>,
    #[schema(value_type = bool, required = false)]
    confirmed: Option<bool>,
    /// 0 standard, 1 moderator, 2 administrator
    #[schema(rename = "permissionLevel", value_type = u8, required = false, maximum = 2)]
    level: Option<PermissionLevel>,
}

impl ChangeRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        const LEVEL: &str = "permissionLevel";
        let email = fields
            .settable("email")?
            .map(EmailAddress::parse)
            .transpose();
        let language = fields.settable("language")?;
        let language =
            language.map(|tag| Language::parse(tag).ok_or(Error::InvalidField("language")));
        let level = fields.settable_number(LEVEL)?;
        let level = level
            .map(|level| PermissionLevel::from_number(level).ok_or(Error::InvalidField(LEVEL)));
        Ok(Self {
            firstname: name(fields, "firstname")?,
            lastname: name(fields, "lastname")?,
            email: email.map_err(|_| Error::InvalidEmail)?,
            language: language.transpose()?,
            confirmed: fields.settable_flag("confirmed")?,
            level: level.transpose()?,
        })
    }
}

impl From<ChangeRequest> for AccountPatch {
    fn from(request: ChangeRequest) -> Self {
        Self {
            first_name: request.firstname,
            last_name: request.lastname,
            email: request.email,
            language: request.language,
            confirmed: request.confirmed,
            level: request.level,
        }
    }
}

fn name(fields: &Fields, field: &'static str) -> Result<Patch<Name>, Fault> {
    Ok(match fields.patch(field)? {
        Patch::Keep => Patch::Keep,
        Patch::Clear => Patch::Clear,
        Patch::Set(text) => Patch::Set(Name::parse(text).ok_or(Error::InvalidField(field))?),
    })
}

/// Change an account
#[utoipa::path(patch, path = "/user-service/{v}/users/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("v" = String, Path, description = "Any version name", example = "v1"),
        ("id" = u64, Path, description = "The account's id"),
    ),
    request_body = ChangeRequest,
    responses(
        (status = 200, description = "OK", body = UserResponse),
        (status = 400, body = ErrorBody, description = "A field is invalid, or the address is already registered"),
        TokenRefused,
        (status = 404, body = ErrorBody, description = "The caller is no administrator, or there is no such account"),
        BodyRefused, OutOfService,
    ))]
async fn change(
    Shared(state): Shared<State>,
    Admin(admin): Admin,
    Path((_version, id)): Path<(String, String)>,
    BodyFields(fields): BodyFields,
) -> Result<Json<UserResponse>, ApiError> {
    let patch = ChangeRequest::read(&fields)?.into();
    let user = state.accounts.change(&admin, number(&id)?, &patch).await?;
    let attributes = state.attributes.of(user.id).await?;
    Ok(Json(UserResponse::full(&user, &attributes)))
}

/// Delete an account
#[utoipa::path(delete, path = "/user-service/{v}/users/{id}", tag = "admin", security(("bearer" = [])),
    params(
        ("v" = String, Path, description = "Any version name", example = "v1"),
        ("id" = u64, Path, description = "The account's id"),
    ),
    responses(
        (status = 204, description = "No Content"),
        PathRefused, TokenRefused,
        (status = 404, body = ErrorBody, description = "The caller is no administrator, or there is no such account"),
        OutOfService,
    ))]
async fn delete(
    Shared(state): Shared<State>,
    Admin(admin): Admin,
    Path((_version, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    state.accounts.delete(&admin, number(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// An account's attributes with their ids
#[utoipa::path(get, path = "/user-service/{v}/users/{id}/attributes", tag = "admin", security(("bearer" = [])),
    params(
        ("v" = String, Path, description = "Any version name", example = "v1"),
        ("id" = u64, Path, description = "The account's id"),
    ),
    responses(
        (status = 200, description = "OK", body = [AttributeView]),
        PathRefused, TokenRefused,
        (status = 404, body = ErrorBody, description = "The caller is no administrator, or there is no such account"),
        OutOfService,
    ))]
async fn list_attributes(
    Shared(state): Shared<State>,
    Admin(admin): Admin,
    Path((_version, id)): Path<(String, String)>,
) -> Result<Json<Vec<AttributeView>>, ApiError> {
    let user = state.accounts.get(&admin, number(&id)?).await?;
    let attributes = state.attributes.of(user.id).await?;
    Ok(Json(AttributeView::all(&user, &attributes)))
}

#[derive(ToSchema)]
struct ChangeAttributeRequest {
    #[schema(value_type = String, required = false, max_length = 4096)]
    value: Option<AttributeText>,
}

impl ChangeAttributeRequest {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let value = fields.settable("value")?;
        let value =
            value.map(|text| AttributeText::parse(text).ok_or(Error::InvalidField("value")));
        Ok(Self {
            value: value.transpose()?,
        })
    }
}

/// Change the text of an attribute, by its id
#[utoipa::path(patch, path = "/user-service/{v}/users/attributes/{attributeId}", tag = "admin", security(("bearer" = [])),
    params(
        ("v" = String, Path, description = "Any version name", example = "v1"),
        ("attributeId" = u64, Path, description = "The attribute's id"),
    ),
    request_body = ChangeAttributeRequest,
    responses(
        (status = 200, description = "OK", body = AttributeView),
        (status = 400, body = ErrorBody, description = "The value is too long or no text, or too much for the account"),
        TokenRefused,
        (status = 404, body = ErrorBody, description = "The caller is no administrator, or there is no such attribute"),
        BodyRefused, OutOfService,
    ))]
async fn change_attribute(
    Shared(state): Shared<State>,
    Admin(admin): Admin,
    Path((_version, id)): Path<(String, String)>,
    BodyFields(fields): BodyFields,
) -> Result<Json<AttributeView>, ApiError> {
    let request = ChangeAttributeRequest::read(&fields)?;
    let id = whole_number(&id).ok_or(Error::NotFound)?;
    let user = state
        .accounts
        .get(&admin, UserNumber::of_attribute(id))
        .await?;
    let attributes = state
        .attributes
        .put_by_id(&admin, &user, id, request.value.as_ref())
        .await?;
    let view = AttributeView::of(&user, &attributes, id).ok_or(Error::NotFound)?;
    Ok(Json(view))
}

/// What is no number is no account's.
fn number(id: &str) -> Result<UserNumber, Error> {
    whole_number(id).map(UserNumber).ok_or(Error::NotFound)
}

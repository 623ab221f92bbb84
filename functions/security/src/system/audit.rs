//! What befell an account: its audit trail.

use axum::Json;
use axum::extract::{Path, State as Shared};
use serde::Serialize;
use shared::domain::{AuditEvent, AuditPosition, UserId};
use shared::error::Error;
use shared::http::{Fault, Fields};
use shared::service::{AuditPage, MAX_EVENTS};
use utoipa::{IntoParams, ToSchema};

use super::State;
use crate::document::{OutOfService, TokenRefused};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Bearer, QueryFields};

/// Events of an account, newest first.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditTrail {
    events: Vec<AuditTrailEvent>,
    /// Leads to the events before these; absent if there are none
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<String>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditTrailEvent {
    /// In epoch milliseconds
    time: i64,
    #[schema(example = "signed-in")]
    event: String,
    /// Where it came in; `operator` for a command
    #[schema(example = "user-service")]
    dialect: String,
    /// The answer's `X-Request-Id`
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// Who did it, if not the user
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "uuid")]
    by: Option<String>,
    /// The session that it is about
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<String>,
}

impl From<AuditPage> for AuditTrail {
    fn from(page: AuditPage) -> Self {
        Self {
            events: page.events.into_iter().map(AuditTrailEvent::from).collect(),
            cursor: page.next.map(|next| next.to_cursor()),
        }
    }
}

impl From<AuditEvent> for AuditTrailEvent {
    fn from(event: AuditEvent) -> Self {
        Self {
            time: event.position.millisecond(),
            event: event.event,
            dialect: event.origin,
            request_id: event.request,
            by: event.by.map(|by| by.to_string()),
            session_id: event.session.map(|session| session.to_string()),
        }
    }
}

/// Which part of the trail is asked for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
struct EventsAsked {
    /// How many; more than 100 are 100
    #[param(minimum = 1, maximum = 100, default = 100, value_type = Option<u64>)]
    limit: usize,
    /// Where the part before ended
    #[param(value_type = Option<String>)]
    cursor: Option<AuditPosition>,
}

impl EventsAsked {
    fn read(query: &Fields) -> Result<Self, Fault> {
        let limit = query.optional_number("limit")?;
        // As good as infinite, if it does not fit.
        let limit = limit.map_or(MAX_EVENTS, |limit: u64| {
            usize::try_from(limit).unwrap_or(usize::MAX)
        });
        if limit == 0 {
            return Err(Error::InvalidField("limit").into());
        }
        let cursor = query.optional("cursor")?;
        let cursor = cursor
            .map(|cursor| AuditPosition::from_cursor(cursor).ok_or(Error::InvalidField("cursor")));
        Ok(Self {
            limit,
            cursor: cursor.transpose()?,
        })
    }
}

/// See what befell an account
///
/// Not in document 001. Newest first, also of an account that has been deleted. Whoever is root or system sees the events of
/// everybody, anybody else their own. The id of zeros alone stands for the installation: its keys, its issuer, its projects.
#[utoipa::path(get, path = "/security/api/v1/audit/{userId}", tag = "system", security(("bearer" = [])),
    params(("userId" = String, Path, format = "uuid", description = "The user"), EventsAsked),
    responses(
        (status = 200, description = "OK", body = AuditTrail),
        (status = 400, body = ErrorBody, description = "The id or the part cannot be read (1018)"),
        TokenRefused, OutOfService,
    ))]
pub(super) async fn events(
    Shared(state): Shared<State>,
    Bearer(caller): Bearer,
    Path(user): Path<String>,
    QueryFields(query): QueryFields,
) -> Result<Json<AuditTrail>, ApiError> {
    let user = UserId::parse(&user).ok_or(Error::InvalidField("userId"))?;
    let EventsAsked { limit, cursor } = EventsAsked::read(&query)?;
    let page = state.audit.read(&caller, user, cursor.as_ref(), limit);
    Ok(Json(page.await?.into()))
}

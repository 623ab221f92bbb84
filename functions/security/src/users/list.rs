//! Lists of users: which part is asked for, and the headers that say how it goes on.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::header::LINK;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use shared::domain::{ListingPosition, UserId};
use shared::error::Error;
use shared::http::Fields;
use shared::service::{ListedUsers, MAX_SELECTED, UserQuery};

use crate::error::ApiError;
use crate::extract::QueryFields;

const DEFAULT_LIMIT: usize = 100;
const SCANNED: HeaderName = HeaderName::from_static("x-scanned");

/// Which users are asked for.
pub(super) struct ListRequest {
    pub(super) query: UserQuery,
    pub(super) id_only: bool,
    /// Exactly these, whatever else is asked.
    pub(super) select: Option<Vec<UserId>>,
}

impl ListRequest {
    pub(super) fn read(query: &QueryFields) -> Result<Self, ApiError> {
        let fields = &query.0;
        let limit = number(fields, "limit")?.unwrap_or(DEFAULT_LIMIT);
        if limit == 0 {
            return Err(Error::InvalidField("limit").into());
        }
        let cursor = fields.optional("cursor")?;
        let after = cursor
            .map(|cursor| ListingPosition::parse(cursor).ok_or(Error::InvalidField("cursor")))
            .transpose()?;
        let filter = fields.optional("filter")?.filter(|text| !text.is_empty());
        Ok(Self {
            query: UserQuery {
                after,
                offset: number(fields, "offset")?.unwrap_or(0),
                limit: limit.min(DEFAULT_LIMIT),
                filter: filter.map(str::to_owned),
            },
            id_only: query.flag("idOnly")?,
            select: fields.optional("select")?.map(selected).transpose()?,
        })
    }

    /// What is said of a list beside its users.
    pub(super) fn headers(&self, listed: &ListedUsers, base: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.extend(listed.scanned.map(|scanned| (SCANNED, scanned.into())));
        let link = listed.next.and_then(|next| self.link(next, base));
        headers.extend(link.map(|link| (LINK, link)));
        headers
    }

    fn link(&self, next: ListingPosition, base: &str) -> Option<HeaderValue> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("cursor", &next.to_string());
        query.append_pair("limit", &self.query.limit.to_string());
        if let Some(filter) = &self.query.filter {
            query.append_pair("filter", filter);
        }
        if self.id_only {
            query.append_pair("idOnly", "true");
        }
        let query = query.finish();
        HeaderValue::from_str(&format!("<{base}?{query}>; rel=\"next\"")).ok()
    }
}

pub(super) fn answer<T: Serialize>(headers: HeaderMap, body: &T) -> Response {
    (headers, Json(body)).into_response()
}

fn number(fields: &Fields, name: &'static str) -> Result<Option<usize>, ApiError> {
    let number = fields.optional_number(name)?;
    let number = number.map(|number| usize::try_from(number).unwrap_or(usize::MAX));
    Ok(number)
}

/// What is no id is nobody's, and left out like those.
fn selected(text: &str) -> Result<Vec<UserId>, ApiError> {
    let ids: Vec<_> = text.split(',').map(str::trim).collect();
    if ids.len() > MAX_SELECTED {
        return Err(Error::InvalidField("select").into());
    }
    Ok(ids.into_iter().filter_map(UserId::parse).collect())
}

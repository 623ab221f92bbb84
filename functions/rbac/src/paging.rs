//! Lists in pages: `limit` and `next` in the query, and the header `Link` (RFC 8288) that leads to the next page.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::header::LINK;
use serde::Serialize;
use shared::error::Error;
use shared::http::{Fault, Fields};
use shared::service::MAX_LISTED;

/// What part of a list is asked for.
pub(crate) struct Paging {
    pub(crate) limit: usize,
    next: Option<String>,
}

impl Paging {
    pub(crate) fn read(fields: &Fields) -> Result<Self, Fault> {
        let limit = fields.optional_number("limit")?;
        let limit = limit.map_or(MAX_LISTED, |limit| {
            usize::try_from(limit).map_or(MAX_LISTED, |limit| limit.min(MAX_LISTED))
        });
        if limit == 0 {
            return Err(Error::InvalidField("limit").into());
        }
        let next = fields.optional("next")?.map(str::to_owned);
        Ok(Self { limit, next })
    }

    /// Behind what the page begins.
    pub(crate) fn after<T>(
        &self,
        parse: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Fault> {
        let Some(next) = &self.next else {
            return Ok(None);
        };
        let after = parse(next).ok_or(Error::InvalidField("next"))?;
        Ok(Some(after))
    }

    /// The page, and where the list goes on if it does.
    pub(crate) fn answer<T: Serialize>(
        &self,
        entries: &[T],
        list: &str,
        next: Option<String>,
    ) -> Response {
        let body = Json(entries);
        let link = next.and_then(|next| {
            let link = format!("<{list}?limit={}&next={next}>; rel=\"next\"", self.limit);
            HeaderValue::from_str(&link).ok()
        });
        match link {
            Some(link) => ([(LINK, link)], body).into_response(),
            None => body.into_response(),
        }
    }
}

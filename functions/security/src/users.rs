//! Users: rows 4 to 8.

use shared::http::Route;
use shared::runtime::{Foundation, Secrets, StartError};
use utoipa_axum::router::OpenApiRouter;

pub(crate) const ROUTES: &[Route] = &[];

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State;

impl State {
    pub(crate) fn new(_: &Foundation, _: &Secrets) -> Result<Self, StartError> {
        Ok(Self)
    }
}

pub(crate) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
}

//! Avatars: rows 9 to 11.

use shared::http::Route;
use shared::runtime::{Foundation, StartError};
use utoipa_axum::router::OpenApiRouter;

pub(crate) const ROUTES: &[Route] = &[];

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State;

impl State {
    pub(crate) fn new(_: &Foundation) -> Result<Self, StartError> {
        Ok(Self)
    }
}

pub(crate) fn operations() -> OpenApiRouter<State> {
    OpenApiRouter::new()
}

//! Where the account is signed in, and signing out there.

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use axum::routing::{get, post};
use shared::domain::SessionId;
use shared::error::Error;
use shared::http::Fault;
use shared::pages::{Notice, SessionsPage, SignInNotice};

use super::super::sign_in::with_notice;
use super::super::{State, leave};
use super::{Member, SESSIONS, done, notice_in, refuse};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route(SESSIONS, get(show))
        .route("/account/sessions/end", post(end))
        .route("/account/sessions/end-others", post(end_others))
}

async fn show(Shared(state): Shared<State>, member: Member, request: Request) -> Response {
    let notice = notice_in(&request);
    match state.own_sessions.list(&member.current).await {
        Ok(sessions) => member.reader.page(&SessionsPage {
            reader: &member.reader,
            sessions: &sessions,
            notice,
        }),
        Err(fault) => member.reader.refused(&fault.into()),
    }
}

async fn end(Shared(state): Shared<State>, member: Member, request: Request) -> Response {
    let ended = async {
        let form = state.host.form(request).await?;
        let session = SessionId::parse(form.required("session")?);
        let session = session.ok_or(Error::InvalidField("session"))?;
        state.own_sessions.end(&member.current, session).await?;
        Ok::<_, Fault>(session)
    };
    match ended.await {
        Ok(session) if session == member.current.session().id => {
            leave(&with_notice(SignInNotice::SignedOut))
        }
        Ok(_) => done(SESSIONS, Notice::SessionEnded),
        Err(fault) => refuse(&member.reader, &fault, SESSIONS),
    }
}

async fn end_others(Shared(state): Shared<State>, member: Member, request: Request) -> Response {
    let ended = async {
        state.host.form(request).await?;
        Ok::<_, Fault>(state.own_sessions.end_others(&member.current).await?)
    };
    match ended.await {
        Ok(()) => done(SESSIONS, Notice::SessionsEnded),
        Err(fault) => refuse(&member.reader, &fault, SESSIONS),
    }
}

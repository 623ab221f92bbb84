//! The pages that mails lead to. Rendered here, without script; following a link never uses its code up, the button does.

mod answer;
mod view;
mod wording;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use axum::routing::{get, post};
use http::HeaderMap;
use http::header::ORIGIN;
use shared::domain::{Dialect, EmailAddress, NewPassword, Realm, UserId, WeakPassword};
use shared::error::Error;
use shared::http::{Client, Fields, read_fields};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{Recovery, Verification};

pub(crate) use answer::render_fault;

use answer::{Reader, refused};
use view::{
    ActivateFailedPage, ActivatePage, ForgotPage, MessagePage, Outcome, ResetError,
    ResetFailedPage, ResetPage,
};

/// Accounts of all dialects share the pages; intents that begin here are booked under the dialect whose documents lead here.
const DIALECT: Dialect = Dialect::UserService;

/// What the pages need.
#[derive(Clone)]
pub(crate) struct State {
    verification: Verification,
    recovery: Recovery,
    service: String,
    own_origin: String,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        Ok(Self {
            verification: foundation.verification(secrets),
            recovery: foundation.recovery(secrets, &foundation.passwords()?),
            service: foundation.config.service_name.clone(),
            own_origin: origin_of(&foundation.config.public_url),
        })
    }

    /// A form of ours, sent from a page of ours: browsers tell, and a foreign page cannot make them lie.
    async fn form(&self, request: Request) -> Result<Fields, shared::http::Fault> {
        let headers = request.headers();
        let same_origin = match header(headers, "sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => header(headers, ORIGIN.as_str()) == Some(&self.own_origin),
        };
        if !same_origin {
            return Err(Error::Malformed("the form comes from another site").into());
        }
        read_fields(request, true).await
    }
}

pub(crate) fn router(state: State) -> Router {
    Router::new()
        .route("/activate", get(show_activate).post(activate))
        .route("/activate/resend", post(resend))
        .route("/reset-password", get(show_reset).post(reset))
        .route("/reset-password/request", post(request_reset))
        .with_state(state)
}

async fn show_activate(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let Reader { language } = reader;
    let service = &state.service;
    match query(&request).required("code") {
        Ok(code) => reader.page(&ActivatePage {
            language,
            service,
            code,
        }),
        Err(_) => reader.page(&ActivateFailedPage { language, service }),
    }
}

async fn activate(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let Reader { language } = reader;
    let service = &state.service;
    let activated = async {
        let form = state.form(request).await?;
        Ok(state.verification.activate(form.required("code")?).await?)
    };
    match activated.await {
        Ok(_) => reader.page(&MessagePage {
            language,
            service,
            outcome: Outcome::Activated,
        }),
        Err(shared::http::Fault::Core(Error::AlreadyActivated)) => reader.page(&MessagePage {
            language,
            service,
            outcome: Outcome::Activated,
        }),
        Err(shared::http::Fault::Core(Error::InvalidCode)) => {
            reader.failed(&ActivateFailedPage { language, service })
        }
        Err(fault) => refused(fault, &reader, service),
    }
}

async fn resend(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let Reader { language } = reader;
    let service = &state.service;
    let sent = async {
        let form = state.form(request).await?;
        // What is no address has no account: the same answer as for any other.
        if let Ok(email) = EmailAddress::parse(form.required("email")?) {
            state
                .verification
                .mail_again(&Realm::default_realm(), DIALECT, &email)
                .await?;
        }
        Ok(())
    };
    match sent.await {
        Ok(()) => reader.page(&MessagePage {
            language,
            service,
            outcome: Outcome::ResendDone,
        }),
        Err(fault) => refused(fault, &reader, service),
    }
}

async fn show_reset(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let Reader { language } = reader;
    let service = &state.service;
    let link = query(&request);
    match (link.required("uid"), link.required("t")) {
        (Ok(uid), Ok(token)) => reader.page(&ResetPage {
            language,
            service,
            uid,
            token,
            error: None,
        }),
        _ => reader.page(&ForgotPage { language, service }),
    }
}

async fn reset(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let Reader { language } = reader;
    let service = &state.service;
    let form = match state.form(request).await {
        Ok(form) => form,
        Err(fault) => return refused(fault, &reader, service),
    };
    let fields = (
        form.required("uid"),
        form.required("t"),
        form.required("password"),
        form.required("password2"),
    );
    let (Ok(uid), Ok(token), Ok(password), Ok(again)) = fields else {
        return refused(
            Error::Malformed("a field is missing").into(),
            &reader,
            service,
        );
    };
    let chosen = match choose(password, again) {
        Ok(chosen) => chosen,
        Err(error) => {
            return reader.failed(&ResetPage {
                language,
                service,
                uid,
                token,
                error: Some(error),
            });
        }
    };
    let done = match UserId::parse(uid) {
        Some(user) => state.recovery.reset_password(user, token, &chosen).await,
        None => Err(Error::InvalidCode),
    };
    match done {
        Ok(()) => reader.page(&MessagePage {
            language,
            service,
            outcome: Outcome::ResetDone,
        }),
        Err(Error::InvalidCode) => reader.failed(&ResetFailedPage { language, service }),
        Err(fault) => refused(fault.into(), &reader, service),
    }
}

async fn request_reset(
    Shared(state): Shared<State>,
    Client(client): Client,
    reader: Reader,
    request: Request,
) -> Response {
    let Reader { language } = reader;
    let service = &state.service;
    let sent = async {
        let form = state.form(request).await?;
        if let Ok(email) = EmailAddress::parse(form.required("email")?) {
            state
                .recovery
                .mail_reset_link(&Realm::default_realm(), DIALECT, &email, client)
                .await?;
        }
        Ok(())
    };
    match sent.await {
        Ok(()) => reader.page(&MessagePage {
            language,
            service,
            outcome: Outcome::ForgotDone,
        }),
        Err(fault) => refused(fault, &reader, service),
    }
}

fn choose(password: &str, again: &str) -> Result<NewPassword, ResetError> {
    if password != again {
        return Err(ResetError::Different);
    }
    NewPassword::parse(password, &[]).map_err(|weak| match weak {
        WeakPassword::TooShort => ResetError::TooShort,
        WeakPassword::TooLong => ResetError::TooLong,
        WeakPassword::TooCommon => ResetError::TooCommon,
    })
}

/// The fields of a link; a link that cannot be read has none.
fn query(request: &Request) -> Fields {
    Fields::from_urlencoded(request.uri().query().unwrap_or_default().as_bytes())
        .unwrap_or_default()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Scheme, host and port of a URL.
fn origin_of(url: &str) -> String {
    let end = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url[end..].find('/').map_or(url.len(), |path| end + path);
    url[..path].to_owned()
}

#[cfg(test)]
mod tests {
    use super::origin_of;

    #[test]
    fn an_origin_has_no_path() {
        for (url, origin) in [
            ("https://id.example.com", "https://id.example.com"),
            ("https://id.example.com/auth", "https://id.example.com"),
            ("http://127.0.0.1:3000/", "http://127.0.0.1:3000"),
        ] {
            assert_eq!(origin_of(url), origin);
        }
    }
}

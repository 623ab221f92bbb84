//! The pages that mails lead to. Rendered here, without script; following a link never uses its code up, the button does.

mod answer;
mod view;
mod wording;

use axum::Router;
use axum::extract::{FromRef, Request, State as Shared};
use axum::response::Response;
use axum::routing::{get, post};
use http::HeaderMap;
use http::header::ORIGIN;
use shared::domain::{Dialect, EmailAddress, PasswordRule, Realm, User, UserId};
use shared::error::Error;
use shared::http::{Client, Fault, Fields, read_fields};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{Recovery, Verification};

pub use answer::render_fault;

use answer::{Reader, ServiceName};
use view::{
    ActivateFailedPage, ActivatePage, ActivationLink, ForgotPage, Outcome, ResetError,
    ResetFailedPage, ResetPage,
};

/// Accounts of all dialects share the pages; what begins here is booked under the dialect whose documents lead here.
const DIALECT: Dialect = Dialect::UserService;

/// What the pages need.
#[derive(Clone)]
pub(crate) struct State {
    verification: Verification,
    recovery: Recovery,
    service: ServiceName,
    own_origins: [String; 2],
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        Ok(Self {
            verification: foundation.verification(secrets)?,
            recovery: foundation.recovery(secrets, &foundation.passwords()?)?,
            service: ServiceName(foundation.config.service_name.as_str().into()),
            own_origins: [
                origin_of(&foundation.config.public_url),
                origin_of(&foundation.config.ui_url),
            ],
        })
    }

    /// A form of ours, sent from a page of ours: browsers tell, and a foreign page cannot make them lie.
    async fn form(&self, request: Request) -> Result<Fields, Fault> {
        let headers = request.headers();
        let same_origin = match header(headers, "sec-fetch-site") {
            Some(site) => site == "same-origin",
            None => header(headers, ORIGIN.as_str())
                .is_some_and(|origin| self.own_origins.iter().any(|own| own == origin)),
        };
        if !same_origin {
            return Err(Error::Malformed("the form comes from another site").into());
        }
        read_fields(request, true).await
    }
}

impl FromRef<State> for ServiceName {
    fn from_ref(state: &State) -> Self {
        state.service.clone()
    }
}

pub(crate) fn router(state: State) -> Router {
    Router::new()
        .route("/activate", get(show_activate).post(activate))
        .route("/activate/resend", post(resend))
        .route(
            "/rbac-activate",
            get(show_rbac_activate).post(rbac_activate),
        )
        .route("/reset-password", get(show_reset).post(reset))
        .route("/reset-password/request", post(request_reset))
        .with_state(state)
}

async fn show_activate(reader: Reader, request: Request) -> Response {
    let link = query(&request);
    let code = link.required("code").ok();
    show_activation(&reader, code.map(ActivationLink::Code))
}

async fn show_rbac_activate(reader: Reader, request: Request) -> Response {
    let link = query(&request);
    let named = (link.required("uid").ok(), link.required("code").ok());
    let link = match named {
        (Some(uid), Some(code)) => Some(ActivationLink::Rbac { uid, code }),
        _ => None,
    };
    show_activation(&reader, link)
}

fn show_activation(reader: &Reader, link: Option<ActivationLink<'_>>) -> Response {
    let Reader { language, service } = reader;
    match link {
        Some(link) => reader.page(&ActivatePage {
            language: *language,
            service,
            link,
        }),
        None => reader.page(&ActivateFailedPage {
            language: *language,
            service,
        }),
    }
}

async fn activate(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let activated = async {
        let form = state.form(request).await?;
        Ok(state.verification.activate(form.required("code")?).await?)
    };
    say_activated(&reader, activated.await)
}

async fn rbac_activate(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let activated = async {
        let form = state.form(request).await?;
        let (uid, code) = (form.required("uid")?, form.required("code")?);
        let user = UserId::parse(uid).ok_or(Error::InvalidCode)?;
        Ok(state.verification.activate_for(user, code).await?)
    };
    say_activated(&reader, activated.await)
}

fn say_activated(reader: &Reader, activated: Result<User, Fault>) -> Response {
    let Reader { language, service } = reader;
    match activated {
        Ok(_) | Err(Fault::Core(Error::AlreadyActivated)) => reader.outcome(Outcome::Activated),
        Err(Fault::Core(Error::InvalidCode)) => reader.failed(&ActivateFailedPage {
            language: *language,
            service,
        }),
        Err(fault) => reader.refused(&fault),
    }
}

async fn resend(
    Shared(state): Shared<State>,
    Client(client): Client,
    reader: Reader,
    request: Request,
) -> Result<Response, Response> {
    let sent = async {
        // What is no address has no account: the same answer as for any other.
        if let Some(email) = address(&state.form(request).await?)? {
            let realm = Realm::default_realm();
            state
                .verification
                .mail_again(&realm, DIALECT, &email, client)
                .await?;
        }
        Ok(reader.outcome(Outcome::ResendDone))
    };
    sent.await.map_err(|fault| reader.refused(&fault))
}

async fn show_reset(reader: Reader, request: Request) -> Response {
    let Reader { language, service } = &reader;
    let link = query(&request);
    match (link.required("uid"), link.required("t")) {
        (Ok(uid), Ok(token)) => reader.page(&ResetPage {
            language: *language,
            service,
            uid,
            token,
            error: None,
        }),
        _ => reader.page(&ForgotPage {
            language: *language,
            service,
        }),
    }
}

struct ResetForm {
    uid: String,
    token: String,
    password: String,
    again: String,
}

impl ResetForm {
    fn read(form: &Fields) -> Result<Self, Fault> {
        let field = |name| form.required(name).map(str::to_owned);
        Ok(Self {
            uid: field("uid")?,
            token: field("t")?,
            password: field("password")?,
            again: field("password2")?,
        })
    }
}

async fn reset(
    Shared(state): Shared<State>,
    reader: Reader,
    request: Request,
) -> Result<Response, Response> {
    let Reader { language, service } = &reader;
    let read = async { ResetForm::read(&state.form(request).await?) };
    let form = read.await.map_err(|fault| reader.refused(&fault))?;
    let again = |error| {
        reader.failed(&ResetPage {
            language: *language,
            service,
            uid: &form.uid,
            token: &form.token,
            error: Some(error),
        })
    };
    if form.password != form.again {
        return Ok(again(ResetError::Different));
    }
    let done = match UserId::parse(&form.uid) {
        Some(user) => {
            state
                .recovery
                .reset_password(user, &form.token, &form.password, PasswordRule::Plain)
                .await
        }
        None => Err(Error::InvalidCode),
    };
    match done {
        Ok(()) => Ok(reader.outcome(Outcome::ResetDone)),
        Err(Error::WeakPassword(weak)) => Ok(again(weak.into())),
        Err(Error::InvalidCode) => Ok(reader.failed(&ResetFailedPage {
            language: *language,
            service,
        })),
        Err(fault) => Err(reader.refused(&fault.into())),
    }
}

async fn request_reset(
    Shared(state): Shared<State>,
    Client(client): Client,
    reader: Reader,
    request: Request,
) -> Result<Response, Response> {
    let sent = async {
        if let Some(email) = address(&state.form(request).await?)? {
            let realm = Realm::default_realm();
            state
                .recovery
                .mail_reset_link(&realm, DIALECT, &email, client)
                .await?;
        }
        Ok(reader.outcome(Outcome::ForgotDone))
    };
    sent.await.map_err(|fault| reader.refused(&fault))
}

/// The address in a form; nothing for what no account can have.
fn address(form: &Fields) -> Result<Option<EmailAddress>, Fault> {
    Ok(EmailAddress::parse(form.required("email")?).ok())
}

/// The fields of a link; a link that cannot be read has none.
fn query(request: &Request) -> Fields {
    let query = request.uri().query().unwrap_or_default();
    Fields::from_urlencoded(query.as_bytes()).unwrap_or_default()
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Scheme, host and port of a URL.
fn origin_of(url: &str) -> String {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let path = url[host..].find('/').map_or(url.len(), |path| host + path);
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

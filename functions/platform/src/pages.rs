//! The pages that mails lead to: their routes, and what their forms do. Following a link never uses its code up, the button does.

use axum::Router;
use axum::extract::{FromRef, Request, State as Shared};
use axum::response::Response;
use axum::routing::{get, post};
use shared::domain::{Dialect, EmailAddress, LinkLifetime, PasswordRule, Realm, User, UserId};
use shared::error::Error;
use shared::http::{Client, Fault, Fields};
use shared::pages::{
    ActivateFailedPage, ActivatePage, ForgotPage, FormTarget, NewLink, Outcome, PageHost,
    PasswordHint, Reader, ResetError, ResetFailedPage, ResetPage, link_fields,
};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{Recovery, Verification};

/// Accounts of all dialects share the pages; what begins here is booked under the dialect whose documents lead here.
const DIALECT: Dialect = Dialect::UserService;

const ACTIVATE: &str = "/activate";
const RESEND: &str = "/activate/resend";
const RBAC_ACTIVATE: &str = "/rbac-activate";
const RESET: &str = "/reset-password";
const REQUEST_RESET: &str = "/reset-password/request";
const PASSWORD_FIELDS: [&str; 2] = ["password", "password2"];

/// What the pages need.
#[derive(Clone)]
pub(crate) struct State {
    verification: Verification,
    recovery: Recovery,
    host: PageHost,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        let config = &foundation.config;
        Ok(Self {
            verification: foundation.verification(secrets)?,
            recovery: foundation.recovery(secrets, &foundation.passwords()?)?,
            host: PageHost::new(&config.service_name, &[&config.public_url, &config.ui_url]),
        })
    }
}

impl FromRef<State> for PageHost {
    fn from_ref(state: &State) -> Self {
        state.host.clone()
    }
}

pub(crate) fn router(state: State) -> Router {
    Router::new()
        .route(ACTIVATE, get(show_activate).post(activate))
        .route(RESEND, post(resend))
        .route(RBAC_ACTIVATE, get(show_rbac_activate).post(rbac_activate))
        .route(RESET, get(show_reset).post(reset))
        .route(REQUEST_RESET, post(request_reset))
        .with_state(state)
}

async fn show_activate(reader: Reader, request: Request) -> Response {
    let link = link_fields(&request);
    let form = link.required("code").ok().map(|code| FormTarget {
        action: ACTIVATE,
        hidden: vec![("code", code)],
    });
    show_activation(&reader, form)
}

async fn show_rbac_activate(reader: Reader, request: Request) -> Response {
    let link = link_fields(&request);
    let named = (link.required("uid"), link.required("code"));
    let form = match named {
        (Ok(uid), Ok(code)) => Some(FormTarget {
            action: RBAC_ACTIVATE,
            hidden: vec![("uid", uid), ("code", code)],
        }),
        _ => None,
    };
    show_activation(&reader, form)
}

fn show_activation(reader: &Reader, form: Option<FormTarget<'_>>) -> Response {
    let Reader { language, service } = reader;
    match form {
        Some(form) => reader.page(&ActivatePage {
            language: *language,
            service,
            form,
            new_link: NewLink::Form(RESEND),
        }),
        None => reader.page(&activate_failed(reader)),
    }
}

fn activate_failed(reader: &Reader) -> ActivateFailedPage<'_> {
    ActivateFailedPage {
        language: reader.language,
        service: &reader.service,
        new_link: NewLink::Form(RESEND),
    }
}

async fn activate(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let activated = async {
        let form = state.host.form(request).await?;
        Ok(state.verification.activate(form.required("code")?).await?)
    };
    say_activated(&reader, activated.await)
}

async fn rbac_activate(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let activated = async {
        let form = state.host.form(request).await?;
        let (uid, code) = (form.required("uid")?, form.required("code")?);
        let user = UserId::parse(uid).ok_or(Error::InvalidCode)?;
        Ok(state.verification.activate_for(user, code).await?)
    };
    say_activated(&reader, activated.await)
}

fn say_activated(reader: &Reader, activated: Result<User, Fault>) -> Response {
    match activated {
        Ok(_) | Err(Fault::Core(Error::AlreadyActivated)) => reader.outcome(Outcome::Activated),
        Err(Fault::Core(Error::InvalidCode)) => reader.failed(&activate_failed(reader)),
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
        if let Some(email) = address(&state.host.form(request).await?)? {
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
    let link = link_fields(&request);
    match (link.required("uid"), link.required("t")) {
        (Ok(uid), Ok(token)) => reader.page(&reset_page(&reader, uid, token, None)),
        _ => reader.page(&ForgotPage {
            language: reader.language,
            service: &reader.service,
            action: REQUEST_RESET,
        }),
    }
}

fn reset_page<'a>(
    reader: &'a Reader,
    uid: &'a str,
    token: &'a str,
    error: Option<ResetError>,
) -> ResetPage<'a> {
    ResetPage {
        language: reader.language,
        service: &reader.service,
        form: FormTarget {
            action: RESET,
            hidden: vec![("uid", uid), ("t", token)],
        },
        password_fields: PASSWORD_FIELDS,
        hint: PasswordHint::Length,
        error,
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
            password: field(PASSWORD_FIELDS[0])?,
            again: field(PASSWORD_FIELDS[1])?,
        })
    }
}

async fn reset(
    Shared(state): Shared<State>,
    reader: Reader,
    request: Request,
) -> Result<Response, Response> {
    let read = async { ResetForm::read(&state.host.form(request).await?) };
    let form = read.await.map_err(|fault| reader.refused(&fault))?;
    let again = |error| {
        let page = reset_page(&reader, &form.uid, &form.token, Some(error));
        reader.failed(&page)
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
            language: reader.language,
            service: &reader.service,
            lifetime: LinkLifetime::Hour,
            new_link: NewLink::Form(REQUEST_RESET),
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
        if let Some(email) = address(&state.host.form(request).await?)? {
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

//! The pages that mails lead to. Following a link never uses its code up, the button does.

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use axum::routing::{get, post};
use shared::domain::{EmailAddress, PasswordRule, Realm, User, UserId};
use shared::error::Error;
use shared::http::{Client, Fault, Fields};
use shared::pages::{
    ActivateFailedPage, ActivatePage, ConfirmEmailPage, ForgotPage, FormTarget, NewLink, Outcome,
    PasswordHint, Reader, ResetError, ResetFailedPage, ResetPage, link_fields,
};

use super::{DIALECT, State};

const ACTIVATE: &str = "/activate";
const RESEND: &str = "/activate/resend";
const RBAC_ACTIVATE: &str = "/rbac-activate";
const CONFIRM: &str = "/confirm";
const CONFIRM_EMAIL: &str = "/confirm-email";
const RESET: &str = "/reset-password";
const REQUEST_RESET: &str = "/reset-password/request";
const PASSWORD_FIELDS: [&str; 2] = ["password", "password2"];

pub(super) fn router() -> Router<State> {
    Router::new()
        .route(ACTIVATE, get(show_activate).post(activate))
        .route(RESEND, post(resend))
        .route(RBAC_ACTIVATE, get(show_rbac_activate).post(rbac_activate))
        .route(CONFIRM, get(show_confirm).post(confirm))
        .route(CONFIRM_EMAIL, get(show_confirm_email).post(confirm_email))
        .route(RESET, get(show_reset).post(reset))
        .route(REQUEST_RESET, post(request_reset))
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
    show_activation_of(&reader, &link_fields(&request), (RBAC_ACTIVATE, "code"))
}

async fn show_confirm(reader: Reader, request: Request) -> Response {
    show_activation_of(&reader, &link_fields(&request), (CONFIRM, "t"))
}

/// The page of a link that names the account beside the code.
fn show_activation_of(
    reader: &Reader,
    link: &Fields,
    (action, code): (&'static str, &'static str),
) -> Response {
    let form = match (link.required("uid"), link.required(code)) {
        (Ok(uid), Ok(value)) => Some(FormTarget {
            action,
            hidden: vec![("uid", uid), (code, value)],
        }),
        _ => None,
    };
    show_activation(reader, form)
}

fn show_activation(reader: &Reader, form: Option<FormTarget<'_>>) -> Response {
    match form {
        Some(form) => reader.page(&ActivatePage {
            reader,
            form,
            new_link: NewLink::Form(RESEND),
        }),
        None => reader.page(&activate_failed(reader)),
    }
}

fn activate_failed(reader: &Reader) -> ActivateFailedPage<'_> {
    ActivateFailedPage {
        reader,
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
    say_activated(&reader, state.activate_named(request, "code").await)
}

async fn confirm(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    say_activated(&reader, state.activate_named(request, "t").await)
}

impl State {
    /// Activates the account that a form names beside the code in this field.
    async fn activate_named(&self, request: Request, code: &'static str) -> Result<User, Fault> {
        let form = self.host.form(request).await?;
        let (uid, code) = (form.required("uid")?, form.required(code)?);
        let user = UserId::parse(uid).ok_or(Error::InvalidCode)?;
        Ok(self.verification.activate_for(user, code).await?)
    }
}

fn say_activated(reader: &Reader, activated: Result<User, Fault>) -> Response {
    match activated {
        Ok(_) | Err(Fault::Core(Error::AlreadyActivated)) => reader.outcome(Outcome::Activated),
        Err(Fault::Core(Error::InvalidCode)) => reader.failed(&activate_failed(reader)),
        Err(fault) => reader.refused(&fault),
    }
}

async fn show_confirm_email(reader: Reader, request: Request) -> Response {
    let link = link_fields(&request);
    match link.required("code") {
        Ok(code) => reader.page(&ConfirmEmailPage {
            reader: &reader,
            form: FormTarget {
                action: CONFIRM_EMAIL,
                hidden: vec![("code", code)],
            },
        }),
        Err(_) => reader.failed_outcome(Outcome::LinkOver),
    }
}

async fn confirm_email(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let changed = async {
        let form = state.host.form(request).await?;
        Ok(state.email_change.confirm(form.required("code")?).await?)
    };
    match changed.await {
        Ok(_) => reader.outcome(Outcome::EmailChanged),
        Err(Fault::Core(Error::InvalidCode | Error::EmailTaken)) => {
            reader.failed_outcome(Outcome::LinkOver)
        }
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
            reader: &reader,
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
        reader,
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
            reader: &reader,
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

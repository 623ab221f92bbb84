//! Signing up. Where accounts are confirmed by mail, nobody learns here whether an address has one.

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use shared::domain::{EmailAddress, Name, NewPassword, Realm};
use shared::error::Error;
use shared::http::{Client, Fault, Fields};
use shared::pages::{Outcome, Reader, SignInNotice, SignUpError, SignUpPage};
use shared::service::{Admission, Registration};

use super::sign_in::with_notice;
use super::{DIALECT, State};

const SIGN_UP: &str = "/sign-up";

pub(super) fn router() -> Router<State> {
    Router::new().route(SIGN_UP, get(show).post(sign_up))
}

async fn show(Shared(state): Shared<State>, reader: Reader) -> Response {
    match state.registrar.admit_anybody() {
        Some(_) => reader.page(&SignUpForm::default().page(&reader, None)),
        None => reader.refused(&Fault::NotFound),
    }
}

async fn sign_up(
    Shared(state): Shared<State>,
    Client(client): Client,
    reader: Reader,
    request: Request,
) -> Result<Response, Response> {
    let refused = |fault: Fault| reader.refused(&fault);
    let admission = state.registrar.admit_anybody();
    let admission = admission.ok_or_else(|| refused(Fault::NotFound))?;
    let form = state.host.form(request).await.map_err(refused)?;
    let typed = SignUpForm::read(&form).map_err(refused)?;
    let account = match typed.check() {
        Ok(account) => account,
        Err(error) => return Ok(reader.failed(&typed.page(&reader, Some(error)))),
    };
    match state.register(admission, account, &reader, client).await {
        Ok(()) if state.needs_confirmation => Ok(reader.outcome(Outcome::SignUpDone)),
        Ok(()) => Ok(Redirect::to(&with_notice(SignInNotice::SignedUp)).into_response()),
        Err(Error::EmailTaken) => {
            Ok(reader.failed(&typed.page(&reader, Some(SignUpError::EmailTaken))))
        }
        Err(fault) => Err(refused(fault.into())),
    }
}

impl State {
    async fn register(
        &self,
        admission: Admission,
        account: Account,
        reader: &Reader,
        client: Option<shared::domain::ClientAddress>,
    ) -> Result<(), Error> {
        let registration = Registration {
            realm: Realm::default_realm(),
            dialect: DIALECT,
            email: &account.email,
            password: &account.password,
            first_name: account.first_name,
            last_name: account.last_name,
            display_name: None,
            nickname: None,
            attributes: Vec::new(),
            must_change_password: false,
            language: reader.language.into(),
            client,
        };
        self.registrar
            .register_unrevealed(admission, registration)
            .await
    }
}

/// The form as it was typed. No `Debug`: it holds a password.
#[derive(Default)]
struct SignUpForm {
    first_name: String,
    last_name: String,
    email: String,
    password: String,
}

/// What makes an account of it.
struct Account {
    first_name: Option<Name>,
    last_name: Option<Name>,
    email: EmailAddress,
    password: NewPassword,
}

impl SignUpForm {
    fn read(form: &Fields) -> Result<Self, Fault> {
        let optional = |name| form.optional(name).map(Option::unwrap_or_default);
        Ok(Self {
            first_name: optional("first_name")?.to_owned(),
            last_name: optional("last_name")?.to_owned(),
            email: form.required("email")?.to_owned(),
            password: form.required("password")?.to_owned(),
        })
    }

    fn check(&self) -> Result<Account, SignUpError> {
        let email = EmailAddress::parse(&self.email).map_err(|_| SignUpError::Email)?;
        let name = |typed: &str| match typed.trim() {
            "" => Ok(None),
            typed => Name::parse(typed).map(Some).ok_or(SignUpError::Name),
        };
        let (first_name, last_name) = (name(&self.first_name)?, name(&self.last_name)?);
        let names = [&first_name, &last_name].into_iter().flatten();
        let about: Vec<_> = std::iter::once(email.canonical())
            .chain(names.map(Name::as_str))
            .collect();
        let password = NewPassword::parse(&self.password, &about)
            .map_err(|weak| SignUpError::Password(weak.into()))?;
        Ok(Account {
            first_name,
            last_name,
            email,
            password,
        })
    }

    fn page<'a>(&'a self, reader: &'a Reader, error: Option<SignUpError>) -> SignUpPage<'a> {
        SignUpPage {
            reader,
            first_name: &self.first_name,
            last_name: &self.last_name,
            email: &self.email,
            error,
        }
    }
}

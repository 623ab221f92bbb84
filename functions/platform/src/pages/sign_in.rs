//! Signing in, step by step, and out.

use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use shared::domain::{EmailAddress, FactorMethod, Password, Realm};
use shared::error::Error;
use shared::http::{Client, Fault, Fields};
use shared::pages::{
    CodeError, CodePage, Reader, SignInError, SignInNotice, SignInPage, link_fields,
    own_link_fields,
};
use shared::service::{Begun, FirstStep};
use uuid::Uuid;

use super::{State, account, leave};

pub(super) const SIGN_IN: &str = "/sign-in";
const CODE: &str = "/sign-in/code";
const RESEND: &str = "/sign-in/resend";
const SIGN_OUT: &str = "/sign-out";
/// How long the page asks to wait for another message.
const RESEND_PAUSE: Duration = Duration::from_secs(30);

pub(super) fn router() -> Router<State> {
    Router::new()
        .route(SIGN_IN, get(show).post(sign_in))
        .route(CODE, post(answer))
        .route(RESEND, post(resend))
        .route(SIGN_OUT, post(sign_out))
}

/// What has happened before, by the name that a link has for it.
const NOTICES: [(&str, SignInNotice); 3] = [
    ("signed-up", SignInNotice::SignedUp),
    ("signed-out", SignInNotice::SignedOut),
    ("deleted", SignInNotice::Deleted),
];

/// Where a link leads that says so.
pub(super) fn with_notice(notice: SignInNotice) -> String {
    let found = NOTICES.into_iter().find(|(_, known)| *known == notice);
    let name = found.map_or("", |(name, _)| name);
    format!("{SIGN_IN}?done={name}")
}

/// Where the reader wants to go: one of the account's pages, and nowhere else.
fn next(fields: &Fields) -> &'static str {
    let wanted = fields.optional("next").ok().flatten();
    account::page_of(wanted.unwrap_or_default()).unwrap_or(account::PROFILE)
}

async fn show(Shared(state): Shared<State>, reader: Reader, request: Request) -> Response {
    let link = link_fields(&request);
    let next = next(&link);
    if let Some(cookie) = reader.cookie() {
        match state.sessions.resume(cookie).await {
            Ok(resumed) => {
                let cookie = state.renewed_cookie(cookie, &resumed);
                return (cookie.map(|header| [header]), Redirect::to(next)).into_response();
            }
            Err(Error::SessionEnded) => {}
            Err(fault) => return reader.refused(&fault.into()),
        }
    }
    let own = own_link_fields(&request);
    let done = own.optional("done").ok().flatten();
    let notice = NOTICES.into_iter().find(|(name, _)| done == Some(name));
    reader.page(&SignInPage {
        notice: notice.map(|(_, notice)| notice),
        ..state.sign_in_page(&reader, "", next)
    })
}

struct SignInForm {
    email: String,
    /// None for what is longer than any password is.
    password: Option<Password>,
    new_password: Option<String>,
    next: &'static str,
}

impl SignInForm {
    fn read(form: &Fields) -> Result<Self, Fault> {
        Ok(Self {
            email: form.required("email")?.to_owned(),
            password: Password::parse(form.required("password")?),
            new_password: form.optional("new_password")?.map(str::to_owned),
            next: next(form),
        })
    }
}

async fn sign_in(
    Shared(state): Shared<State>,
    Client(client): Client,
    reader: Reader,
    request: Request,
) -> Result<Response, Response> {
    let read = async { SignInForm::read(&state.host.form(request).await?) };
    let form = read.await.map_err(|fault| reader.refused(&fault))?;
    let begun = async {
        // What is no address cannot be an account's: the same answer as for an unknown one.
        let email = EmailAddress::parse(&form.email).map_err(|_| Error::BadCredentials)?;
        let password = form.password.as_ref().ok_or(Error::BadCredentials)?;
        let step = FirstStep {
            realm: Realm::default_realm(),
            email: &email,
            password,
            new_password: form.new_password.as_deref(),
            client,
        };
        Ok(match state.sign_in.begin(step).await? {
            Begun::Admitted(opening) => {
                let opened = opening.open().await?;
                state.replace_session(&reader).await?;
                state.enter(opened, form.next)?
            }
            Begun::Challenged(challenged) => {
                let id = challenged.id.to_string();
                reader.page(&code_page(&reader, &id, challenged.method, form.next))
            }
        })
    };
    match begun.await {
        Ok(answer) => Ok(answer),
        Err(fault) => match why(&fault) {
            Some(error) => {
                let page = state.sign_in_page(&reader, &form.email, form.next);
                Ok(say_why(&page, error))
            }
            None => Err(reader.refused(&fault.into())),
        },
    }
}

async fn answer(
    Shared(state): Shared<State>,
    Client(client): Client,
    reader: Reader,
    request: Request,
) -> Result<Response, Response> {
    let form = state.host.form(request).await;
    let form = form.map_err(|fault| reader.refused(&fault))?;
    let opened = async {
        let code = form.required("code")?.trim();
        let challenge = challenge_of(&form)?;
        // First of all: after it, an outage would cost a code that was right.
        state.replace_session(&reader).await?;
        let opening = state.sign_in.answer(challenge, code, client).await?;
        Ok(state.enter(opening.open().await?, next(&form))?)
    };
    match opened.await {
        Ok(entered) => Ok(entered),
        Err(Fault::Core(Error::WrongAnswer)) => Ok(reader.failed(&CodePage {
            error: Some(CodeError::Wrong),
            ..code_page_again(&reader, &form)
        })),
        Err(Fault::Core(Error::ChallengeOver)) => Ok(state.start_over(&reader, &form)),
        Err(fault) => Err(reader.refused(&fault)),
    }
}

async fn resend(
    Shared(state): Shared<State>,
    reader: Reader,
    request: Request,
) -> Result<Response, Response> {
    let form = state.host.form(request).await;
    let form = form.map_err(|fault| reader.refused(&fault))?;
    let sent = async { Ok::<_, Fault>(state.sign_in.send_again(challenge_of(&form)?).await?) };
    match sent.await {
        Ok(()) => Ok(reader.page(&CodePage {
            resent: true,
            ..code_page_again(&reader, &form)
        })),
        // Longer waits are those of the phone number's limits.
        Err(Fault::Core(Error::RateLimited { retry_after })) if retry_after <= RESEND_PAUSE => {
            Ok(reader.failed(&CodePage {
                error: Some(CodeError::TooSoon),
                ..code_page_again(&reader, &form)
            }))
        }
        Err(Fault::Core(Error::ChallengeOver)) => Ok(state.start_over(&reader, &form)),
        Err(fault) => Err(reader.refused(&fault)),
    }
}

async fn sign_out(
    Shared(state): Shared<State>,
    reader: Reader,
    request: Request,
) -> Result<Response, Response> {
    let ended = async {
        state.host.form(request).await?;
        if let Some(cookie) = reader.cookie() {
            state.sessions.end(cookie).await?;
        }
        Ok::<_, Fault>(())
    };
    ended.await.map_err(|fault| reader.refused(&fault))?;
    Ok(leave(&with_notice(SignInNotice::SignedOut)))
}

impl State {
    fn sign_in_page<'a>(
        &self,
        reader: &'a Reader,
        email: &'a str,
        next: &'static str,
    ) -> SignInPage<'a> {
        SignInPage {
            reader,
            email,
            next,
            notice: None,
            error: None,
            offers_sign_up: self.registrar.admit_anybody().is_some(),
        }
    }

    fn start_over(&self, reader: &Reader, form: &Fields) -> Response {
        let page = self.sign_in_page(reader, "", next(form));
        say_why(&page, SignInError::Over)
    }

    /// Ends the session that was there before, so that nobody who has planted or copied its cookie goes along (session fixation).
    async fn replace_session(&self, reader: &Reader) -> Result<(), Error> {
        match reader.cookie() {
            Some(cookie) => self.sessions.replace(cookie).await,
            None => Ok(()),
        }
    }
}

fn say_why(page: &SignInPage<'_>, error: SignInError) -> Response {
    page.reader.failed(&SignInPage {
        error: Some(error),
        ..*page
    })
}

/// What the page says of a fault; nothing of those that have pages of their own.
fn why(fault: &Error) -> Option<SignInError> {
    Some(match fault {
        Error::BadCredentials => SignInError::Wrong,
        Error::NotActivated => SignInError::NotActivated,
        Error::Suspended => SignInError::Suspended,
        Error::PasswordChangeRequired => SignInError::MustChange,
        Error::WeakPassword(weak) => SignInError::NewPassword((*weak).into()),
        _ => return None,
    })
}

fn challenge_of(form: &Fields) -> Result<Uuid, Fault> {
    let challenge = Uuid::try_parse(form.required("challenge")?);
    Ok(challenge.map_err(|_| Error::ChallengeOver)?)
}

fn code_page<'a>(
    reader: &'a Reader,
    challenge: &'a str,
    method: FactorMethod,
    next: &'static str,
) -> CodePage<'a> {
    CodePage {
        reader,
        challenge,
        method,
        next,
        resent: false,
        error: None,
    }
}

/// The page as the form tells that it was.
fn code_page_again<'a>(reader: &'a Reader, form: &'a Fields) -> CodePage<'a> {
    let challenge = form.required("challenge").unwrap_or_default();
    let method = form.optional("method").ok().flatten();
    let method = method.and_then(FactorMethod::parse);
    let method = method.unwrap_or(FactorMethod::Authenticator);
    code_page(reader, challenge, method, next(form))
}

//! How the account is signed in to: password, address, second factor; and deleting it.

use axum::Router;
use axum::extract::{Request, State as Shared};
use axum::response::Response;
use axum::routing::{get, post};
use data_encoding::BASE64;
use secrecy::ExposeSecret;
use shared::domain::{ClientAddress, EmailAddress, Password};
use shared::error::Error;
use shared::http::{Client, Fields};
use shared::pages::{
    AuthenticatorPage, Notice, Problem, RecoveryCodesPage, ResetError, Section, SecurityPage,
    SignInNotice, Why,
};
use shared::service::{NewAuthenticator, Reauthenticated, RecoveryCodes};

use super::super::sign_in::with_notice;
use super::super::{State, leave};
use super::{Member, Refused, SECURITY, done, notice_in, problem, refuse};

pub(super) fn router() -> Router<State> {
    Router::new()
        .route(SECURITY, get(show))
        .route("/account/password", post(change_password))
        .route("/account/email", post(change_email))
        .route("/account/authenticator", post(begin_authenticator))
        .route("/account/authenticator/confirm", post(bind_authenticator))
        .route("/account/authenticator/remove", post(remove_authenticator))
        .route("/account/delete", post(delete))
}

async fn show(member: Member, request: Request) -> Response {
    let notice = notice_in(&request);
    member.reader.page(&SecurityPage {
        notice,
        ..member.security(None)
    })
}

async fn change_password(
    Shared(state): Shared<State>,
    Client(client): Client,
    member: Member,
    request: Request,
) -> Response {
    let section = Section::Password;
    let changed = async {
        let form = state.host.form(request).await?;
        let (new, again) = (form.required("password")?, form.required("password2")?);
        if new != again {
            return Err(problem(section, Why::NewPassword(ResetError::Different)));
        }
        let old = present_password(&form, section)?;
        let change = &state.password_change;
        let changed = change.change_own(&member.current, &old, new, client).await;
        changed.map_err(|fault| told(section, fault))?;
        Ok(done(SECURITY, Notice::PasswordChanged))
    };
    member.after_security(changed.await)
}

async fn change_email(
    Shared(state): Shared<State>,
    Client(client): Client,
    member: Member,
    request: Request,
) -> Response {
    let section = Section::Email;
    let asked = async {
        let form = state.host.form(request).await?;
        let new = EmailAddress::parse(form.required("email")?);
        let new = new.map_err(|_| problem(section, Why::Address))?;
        let proof = state.prove(&member, &form, section, client).await?;
        match state.email_change.request(&proof, &new, client).await {
            // The second of them: it is the account's address already.
            Ok(()) | Err(Error::EmailTaken) => Ok(done(SECURITY, Notice::EmailSent)),
            Err(fault) => Err(fault.into()),
        }
    };
    member.after_security(asked.await)
}

async fn begin_authenticator(
    Shared(state): Shared<State>,
    member: Member,
    request: Request,
) -> Response {
    let begun = async {
        state.host.form(request).await?;
        match state.enrolment.begin(&member.current).await {
            // Bound in another window.
            Err(Error::AlreadyEnrolled) => Ok(done(SECURITY, Notice::FactorOn)),
            begun => Ok(member.show_authenticator(&begun?, false)),
        }
    };
    member.after_security(begun.await)
}

async fn bind_authenticator(
    Shared(state): Shared<State>,
    member: Member,
    request: Request,
) -> Response {
    let bound = async {
        let form = state.host.form(request).await?;
        let code = form.required("code")?.trim();
        match state.enrolment.finish(&member.current, code).await {
            Ok(codes) => Ok(member.show_recovery_codes(&codes)),
            Err(Error::InvalidField("code")) => {
                let secret = form.required("secret")?;
                let shown = state.enrolment.show_again(&member.current, secret)?;
                Ok(member.show_authenticator(&shown, true))
            }
            Err(fault) => Err(fault.into()),
        }
    };
    member.after_security(bound.await)
}

async fn remove_authenticator(
    Shared(state): Shared<State>,
    Client(client): Client,
    member: Member,
    request: Request,
) -> Response {
    let section = Section::Factor;
    let removed = async {
        let form = state.host.form(request).await?;
        let password = present_password(&form, section)?;
        let code = form.required("code")?.trim();
        let (enrolment, current) = (&state.enrolment, &member.current);
        match enrolment.remove(current, &password, code, client).await {
            // The second of them: it was taken off in another window.
            Ok(()) | Err(Error::NotFound) => Ok(done(SECURITY, Notice::FactorOff)),
            Err(fault) => Err(told(section, fault)),
        }
    };
    member.after_security(removed.await)
}

async fn delete(
    Shared(state): Shared<State>,
    Client(client): Client,
    member: Member,
    request: Request,
) -> Response {
    let section = Section::Deletion;
    let deleted = async {
        let form = state.host.form(request).await?;
        let proof = state.prove(&member, &form, section, client).await?;
        match state.accounts.delete_proven(&proof).await {
            Ok(()) => Ok(leave(&with_notice(SignInNotice::Deleted))),
            Err(Error::Forbidden) => Err(problem(section, Why::LastRoot)),
            Err(fault) => Err(fault.into()),
        }
    };
    member.after_security(deleted.await)
}

impl State {
    /// Has the reader prove the password again.
    async fn prove(
        &self,
        member: &Member,
        form: &Fields,
        section: Section,
        client: Option<ClientAddress>,
    ) -> Result<Reauthenticated, Refused> {
        let password = present_password(form, section)?;
        let proof = self
            .reauthentication
            .prove(&member.current, &password, client);
        proof.await.map_err(|fault| told(section, fault))
    }
}

fn present_password(form: &Fields, section: Section) -> Result<Password, Refused> {
    // Longer than any password is.
    let wrong = || problem(section, Why::WrongPassword);
    Password::parse(form.required("current")?).ok_or_else(wrong)
}

/// What the page says of a fault in this section.
fn told(section: Section, fault: Error) -> Refused {
    let why = match fault {
        Error::BadCredentials => Why::WrongPassword,
        Error::WrongAnswer => Why::WrongCode,
        Error::WeakPassword(weak) => Why::NewPassword(weak.into()),
        other => return other.into(),
    };
    problem(section, why)
}

impl Member {
    fn security(&self, problem: Option<Problem>) -> SecurityPage<'_> {
        SecurityPage {
            reader: &self.reader,
            user: self.current.user(),
            notice: None,
            problem,
        }
    }

    fn show_authenticator(&self, new: &NewAuthenticator, wrong: bool) -> Response {
        let page = AuthenticatorPage {
            reader: &self.reader,
            secret: new.secret.expose_secret(),
            picture: &BASE64.encode(&new.picture),
            wrong,
        };
        if wrong {
            self.reader.failed(&page)
        } else {
            self.reader.page(&page)
        }
    }

    fn show_recovery_codes(&self, codes: &RecoveryCodes) -> Response {
        let codes: Vec<_> = codes.0.iter().map(ExposeSecret::expose_secret).collect();
        self.reader.page(&RecoveryCodesPage {
            reader: &self.reader,
            codes: &codes,
        })
    }

    fn after_security(&self, changed: Result<Response, Refused>) -> Response {
        match changed {
            Ok(answer) => answer,
            Err(Refused::Problem(problem)) => self.reader.failed(&self.security(Some(problem))),
            Err(Refused::Fault(fault)) => refuse(&self.reader, &fault, SECURITY),
        }
    }
}

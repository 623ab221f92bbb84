//! The pages that mails of this dialect lead to: confirming an address, setting another password. Following a link uses nothing up;
//! the page's button does.

use axum::extract::{Request, State as Shared};
use axum::response::Response;
use shared::domain::{OneTimeCode, PasswordRule};
use shared::error::Error;
use shared::http::{Fault, Fields};
use shared::pages::{
    ActivateFailedPage, ActivatePage, FormTarget, NewLink, Outcome, PasswordHint, Reader,
    ResetError, ResetFailedPage, ResetPage, link_fields,
};
use utoipa::ToSchema;

use super::State;

/// What a link is for.
#[derive(Clone, Copy)]
enum Action {
    Verify,
    Reset,
}

impl Action {
    const NAMES: [(&'static str, Self); 2] = [
        ("email_verification", Self::Verify),
        ("password_reset", Self::Reset),
    ];

    fn read(fields: &Fields) -> Option<Self> {
        let name = fields.optional("action").ok()??;
        let found = Self::NAMES.into_iter().find(|(known, _)| *known == name);
        found.map(|(_, action)| action)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Verify => Self::NAMES[0].0,
            Self::Reset => Self::NAMES[1].0,
        }
    }

    /// Where its forms lead, from the page's own place, and what they carry unseen.
    fn form(self, id: &str) -> FormTarget<'_> {
        FormTarget {
            action: "actionLink",
            hidden: vec![("action", self.name()), ("id", id)],
        }
    }
}

/// Show the page that a mailed link leads to
#[utoipa::path(get, path = "/security/api/v1/actionLink", tag = "oauth2",
    params(
        ("action" = String, Query, description = "`email_verification` or `password_reset`"),
        ("id" = String, Query, description = "The code that was mailed"),
    ),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "The page, with a button or a form"),
        (status = 404, body = String, content_type = "text/html", description = "The link is unknown, used, replaced or expired"),
        (status = 503, body = String, content_type = "text/html", description = "Try again later"),
    ))]
pub(super) async fn show(
    Shared(state): Shared<State>,
    reader: Reader,
    request: Request,
) -> Response {
    let link = link_fields(&request);
    let (Some(action), Ok(id)) = (Action::read(&link), link.required("id")) else {
        return reader.refused(&Fault::NotFound);
    };
    match state.is_live(action, id).await {
        Ok(true) => state.page(&reader, action, id),
        Ok(false) => state.gone(&reader, action),
        Err(fault) => reader.refused(&fault.into()),
    }
}

#[derive(ToSchema)]
#[expect(dead_code, reason = "only documentation")]
struct ActionForm {
    /// The code that was mailed
    id: String,
    /// Sets a password; without it, the address is confirmed
    #[schema(format = Password)]
    password1: Option<String>,
    /// The same again
    #[schema(format = Password)]
    password2: Option<String>,
}

/// Do what a mailed link is for
///
/// Once: the link is used up. A password that may not be set leaves it as it is.
#[utoipa::path(post, path = "/security/api/v1/actionLink", tag = "oauth2",
    request_body(content = ActionForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, body = String, content_type = "text/html", description = "It is done"),
        (status = 400, body = String, content_type = "text/html", description = "The passwords differ, or may not be set"),
        (status = 404, body = String, content_type = "text/html", description = "The link is unknown, used, replaced or expired"),
        (status = 503, body = String, content_type = "text/html", description = "Try again later"),
    ))]
pub(super) async fn act(
    Shared(state): Shared<State>,
    reader: Reader,
    request: Request,
) -> Result<Response, Response> {
    let refused = |fault: Fault| reader.refused(&fault);
    let form = state.pages.form_or_call(request).await.map_err(refused)?;
    let id = form.required("id").map_err(refused)?;
    let passwords = ["password1", "password2"].map(|name| form.optional(name));
    let [one, other] = passwords;
    let (one, other) = (one.map_err(refused)?, other.map_err(refused)?);
    let sets = one.is_some() || other.is_some();
    match Action::read(&form) {
        Some(Action::Reset) => state.reset(&reader, id, one, other).await,
        None if sets => state.reset(&reader, id, one, other).await,
        Some(Action::Verify) | None => state.verify(&reader, id).await,
    }
}

impl State {
    async fn is_live(&self, action: Action, id: &str) -> Result<bool, Error> {
        let Some(code) = OneTimeCode::parse(id) else {
            return Ok(false);
        };
        match action {
            Action::Verify => self.verification.is_live(&code).await,
            Action::Reset => self.recovery.is_live(&code).await,
        }
    }

    async fn verify(&self, reader: &Reader, id: &str) -> Result<Response, Response> {
        match self.verification.activate(id).await {
            Ok(_) | Err(Error::AlreadyActivated) => Ok(reader.outcome(Outcome::Activated)),
            Err(Error::InvalidCode) => Ok(self.gone(reader, Action::Verify)),
            Err(fault) => Err(reader.refused(&fault.into())),
        }
    }

    async fn reset(
        &self,
        reader: &Reader,
        id: &str,
        one: Option<&str>,
        other: Option<&str>,
    ) -> Result<Response, Response> {
        let again = |error| reader.failed(&reset_page(reader, id, Some(error)));
        let Some(code) = OneTimeCode::parse(id) else {
            return Ok(self.gone(reader, Action::Reset));
        };
        let typed = one.unwrap_or_default();
        if other != one {
            let live = self.is_live(Action::Reset, id).await;
            return match live {
                Ok(true) => Ok(again(ResetError::Different)),
                Ok(false) => Ok(self.gone(reader, Action::Reset)),
                Err(fault) => Err(reader.refused(&fault.into())),
            };
        }
        let rule = PasswordRule::Strict;
        match self
            .recovery
            .reset_password(code.user(), id, typed, rule)
            .await
        {
            Ok(()) => Ok(reader.outcome(Outcome::ResetDone)),
            Err(Error::WeakPassword(weak)) => Ok(again(weak.into())),
            Err(Error::InvalidCode) => Ok(self.gone(reader, Action::Reset)),
            Err(fault) => Err(reader.refused(&fault.into())),
        }
    }

    fn page(&self, reader: &Reader, action: Action, id: &str) -> Response {
        match action {
            Action::Verify => reader.page(&ActivatePage {
                reader,
                form: action.form(id),
                new_link: NewLink::Page(&self.new_verification_page),
            }),
            Action::Reset => reader.page(&reset_page(reader, id, None)),
        }
    }

    /// A link that does not count (any more).
    fn gone(&self, reader: &Reader, action: Action) -> Response {
        match action {
            Action::Verify => reader.not_found(&ActivateFailedPage {
                reader,
                new_link: NewLink::Page(&self.new_verification_page),
            }),
            Action::Reset => reader.not_found(&ResetFailedPage {
                reader,
                new_link: NewLink::Page(&self.new_reset_page),
            }),
        }
    }
}

fn reset_page<'a>(reader: &'a Reader, id: &'a str, error: Option<ResetError>) -> ResetPage<'a> {
    ResetPage {
        reader,
        form: Action::Reset.form(id),
        password_fields: ["password1", "password2"],
        hint: PasswordHint::Kinds,
        error,
    }
}

//! Messages and the validation of phone numbers: rows 12 and 13.

use axum::Json;
use axum::extract::{FromRef, Request, State as Shared};
use shared::domain::{EmailAddress, MailBody, MailRecipients, MailSubject, PhoneNumber, SmsBody};
use shared::error::Error;
use shared::http::{Fault, Fields, operations, read_json};
use shared::runtime::{Foundation, Secrets, StartError};
use shared::service::{CurrentUser, MailRequest, Messages, PhoneNumbers, SecurityAdmin, Sessions};
use utoipa::ToSchema;

use crate::document::{BodyRefused, TokenRefused};
use crate::error::{ApiError, ErrorBody};
use crate::extract::{Bearer, BodyFields, Holder, QueryFields};
use crate::view::Success;

operations! { State;
    POST "/security/api/v1/email" => email,
    POST "/security/api/v1/sms" => sms,
}

/// What this group needs.
#[derive(Clone)]
pub(crate) struct State {
    sessions: Sessions,
    messages: Messages,
    phones: PhoneNumbers,
}

impl State {
    pub(crate) fn new(foundation: &Foundation, secrets: &Secrets) -> Result<Self, StartError> {
        Ok(Self {
            sessions: foundation.sessions()?,
            messages: foundation.messages(secrets)?,
            phones: foundation.phone_numbers(secrets)?,
        })
    }
}

impl FromRef<State> for Sessions {
    fn from_ref(state: &State) -> Self {
        state.sessions.clone()
    }
}

#[expect(dead_code, reason = "describes a body that is read field by field")]
#[derive(ToSchema)]
struct EmailRequest {
    /// The address that all mails of the installation come from
    #[schema(format = "email", example = "no-reply@example.com")]
    from: String,
    /// One line of at most 200 bytes
    #[schema(max_length = 200)]
    subject: String,
    /// Each once, at most 50
    #[schema(min_items = 1, max_items = 50)]
    recipients: Vec<String>,
    /// At most 20,000 bytes, and no markup
    #[schema(max_length = 20000)]
    text: String,
}

/// Send a mail
///
/// One mail to all recipients, who see each other. Needs the role root or admin.
#[utoipa::path(post, path = "/security/api/v1/email", tag = "messaging", security(("bearer" = [])),
    request_body = EmailRequest,
    responses(
        (status = 200, description = "OK", body = Success),
        (status = 400, body = ErrorBody, description = "A member is missing or not valid (1018), or the body is no JSON (1003)"),
        TokenRefused, BodyRefused,
        (status = 429, body = ErrorBody, description = "Too many recipients today: wait as `Retry-After` says"),
        (status = 503, body = ErrorBody, description = "The mail could not be sent (1056), or what it takes is out of service: try again later, as `Retry-After` says"),
    ))]
async fn email(
    Shared(state): Shared<State>,
    Holder(caller): Holder<SecurityAdmin>,
    BodyFields(fields): BodyFields,
) -> Result<Json<Success>, ApiError> {
    let mail = read_mail(&fields)?;
    state.messages.mail(&caller, mail).await?;
    Ok(Json(Success::POSTED))
}

/// What is none of these is a parameter like any other to this route: 1018 and not the number for the address of an account.
fn read_mail(fields: &Fields) -> Result<MailRequest, Fault> {
    let subject = MailSubject::parse(fields.required("subject")?);
    let text = MailBody::parse(fields.required("text")?);
    let from = EmailAddress::parse(fields.required("from")?);
    let recipients = fields.required_texts("recipients")?;
    let recipients: Result<_, _> = recipients.into_iter().map(EmailAddress::parse).collect();
    let to = recipients.ok().and_then(MailRecipients::new);
    Ok(MailRequest {
        from: from.map_err(|_| Error::InvalidField("from"))?,
        to: to.ok_or(Error::InvalidField("recipients"))?,
        subject: subject.ok_or(Error::InvalidField("subject"))?,
        text: text.ok_or(Error::InvalidField("text"))?,
    })
}

#[expect(dead_code, reason = "describes a body that is read field by field")]
#[derive(ToSchema)]
struct SmsRequest {
    /// In international form, a mobile or a fixed line
    #[schema(example = "+14155552671")]
    to: String,
    /// Of a message that validates nothing: at most 1600 characters
    #[schema(required = false, max_length = 1600)]
    text: String,
}

/// What is asked for.
enum Asked {
    Validation,
    /// With this code.
    Completion(String),
    Message,
}

impl Asked {
    /// In the order in which the document decides. Two things at once are none.
    fn read(query: &QueryFields) -> Result<Self, ApiError> {
        let flags = ("validateNumber", "completeValidation");
        match (query.flag(flags.0)?, query.flag(flags.1)?) {
            (true, true) => Err(Error::InvalidField(flags.1).into()),
            (true, false) => Ok(Self::Validation),
            (false, true) => {
                let code = query.0.required("validationCode")?;
                Ok(Self::Completion(code.to_owned()))
            }
            (false, false) => Ok(Self::Message),
        }
    }
}

/// Send a text message, or validate a phone number
///
/// `validateNumber=true` texts a code to a number; with that code, `completeValidation=true` makes it one of the caller's numbers.
/// A code is good for five minutes and five tries. Any role may do both. To send a message needs the role root or admin.
#[utoipa::path(post, path = "/security/api/v1/sms", tag = "messaging", security(("bearer" = [])),
    params(
        ("validateNumber" = Option<bool>, Query, description = "Texts a code to the number; a code before it is void"),
        ("completeValidation" = Option<bool>, Query, description = "Needs `validationCode`"),
        ("validationCode" = Option<String>, Query, description = "The code that came", example = "048213"),
    ),
    request_body = SmsRequest,
    responses(
        (status = 200, description = "OK", body = Success),
        (status = 400, body = ErrorBody, description = "A parameter is missing or not valid, or no text message may go to the number (1018); text messages are switched off (1084); the code does not prove the number, or not any more (1057); the caller has five numbers (1012); the body is no JSON (1003)"),
        TokenRefused, BodyRefused,
        (status = 429, body = ErrorBody, description = "Too many text messages to the number, of the caller, or of all together: wait as `Retry-After` says"),
        (status = 503, body = ErrorBody, description = "The text message could not be sent (1056), or what it takes is out of service: try again later, as `Retry-After` says"),
    ))]
async fn sms(
    Shared(state): Shared<State>,
    Bearer(caller): Bearer,
    query: QueryFields,
    request: Request,
) -> Result<Json<Success>, ApiError> {
    match Asked::read(&query)? {
        Asked::Validation => {
            let to = number_in(&read_json(request).await?)?;
            state.phones.validate(&caller, &to).await?;
        }
        Asked::Completion(code) => {
            let to = number_in(&read_json(request).await?)?;
            let completed = state.phones.complete(&caller, &to, &code).await;
            completed.map_err(not_validated)?;
        }
        Asked::Message => send(&state, caller, request).await?,
    }
    Ok(Json(Success::POSTED))
}

async fn send(state: &State, caller: CurrentUser, request: Request) -> Result<(), ApiError> {
    let caller = caller.into_security_admin()?;
    let fields = read_json(request).await?;
    let text = SmsBody::parse(fields.required("text")?).ok_or(Error::InvalidField("text"))?;
    let to = number_in(&fields)?;
    Ok(state.messages.text(&caller, to, text).await?)
}

fn number_in(fields: &Fields) -> Result<PhoneNumber, Fault> {
    let number = PhoneNumber::parse(fields.required("to")?);
    Ok(number.map_err(|_| Error::InvalidPhone)?)
}

/// The document's own number for a code that does not prove what it should.
fn not_validated(error: Error) -> ApiError {
    match error {
        Error::InvalidCode => ApiError::from(error).under(1057),
        other => other.into(),
    }
}

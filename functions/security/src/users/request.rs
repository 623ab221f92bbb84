//! What is read of a user in a request: just the members that may be set. All others are ignored.

use shared::domain::{
    Description, EmailAddress, FactorMethod, Language, MessageLanguage, Name, NoteText, Patch,
    PhoneNumber, UserRole,
};
use shared::error::Error;
use shared::http::{Fault, Fields};
use shared::service::{FactorPatch, NewUser, UserPatch};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::error::ApiError;
use crate::extract::QueryFields;

/// Notes in one request.
const MAX_NOTES: usize = 10;
const ROLE: &str = "userRole";
const EMAIL: &str = "email";
const METHOD: &str = "mfa.method";
const PHONES: &str = "mobiles";

#[derive(ToSchema)]
pub(super) struct CreateRequest {
    #[schema(value_type = String, example = "ann@example.com")]
    email: EmailAddress,
    /// root, admin, subscriber, csr, system, installer, noc or accounting
    #[schema(rename = "userRole", value_type = String, example = "subscriber")]
    role: UserRole,
    /// The address if absent
    #[schema(value_type = String, required = false, max_length = 128)]
    name: Option<Name>,
    #[schema(value_type = String, required = false, max_length = 1024)]
    description: Option<Description>,
    /// At least 8 characters: upper and lower case letters, a digit, one of `#?!@$%^&*-`, and not easy to guess. Without one the
    /// user sets the first by a mailed link
    #[schema(rename = "currentPassword", format = Password, required = false)]
    password: Option<String>,
    /// At most 10
    #[schema(value_type = Vec<NoteRequest>, required = false)]
    notes: Vec<NoteText>,
    #[schema(value_type = String, format = "uuid", required = false)]
    owner: Option<Uuid>,
    #[schema(value_type = String, format = "uuid", required = false)]
    location: Option<Uuid>,
    /// A BCP 47 tag
    #[schema(rename = "locale", value_type = String, required = false)]
    language: Option<Language>,
    #[schema(required = false, default = false)]
    suspended: bool,
}

#[derive(ToSchema)]
pub(super) struct ChangeRequest {
    /// null and the empty text clear it, here and below
    #[schema(value_type = Option<String>, required = false, max_length = 128)]
    name: Patch<Name>,
    #[schema(value_type = Option<String>, required = false, max_length = 1024)]
    description: Patch<Description>,
    #[schema(value_type = Option<String>, format = "uuid", required = false)]
    owner: Patch<Uuid>,
    #[schema(value_type = Option<String>, format = "uuid", required = false)]
    location: Patch<Uuid>,
    /// A BCP 47 tag
    #[schema(rename = "locale", value_type = Option<String>, required = false)]
    language: Patch<Language>,
    /// Whether the password has to be changed before anything else
    #[schema(rename = "changePassword", required = false)]
    must_change_password: Option<bool>,
    #[schema(required = false)]
    suspended: Option<bool>,
    #[schema(rename = "blackListed", required = false)]
    black_listed: Option<bool>,
    /// root, admin, subscriber, csr, system, installer, noc or accounting
    #[schema(rename = "userRole", value_type = String, required = false)]
    role: Option<UserRole>,
    /// At least 8 characters: upper and lower case letters, a digit, one of `#?!@$%^&*-`, not easy to guess, none of the last five
    #[schema(rename = "currentPassword", format = Password, required = false)]
    password: Option<String>,
    /// Are added to those that there are; at most 10
    #[schema(value_type = Vec<NoteRequest>, required = false)]
    notes: Vec<NoteText>,
    #[schema(rename = "userTypeProprietaryInfo", value_type = ProprietaryRequest, required = false)]
    proprietary: Proprietary,
}

/// What is said of numbers and of the second factor.
#[derive(Default)]
struct Proprietary {
    phones: Option<Vec<PhoneNumber>>,
    factor: FactorPatch,
}

#[expect(dead_code, reason = "describes a body that is read field by field")]
#[derive(ToSchema)]
struct NoteRequest {
    #[schema(max_length = 1024)]
    note: String,
}

#[expect(dead_code, reason = "describes a body that is read field by field")]
#[derive(ToSchema)]
struct ProprietaryRequest {
    /// Some of the user's numbers in their new order: none is added, the first is the one that codes are sent to
    #[schema(required = false)]
    mobiles: Vec<MobileRequest>,
    #[schema(required = false)]
    mfa: Option<MfaRequest>,
}

#[expect(dead_code, reason = "describes a body that is read field by field")]
#[derive(ToSchema)]
struct MobileRequest {
    number: String,
}

#[expect(dead_code, reason = "describes a body that is read field by field")]
#[derive(ToSchema)]
struct MfaRequest {
    enabled: bool,
    /// sms, email, or authenticator where it is the method already
    #[schema(required = false)]
    method: String,
}

impl CreateRequest {
    pub(super) fn read(fields: &Fields) -> Result<Self, ApiError> {
        let email = fields.optional(EMAIL)?.unwrap_or_default();
        let email = EmailAddress::parse(email).map_err(|_| Error::InvalidEmail)?;
        Ok(Self {
            email,
            role: role(fields)?.ok_or(Error::MissingField(ROLE))?,
            name: set(text(fields, "name", Name::parse)?),
            description: set(text(fields, "description", Description::parse)?),
            password: fields.optional("currentPassword")?.map(str::to_owned),
            notes: notes(fields)?,
            owner: set(text(fields, "owner", uuid)?),
            location: set(text(fields, "location", uuid)?),
            language: set(text(fields, "locale", Language::parse)?),
            suspended: fields.optional_flag("suspended")?.unwrap_or(false),
        })
    }

    pub(super) fn with_verification(&self, email_verification: bool) -> NewUser<'_> {
        let language = self.language.clone();
        NewUser {
            email: &self.email,
            role: self.role,
            name: self.name.clone(),
            description: self.description.clone(),
            password: self.password.as_deref(),
            notes: self.notes.clone(),
            owner: self.owner,
            location: self.location,
            language: language.unwrap_or_else(|| MessageLanguage::En.into()),
            suspended: self.suspended,
            email_verification,
        }
    }
}

impl ChangeRequest {
    pub(super) fn read(fields: &Fields) -> Result<Self, ApiError> {
        Ok(Self {
            name: text(fields, "name", Name::parse)?,
            description: text(fields, "description", Description::parse)?,
            owner: text(fields, "owner", uuid)?,
            location: text(fields, "location", uuid)?,
            language: text(fields, "locale", Language::parse)?,
            must_change_password: fields.optional_flag("changePassword")?,
            suspended: fields.optional_flag("suspended")?,
            black_listed: fields.optional_flag("blackListed")?,
            role: role(fields)?,
            password: fields.optional("currentPassword")?.map(str::to_owned),
            notes: notes(fields)?,
            proprietary: Proprietary::read(fields)?,
        })
    }

    /// With what the query says of mails and of the second factor.
    pub(super) fn with_flags(self, query: &QueryFields) -> Result<UserPatch, ApiError> {
        let factor = if query.flag("resetMFA")? {
            FactorPatch::Off
        } else {
            self.proprietary.factor
        };
        Ok(UserPatch {
            name: self.name,
            description: self.description,
            owner: self.owner,
            location: self.location,
            language: self.language,
            must_change_password: self.must_change_password,
            suspended: self.suspended,
            black_listed: self.black_listed,
            role: self.role,
            password: self.password,
            notes: self.notes,
            phones: self.proprietary.phones,
            factor,
            email_verification: query.flag("email_verification")?,
            forgot_password: query.flag("forgotPassword")?,
        })
    }
}

impl Proprietary {
    fn read(fields: &Fields) -> Result<Self, Fault> {
        let Some(info) = fields.optional_object("userTypeProprietaryInfo")? else {
            return Ok(Self::default());
        };
        let phones = info.optional_objects(PHONES)?.map(|phones| {
            let number = |phone: &Fields| {
                let number = PhoneNumber::parse(phone.required("number")?);
                Ok::<_, Fault>(number.map_err(|_| Error::InvalidField(PHONES))?)
            };
            phones.iter().map(number).collect::<Result<_, _>>()
        });
        let mfa = info.optional_object("mfa")?;
        Ok(Self {
            phones: phones.transpose()?,
            factor: mfa.as_ref().map(factor).transpose()?.unwrap_or_default(),
        })
    }
}

/// What becomes of the second factor. Without `enabled` nothing does, whatever the method.
fn factor(mfa: &Fields) -> Result<FactorPatch, Fault> {
    match mfa.optional_flag("enabled")? {
        None => Ok(FactorPatch::Keep),
        Some(false) => Ok(FactorPatch::Off),
        Some(true) => {
            let method = mfa.optional("method")?.and_then(FactorMethod::parse);
            let method = method.ok_or(Error::InvalidField(METHOD))?;
            Ok(FactorPatch::On(method))
        }
    }
}

fn role(fields: &Fields) -> Result<Option<UserRole>, Fault> {
    let Some(name) = fields.optional(ROLE)? else {
        return Ok(None);
    };
    Ok(Some(
        UserRole::parse(name).ok_or(Error::InvalidField(ROLE))?,
    ))
}

/// A text that null and the empty text clear.
fn text<T>(
    fields: &Fields,
    name: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Patch<T>, Fault> {
    Ok(match fields.patch(name)? {
        Patch::Keep => Patch::Keep,
        Patch::Clear | Patch::Set("") => Patch::Clear,
        Patch::Set(text) => Patch::Set(parse(text).ok_or(Error::InvalidField(name))?),
    })
}

fn set<T>(patch: Patch<T>) -> Option<T> {
    match patch {
        Patch::Set(value) => Some(value),
        Patch::Keep | Patch::Clear => None,
    }
}

fn uuid(text: &str) -> Option<Uuid> {
    shared::domain::UserId::parse(text).map(|id| id.0)
}

fn notes(fields: &Fields) -> Result<Vec<NoteText>, Fault> {
    const NOTES: &str = "notes";
    let notes = fields.optional_objects(NOTES)?.unwrap_or_default();
    if notes.len() > MAX_NOTES {
        return Err(Error::InvalidField(NOTES).into());
    }
    let read = |note: &Fields| {
        let text = NoteText::parse(note.required("note")?);
        Ok(text.ok_or(Error::InvalidField(NOTES))?)
    };
    notes.iter().map(read).collect()
}

/// The numbers that document 001 has for faults of some members.
pub(super) fn numbered(refused: ApiError) -> ApiError {
    match refused.fault() {
        Fault::Core(Error::MissingField(ROLE) | Error::InvalidField(ROLE)) => refused.under(1039),
        Fault::Core(Error::InvalidField(EMAIL)) => refused.under(1040),
        Fault::Core(Error::InvalidField(METHOD)) => refused.under(1045),
        Fault::Core(Error::InvalidField(PHONES)) => refused.under(1044),
        _ => refused,
    }
}

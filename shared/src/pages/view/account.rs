//! One's own account: profile, security, sessions.

use askama::Template;
use jiff::Timestamp;

use super::super::Reader;
use super::super::wording::{Page, Wording};
use super::ResetError;
use crate::domain::{Attributes, Dialect, FactorMethod, MessageLanguage, Name, User};
use crate::service::OwnSession;

/// Which of the account's pages is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tab {
    Profile,
    Security,
    Sessions,
}

/// The parts of the account's pages that can go wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// The picture.
    Picture,
    /// Names and language.
    Details,
    /// Attributes.
    Attributes,
    /// The password.
    Password,
    /// The address.
    Email,
    /// The second factor.
    Factor,
    /// Deleting the account.
    Deletion,
}

/// What was not taken, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub section: Section,
    /// Why.
    pub why: Why,
}

/// Why something was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// A name of more than 128 bytes.
    Name,
    /// No picture that is taken, or none at all.
    Picture,
    /// A key of no or more than 128 bytes, or a text of more than 4096.
    Attribute,
    /// There are too many attributes.
    AttributesFull,
    /// The present password is wrong.
    WrongPassword,
    /// The new password.
    NewPassword(ResetError),
    /// No address that can have an account.
    Address,
    /// The code is wrong.
    WrongCode,
    /// The last root stays.
    LastRoot,
}

/// What has just been done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// It is saved.
    Saved,
    /// The password is changed.
    PasswordChanged,
    /// A link went to the new address.
    EmailSent,
    /// The authenticator is bound.
    FactorOn,
    /// The authenticator is taken off.
    FactorOff,
    /// A session has ended.
    SessionEnded,
    /// All others have.
    SessionsEnded,
}

/// What the account says of its owner.
#[derive(Template)]
#[template(path = "pages/profile.html")]
pub struct ProfilePage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// Whose.
    pub user: &'a User,
    /// The attributes.
    pub attributes: &'a Attributes,
    /// What has just been done.
    pub notice: Option<Notice>,
    /// What was not taken.
    pub problem: Option<Problem>,
}

/// How the account is signed in to.
#[derive(Template)]
#[template(path = "pages/security.html")]
pub struct SecurityPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// Whose.
    pub user: &'a User,
    /// What has just been done.
    pub notice: Option<Notice>,
    /// What was not taken.
    pub problem: Option<Problem>,
}

/// Where the account is signed in.
#[derive(Template)]
#[template(path = "pages/sessions.html")]
pub struct SessionsPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// The live sessions, the present one first.
    pub sessions: &'a [OwnSession],
    /// What has just been done.
    pub notice: Option<Notice>,
}

/// Shows the seed of an authenticator and asks for its first code. No `Debug`: it holds a secret.
#[derive(Template)]
#[template(path = "pages/authenticator.html")]
pub struct AuthenticatorPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// The seed as base32.
    pub secret: &'a str,
    /// The same as a picture: PNG as base64.
    pub picture: &'a str,
    /// Whether the last code was wrong.
    pub wrong: bool,
}

/// Shows the codes that stand in for an authenticator, now and never again. No `Debug`: it holds secrets.
#[derive(Template)]
#[template(path = "pages/recovery-codes.html")]
pub struct RecoveryCodesPage<'a> {
    /// Who reads it.
    pub reader: &'a Reader,
    /// The codes.
    pub codes: &'a [&'a str],
}

impl ProfilePage<'_> {
    const TAB: Tab = Tab::Profile;

    fn page(&self) -> &'static Page {
        &self.reader.words().profile.page
    }

    fn notice_text(&self) -> Option<&'static str> {
        self.notice.map(|notice| notice_text(self.reader, notice))
    }

    fn problem_in(&self, section: Section) -> Option<&'static str> {
        problem_in(self.reader, self.problem, section)
    }

    /// What stands in for a picture: the first letter.
    fn initial(&self) -> String {
        let name = self.user.shown_name();
        let shown = name
            .chars()
            .chain(self.user.email.canonical().chars())
            .find(|letter| letter.is_alphanumeric());
        shown.into_iter().flat_map(char::to_uppercase).collect()
    }

    fn first_name(&self) -> &str {
        self.user.first_name.as_ref().map_or("", Name::as_str)
    }

    fn last_name(&self) -> &str {
        self.user.last_name.as_ref().map_or("", Name::as_str)
    }

    /// The languages to choose from, and whether it is the present one. One that mails and pages do not exist in can stay.
    fn languages(&self) -> Vec<(&str, &str, bool)> {
        let own = self.user.language.as_str();
        let mut languages: Vec<_> = MessageLanguage::ALL
            .map(|language| {
                let tag = language.as_str();
                (tag, Wording::of(language).own_name, tag == own)
            })
            .into();
        if !languages.iter().any(|(_, _, is_own)| *is_own) {
            languages.insert(0, (own, own, true));
        }
        languages
    }
}

impl SecurityPage<'_> {
    const TAB: Tab = Tab::Security;

    fn page(&self) -> &'static Page {
        &self.reader.words().security.page
    }

    fn notice_text(&self) -> Option<&'static str> {
        self.notice.map(|notice| notice_text(self.reader, notice))
    }

    fn problem_in(&self, section: Section) -> Option<&'static str> {
        problem_in(self.reader, self.problem, section)
    }

    fn has_authenticator(&self) -> bool {
        self.user.second_factor == Some(FactorMethod::Authenticator)
    }

    fn factor_text(&self) -> &'static str {
        let words = &self.reader.words().security;
        match self.user.second_factor {
            None => words.factor_off,
            Some(FactorMethod::Authenticator) => words.factor_on,
            Some(FactorMethod::Sms) => words.factor_sms,
            Some(FactorMethod::Email) => words.factor_email,
        }
    }
}

impl SessionsPage<'_> {
    const TAB: Tab = Tab::Sessions;

    fn page(&self) -> &'static Page {
        &self.reader.words().sessions.page
    }

    fn notice_text(&self) -> Option<&'static str> {
        self.notice.map(|notice| notice_text(self.reader, notice))
    }

    fn has_others(&self) -> bool {
        self.sessions.iter().any(|session| !session.is_current)
    }

    fn kind(&self, session: &OwnSession) -> &'static str {
        let words = &self.reader.words().sessions;
        match session.dialect {
            Dialect::Pages => words.account_pages,
            Dialect::Session => words.website,
            Dialect::UserService | Dialect::Security | Dialect::Rbac | Dialect::Identify => {
                words.app
            }
        }
    }
}

impl AuthenticatorPage<'_> {
    const TAB: Tab = Tab::Security;

    fn page(&self) -> &'static Page {
        &self.reader.words().authenticator.page
    }

    fn error_text(&self) -> Option<&'static str> {
        self.wrong.then_some(self.reader.words().sign_in.wrong_code)
    }

    /// The seed in groups of four, which are easier to type.
    fn grouped(&self) -> Vec<&str> {
        let ends = (4..=self.secret.len()).step_by(4);
        ends.filter_map(|end| self.secret.get(end - 4..end))
            .collect()
    }
}

impl RecoveryCodesPage<'_> {
    const TAB: Tab = Tab::Security;

    fn page(&self) -> &'static Page {
        &self.reader.words().recovery_codes.page
    }
}

fn problem_in(reader: &Reader, problem: Option<Problem>, section: Section) -> Option<&'static str> {
    let wording = reader.words();
    let problem = problem.filter(|problem| problem.section == section)?;
    Some(match problem.why {
        Why::Name => wording.name_too_long,
        Why::Picture => wording.profile.bad_picture,
        Why::Attribute => wording.profile.bad_attribute,
        Why::AttributesFull => wording.profile.attributes_full,
        Why::WrongPassword => wording.security.wrong_password,
        Why::NewPassword(error) => error.text(wording),
        Why::Address => wording.invalid_email,
        Why::WrongCode => wording.sign_in.wrong_code,
        Why::LastRoot => wording.security.last_root,
    })
}

fn notice_text(reader: &Reader, notice: Notice) -> &'static str {
    let words = &reader.words().notices;
    match notice {
        Notice::Saved => words.saved,
        Notice::PasswordChanged => words.password_changed,
        Notice::EmailSent => words.email_sent,
        Notice::FactorOn => words.factor_on,
        Notice::FactorOff => words.factor_off,
        Notice::SessionEnded => words.session_ended,
        Notice::SessionsEnded => words.sessions_ended,
    }
}

/// An instant for people, in UTC, since we know no reader's time zone.
fn shown(instant: &Timestamp) -> String {
    instant.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// An instant for machines.
fn machine_readable(instant: &Timestamp) -> String {
    instant.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

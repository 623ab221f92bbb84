//! Values and rules of identity. No I/O, no HTTP, no DynamoDB: everything here can be tested with plain values.

mod access;
mod addressed_secret;
mod attribute;
mod audit;
mod client_address;
mod clock;
mod dialect;
mod email;
mod guessing;
mod ids;
mod intent;
mod language;
mod link_lifetime;
mod listing;
mod log_level;
mod member;
mod message;
mod note;
mod one_time_code;
mod password;
mod patch;
mod phone;
mod picture;
mod project;
mod provider;
mod providers;
mod random;
mod rank;
mod second_factor;
mod security_profile;
mod session;
mod totp;
mod unmailable;
mod user;
mod user_role;

pub use access::{
    AccessName, BuiltIn, Description, Held, Permission, PermissionNumber, PermissionNumbers, Role,
    RoleKey, RoleNumber, RoleNumbers,
};
pub use attribute::{
    Attribute, AttributeKey, AttributeText, Attributes, MAX_ATTRIBUTE_BYTES, MAX_ATTRIBUTES,
};
pub use audit::{AuditEvent, AuditPosition, Outcome};
pub use client_address::ClientAddress;
pub use clock::{Clock, SystemClock};
pub use dialect::Dialect;
pub use email::{AddressDigest, EmailAddress, InvalidEmail};
pub use ids::{DeviceId, IntentId, ProjectId, Realm, SessionId, UserId, UserNumber};
pub use intent::{Intent, IntentKind, Recipient};
pub use language::{Language, MessageLanguage};
pub use link_lifetime::LinkLifetime;
pub use listing::ListingPosition;
pub use log_level::{LogLevel, LogLevels, Subsystem};
pub use member::{AppProfile, Device, Guest, MAX_DEVICES, Member, Membership, SeenDevice};
pub use message::{MailBody, MailRecipients, MailSubject, SmsBody};
pub use note::{MAX_NOTES, Note, NoteText};
pub use one_time_code::{CodeDigest, CodePurpose, OneTimeCode};
pub use password::{
    MailedPassword, NewPassword, Password, PasswordHash, PasswordRule, STRICT_PASSWORD_PATTERN,
    WeakPassword,
};
pub use patch::Patch;
pub use phone::{InvalidPhone, PhoneNumber};
pub use picture::{MAX_UPLOAD_BYTES, PictureTag, PictureType, RefusedPicture};
pub use project::{ExternalId, Project, ProjectSecret, ProjectSecrets, SubjectDigest};
pub use provider::{ProviderName, Strategy};
pub use providers::{
    FacebookApp, InvalidProviders, ProviderSecret, Providers, TrustedIssuer, TwitterApp, UserPool,
};
pub use random::{Random, SystemRandom};
pub use rank::Rank;
pub use second_factor::FactorMethod;
pub use security_profile::{PolicyRule, SecurityProfile};
pub use session::{CookieDigest, Generation, Session, SessionCookie};
pub use totp::{RECOVERY_CODES, RecoveryCode, TotpSeed};
pub use unmailable::{Unmailable, UnmailableReason};
pub use user::{Name, PermissionLevel, User};
pub use user_role::{AccountOperation, UserRole, Whose};

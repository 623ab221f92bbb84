//! The wire type of document 003 that is no error. Its spellings stand here and nowhere else.

use serde::Serialize;
use shared::domain::{Name, User};
use utoipa::ToSchema;

/// A user as this dialect shows it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct UserView {
    /// A UUID.
    id: String,
    /// The e-mail address.
    #[schema(example = "che@example.com")]
    login: String,
    /// Empty if there is none.
    #[serde(rename = "firstName")]
    #[schema(example = "Che")]
    first_name: String,
    /// Empty if there is none.
    #[serde(rename = "lastName")]
    #[schema(example = "Guevara")]
    last_name: String,
    /// 0 registered, the address is not confirmed; 1 active; 2 suspended.
    #[schema(maximum = 2)]
    status: u8,
}

impl From<&User> for UserView {
    fn from(user: &User) -> Self {
        let text = |name: &Option<Name>| name.as_ref().map_or("", Name::as_str).to_owned();
        Self {
            id: user.id.to_string(),
            login: user.email.canonical().to_owned(),
            first_name: text(&user.first_name),
            last_name: text(&user.last_name),
            status: status(user),
        }
    }
}

fn status(user: &User) -> u8 {
    if user.is_barred() {
        return 2;
    }
    u8::from(user.confirmed)
}

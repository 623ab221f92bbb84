//! HTTP helpers that belong to no dialect: reading requests strictly, and the shell around every router.

mod accept;
mod body;
mod cookies;
mod cors;
mod fault;
mod fields;
mod json;
mod origin;
mod path;
mod picture;
mod proxy;
mod request;
mod routes;
mod shell;

pub use accept::{accepted_language, accepts_html};
pub use body::{MAX_BODY_BYTES, read_fields, read_json};
pub use cookies::{CookieSettings, SameSite, SetCookie, cookie, is_cookie_name};
pub use cors::Origins;
pub use fault::Fault;
pub use fields::{Fields, whole_number};
pub use origin::OwnOrigins;
pub use path::{REFUSED, is_ambiguous};
pub use picture::{answer_picture, read_picture, read_picture_form};
pub use proxy::TrustedProxy;
pub use request::{Client, RequestId, bearer_token, is_https_or_local};
pub use routes::{Route, RouteTable, operations};
pub use shell::{Complete, DEADLINE, Render, Shell};

//! Twitter's tokens: pairs of OAuth 1.0a, which our app's key ties to it, and tokens of OAuth 2, which nothing does.

use data_encoding::HEXLOWER;
use http::header::{AUTHORIZATION, HeaderValue};
use http::{Method, Request, Uri};
use serde_json::Value;

use super::exchange::{Exchange, granted, request, unavailable};
use super::oauth1::{self, Secrets};
use super::{Identity, ProviderError, is_subject, is_token, name};
use crate::domain::{EmailAddress, Random, TwitterApp};

const QUERY: [(&str, &str); 2] = [("include_email", "true"), ("skip_status", "true")];

/// Whose credential this is.
pub(super) async fn user(
    exchange: &Exchange,
    random: &dyn Random,
    app: &TwitterApp<'_>,
    credential: &str,
) -> Result<Identity, ProviderError> {
    if !is_token(credential) {
        return Err(ProviderError::Refused);
    }
    match credential.split_once(':') {
        Some((token, secret)) => {
            let pair = Pair { token, secret };
            by_pair(exchange, random, app, pair).await
        }
        None if app.accept_unbound_tokens => by_bearer(exchange, app, credential).await,
        None => Err(ProviderError::Refused),
    }
}

/// A token of OAuth 1.0a and its secret.
struct Pair<'a> {
    token: &'a str,
    secret: &'a str,
}

async fn by_pair(
    exchange: &Exchange,
    random: &dyn Random,
    app: &TwitterApp<'_>,
    pair: Pair<'_>,
) -> Result<Identity, ProviderError> {
    if pair.token.is_empty() || pair.secret.is_empty() || pair.secret.contains(':') {
        return Err(ProviderError::Refused);
    }
    let nonce = HEXLOWER.encode(&random.bytes::<16>());
    let timestamp = exchange.now().as_second().to_string();
    let request = signed_request(app, &pair, &nonce, &timestamp);
    let user = ask(exchange, request).await?;
    identity(&user, "id_str")
}

fn signed_request(
    app: &TwitterApp<'_>,
    pair: &Pair<'_>,
    nonce: &str,
    timestamp: &str,
) -> http::Result<Request<Vec<u8>>> {
    let url = format!("{}/1.1/account/verify_credentials.json", app.api_url);
    let uri: Uri = url.parse()?;
    let mut parameters = vec![
        ("oauth_consumer_key", app.consumer_key),
        ("oauth_nonce", nonce),
        ("oauth_signature_method", "HMAC-SHA1"),
        ("oauth_timestamp", timestamp),
        ("oauth_token", pair.token),
        ("oauth_version", "1.0"),
    ];
    let secrets = Secrets {
        client: app.consumer_secret.expose(),
        token: pair.secret,
    };
    let signed: Vec<_> = parameters.iter().copied().chain(QUERY).collect();
    let signature = oauth1::signature("GET", &uri, &signed, secrets);
    parameters.push(("oauth_signature", &signature));
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(QUERY)
        .finish();
    request(Method::GET, &format!("{url}?{query}"))
        .header(AUTHORIZATION, secret(&oauth1::header(&parameters))?)
        .body(Vec::new())
}

async fn by_bearer(
    exchange: &Exchange,
    app: &TwitterApp<'_>,
    token: &str,
) -> Result<Identity, ProviderError> {
    let bearer = secret(&format!("Bearer {token}")).map_err(unavailable)?;
    let request = request(Method::GET, &format!("{}/2/users/me", app.api_url))
        .header(AUTHORIZATION, bearer)
        .body(Vec::new());
    let answer = ask(exchange, request).await?;
    identity(answer.get("data").unwrap_or(&Value::Null), "id")
}

async fn ask(
    exchange: &Exchange,
    request: http::Result<Request<Vec<u8>>>,
) -> Result<Value, ProviderError> {
    exchange.ask(request, granted).await?.told()
}

/// A header's value that is never printed.
fn secret(text: &str) -> http::Result<HeaderValue> {
    let mut value = HeaderValue::from_str(text)?;
    value.set_sensitive(true);
    Ok(value)
}

fn identity(user: &Value, id: &str) -> Result<Identity, ProviderError> {
    let text = |member: &str| user.get(member).and_then(Value::as_str);
    let subject = text(id).filter(|subject| is_subject(subject));
    let subject = subject.ok_or(ProviderError::Refused)?;
    Ok(Identity {
        subject: subject.to_owned(),
        unique_subject: subject.to_owned(),
        email: text("email").and_then(|email| EmailAddress::parse(email).ok()),
        // Twitter does not say.
        email_verified: false,
        nickname: text("name").and_then(name),
    })
}

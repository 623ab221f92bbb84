//! Signing in at a Cognito user pool, to take its users over (`InitiateAuth` with `USER_PASSWORD_AUTH`, then `GetUser`).
//!
//! No SDK: two calls that need no AWS credentials, under the same bounds as all other providers.

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use http::header::CONTENT_TYPE;
use http::{Method, Response};
use serde_json::{Value, json};

use super::exchange::{Exchange, NoAnswer, json as body, request, unavailable, unexpected};
use super::{PoolSignIn, PoolUser, ProviderError, name};
use crate::domain::{AttributeKey, AttributeText, EmailAddress, Password, UserPool};

/// What a pool answers to one call.
enum Said {
    /// What was asked for.
    This(Value),
    /// An error, by its name.
    Not(String),
}

/// Tries an address and a password.
pub(super) async fn sign_in(
    exchange: &Exchange,
    pool: &UserPool<'_>,
    email: &EmailAddress,
    password: &Password,
) -> Result<PoolSignIn, ProviderError> {
    let request = authentication(pool, email, password);
    let answer = match call(exchange, pool, "InitiateAuth", &request).await? {
        Said::This(answer) => answer,
        Said::Not(kind) => return refusal(&kind),
    };
    if answer
        .get("ChallengeName")
        .is_some_and(|name| !name.is_null())
    {
        return Ok(PoolSignIn::Challenged);
    }
    let token = answer.pointer("/AuthenticationResult/AccessToken");
    let token = token.ok_or_else(|| unavailable("the answer has no token"))?;
    let request = json!({ "AccessToken": token });
    match call(exchange, pool, "GetUser", &request).await? {
        Said::This(user) => Ok(taken_over(&user, email)),
        Said::Not(kind) => refusal(&kind),
    }
}

fn authentication(pool: &UserPool<'_>, email: &EmailAddress, password: &Password) -> Value {
    let password = String::from_utf8_lossy(password.expose());
    let mut parameters = json!({ "USERNAME": email.canonical(), "PASSWORD": password });
    if let Some(secret) = pool.client_secret {
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let message = format!("{}{}", email.canonical(), pool.client_id);
        let hash = hmac::sign(&key, message.as_bytes());
        parameters["SECRET_HASH"] = BASE64.encode(hash.as_ref()).into();
    }
    json!({
        "AuthFlow": "USER_PASSWORD_AUTH",
        "ClientId": pool.client_id,
        "AuthParameters": parameters,
    })
}

async fn call(
    exchange: &Exchange,
    pool: &UserPool<'_>,
    operation: &str,
    input: &Value,
) -> Result<Said, ProviderError> {
    let target = format!("AWSCognitoIdentityProviderService.{operation}");
    let request = request(Method::POST, &format!("{}/", pool.endpoint))
        .header(CONTENT_TYPE, "application/x-amz-json-1.1")
        .header("x-amz-target", target)
        .body(input.to_string().into_bytes());
    exchange.ask(request, said).await
}

fn said(answer: &Response<Vec<u8>>) -> Result<Said, NoAnswer> {
    match answer.status() {
        status if status.is_success() => body(answer).map(Said::This),
        status if status.is_client_error() && status != http::StatusCode::TOO_MANY_REQUESTS => {
            let body = body(answer)?;
            let kind = body.get("__type").and_then(Value::as_str);
            // Some endpoints put the name of a model before it.
            let kind = kind.and_then(|kind| kind.rsplit('#').next());
            match kind {
                None => Err("the answer is an error without a name".into()),
                Some("TooManyRequestsException" | "LimitExceededException") => {
                    Err("the answer is that there are too many requests".into())
                }
                Some(kind) => Ok(Said::Not(kind.to_owned())),
            }
        }
        status => Err(unexpected(status)),
    }
}

/// What an error says of address and password, if it says anything of them.
fn refusal(kind: &str) -> Result<PoolSignIn, ProviderError> {
    match kind {
        // Who never proved the address to the pool has not proved it to us.
        "NotAuthorizedException"
        | "UserNotFoundException"
        | "UserNotConfirmedException"
        // A function of the pool's owner has refused them.
        | "UserLambdaValidationException" => Ok(PoolSignIn::Wrong),
        "PasswordResetRequiredException" => Ok(PoolSignIn::Challenged),
        // It answers, so the pool is not left alone: nobody could shut it off by what they type.
        other => {
            let is_name = other.bytes().all(|c| c.is_ascii_alphanumeric()) && other.len() <= 64;
            let name = if is_name { other } else { "of no known name" };
            Err(unavailable(format!("the answer is an error {name}")))
        }
    }
}

/// The user, if the address is theirs. A pool may take other names than addresses for signing in.
fn taken_over(user: &Value, email: &EmailAddress) -> PoolSignIn {
    let attributes: Vec<(&str, &str)> = attributes(user).collect();
    let value = |wanted: &str| {
        let mut named = attributes.iter().filter(|(name, _)| *name == wanted);
        named.next().map(|(_, value)| *value)
    };
    let own = value("email").and_then(|own| EmailAddress::parse(own).ok());
    if own.is_none_or(|own| own.canonical() != email.canonical()) {
        return PoolSignIn::Wrong;
    }
    let custom = attributes.iter().filter_map(|(name, value)| {
        let key = AttributeKey::parse(name.strip_prefix("custom:")?)?;
        Some((key, AttributeText::parse(value)?))
    });
    PoolSignIn::Right(PoolUser {
        email_verified: value("email_verified") == Some("true"),
        nickname: value("nickname").and_then(name),
        first_name: value("given_name").and_then(name),
        last_name: value("family_name").and_then(name),
        attributes: custom.collect(),
    })
}

fn attributes(user: &Value) -> impl Iterator<Item = (&str, &str)> {
    let listed = user.get("UserAttributes").and_then(Value::as_array);
    listed.into_iter().flatten().filter_map(|attribute| {
        let text = |member: &str| attribute.get(member).and_then(Value::as_str);
        Some((text("Name")?, text("Value")?))
    })
}

//! Facebook's access tokens: whether one was issued to our app, and whose it is (Graph API, `debug_token` and `me`).

use aws_lc_rs::hmac;
use data_encoding::HEXLOWER;
use http::{Method, Response};
use jiff::Timestamp;
use serde_json::Value;

use super::exchange::{Exchange, Granted, NoAnswer, granted, json, request};
use super::{Identity, ProviderError, is_subject, is_token, name};
use crate::domain::{EmailAddress, FacebookApp};

/// Errors that say nothing of the token: out of order, or called too often by the app (Graph API, "Handle errors").
const OUT_OF_ORDER: [i64; 3] = [1, 2, 4];
/// Called too often for one user.
const TOO_OFTEN: [i64; 5] = [17, 32, 341, 368, 613];

/// Whose token this is.
pub(super) async fn user(
    exchange: &Exchange,
    app: &FacebookApp<'_>,
    token: &str,
) -> Result<Identity, ProviderError> {
    if !is_token(token) {
        return Err(ProviderError::Refused);
    }
    let user_id = owner(exchange, app, token).await?;
    let user = me(exchange, app, token).await?;
    if user.get("id").and_then(Value::as_str) != Some(&user_id) {
        return Err(ProviderError::Refused);
    }
    let text = |member: &str| user.get(member).and_then(Value::as_str);
    Ok(Identity {
        unique_subject: user_id.clone(),
        subject: user_id,
        email: text("email").and_then(|email| EmailAddress::parse(email).ok()),
        // Facebook does not say.
        email_verified: false,
        nickname: text("name").and_then(name),
    })
}

/// Whom the token was issued to, if it was for our app: a token for another one would sign in whoever runs that.
async fn owner(
    exchange: &Exchange,
    app: &FacebookApp<'_>,
    token: &str,
) -> Result<String, ProviderError> {
    let own_token = format!("{}|{}", app.app_id, app.app_secret.expose());
    let query = [("input_token", token), ("access_token", &own_token)];
    let answer = get(exchange, app, "debug_token", &query).await?;
    let data = answer.get("data").ok_or(ProviderError::Refused)?;
    let is_ours = data.get("app_id").is_some_and(|id| is_id(id, app.app_id));
    let is_valid = data.get("is_valid") == Some(&Value::Bool(true));
    let user_id = data.get("user_id").and_then(Value::as_str);
    let user_id = user_id.filter(|user_id| is_subject(user_id));
    let expires = data.get("expires_at").and_then(Value::as_i64);
    let (true, true, Some(user_id), Some(expires)) = (is_ours, is_valid, user_id, expires) else {
        return Err(ProviderError::Refused);
    };
    if has_passed(expires, exchange.now()) {
        return Err(ProviderError::Expired);
    }
    Ok(user_id.to_owned())
}

async fn me(
    exchange: &Exchange,
    app: &FacebookApp<'_>,
    token: &str,
) -> Result<Value, ProviderError> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, app.app_secret.expose().as_bytes());
    let proof = HEXLOWER.encode(hmac::sign(&key, token.as_bytes()).as_ref());
    let query = [
        ("fields", "id,name,email"),
        ("access_token", token),
        ("appsecret_proof", &proof),
    ];
    get(exchange, app, "me", &query).await
}

async fn get(
    exchange: &Exchange,
    app: &FacebookApp<'_>,
    edge: &str,
    query: &[(&str, &str)],
) -> Result<Value, ProviderError> {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query)
        .finish();
    let url = format!("{}/{edge}?{query}", app.graph_url);
    let request = request(Method::GET, &url).body(Vec::new());
    exchange.ask(request, by_code).await?.told()
}

/// Facebook says with 400 and 403 also that it is out of order, or asked too often.
fn by_code(answer: &Response<Vec<u8>>) -> Result<Granted, NoAnswer> {
    let granted = granted(answer)?;
    if !matches!(granted, Granted::Refused) {
        return Ok(granted);
    }
    let body = json(answer).unwrap_or_default();
    match body.pointer("/error/code").and_then(Value::as_i64) {
        Some(code) if OUT_OF_ORDER.contains(&code) => {
            Err(format!("the answer is error {code}").into())
        }
        Some(code) if TOO_OFTEN.contains(&code) => Ok(Granted::TooOften),
        _ => Ok(granted),
    }
}

/// An app's id is a number, and a text almost everywhere.
fn is_id(value: &Value, id: &str) -> bool {
    match value {
        Value::String(text) => text == id,
        Value::Number(number) => number.to_string() == id,
        _ => false,
    }
}

/// Of a token that never expires, the time is 0.
fn has_passed(expires: i64, now: Timestamp) -> bool {
    expires != 0 && Timestamp::from_second(expires).map_or(true, |expires| expires <= now)
}

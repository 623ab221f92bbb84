//! Forged tokens at every route that asks for one, in every dialect: each is refused in the dialect's own words, before anything is
//! read for it, and nothing is stored or sent.
//!
//! The routes are those of the OpenAPI documents, so that a new one is attacked from its first day.

mod forge;

use http::Method;
use local::projects::{ISOLATED, SHARING};
use serde_json::{Value, json};

use crate::contracts::{DIALECTS, Dialect, documented, enveloped, filled, reads_of};
use crate::harness::{Answer, PASSWORD, Platform};
use crate::user_service::{administrator, expect_nothing_done};
use forge::{Attack, Genuine};

const ADMIN: &str = "admin@example.com";
/// Takes tokens of providers, and none of ours.
const OF_PROVIDERS: &str = "/identify/v1/user/check/nonstandard";
/// Takes a refresh token beside the access token.
const REFRESH: &str = "/identify/v1/user/refresh";
const DEVICE: &str = "3fa85f64-5717-4562-b3fc-2c963f66afa6";
const OF_ANOTHER_PROJECT: &str = "an access token of another project";
/// At least so many ways to forge each token.
const ATTACKS: usize = 300;

/// What an administrator holds after signing in everywhere.
struct Held {
    access: String,
    refresh: String,
    security: String,
    security_refresh: String,
    rbac: String,
    identify: Value,
    elsewhere: Value,
    cookie: String,
}

impl Held {
    async fn by(platform: &Platform, email: &str) -> Self {
        let session = platform.signed_in(email, PASSWORD).await;
        let body = json!({ "userId": email, "password": PASSWORD });
        let security = platform.post("/security/api/v1/oauth2").json(&body);
        let security = security.send().await.json();
        Self {
            access: session.access_token,
            refresh: session.refresh_token,
            security: text(&security, "access_token"),
            security_refresh: text(&security, "refresh_token"),
            rbac: platform.rbac_token(email).await,
            identify: signed_in_to(platform, SHARING, email).await,
            elsewhere: signed_in_to(platform, ISOLATED, email).await,
            cookie: cookie(platform, email).await,
        }
    }

    /// The token that opens a dialect.
    fn opening(&self, dialect: &str) -> String {
        match dialect {
            "user-service" => self.access.clone(),
            "security" => self.security.clone(),
            "rbac" => self.rbac.clone(),
            "identify" => text(&self.identify, "accessToken"),
            other => panic!("{other} has no tokens"),
        }
    }

    /// Everything that is genuine and opens something else.
    fn closed_in(&self, dialect: &str) -> Vec<Attack> {
        let all = [
            ("an access token of 000", self.access.clone()),
            ("a refresh token of 000", self.refresh.clone()),
            ("an access token of 001", self.security.clone()),
            ("a refresh token of 001", self.security_refresh.clone()),
            ("a token of 002", self.rbac.clone()),
            ("the cookie of 003", self.cookie.clone()),
            (
                "an access token of 004",
                text(&self.identify, "accessToken"),
            ),
            (
                "a profile token of 004",
                text(&self.identify, "profileToken"),
            ),
            (
                "a refresh token of 004",
                text(&self.identify, "refreshToken"),
            ),
            (OF_ANOTHER_PROJECT, text(&self.elsewhere, "accessToken")),
        ];
        let own = self.opening(dialect);
        let all = all.into_iter().filter(|(_, token)| *token != own);
        all.map(|(what, token)| (what.to_owned(), token)).collect()
    }
}

fn text(body: &Value, name: &str) -> String {
    body[name].as_str().expect(name).to_owned()
}

/// Signs in to a project, with an account of that project's own where it has a realm of its own.
async fn signed_in_to(platform: &Platform, project: &str, email: &str) -> Value {
    let body = |data: Value| json!({ "projectId": project, "strategy": "email", "provider": "awsCognito", "data": data });
    let credentials = json!({ "email": email, "password": PASSWORD });
    if project == ISOLATED {
        let register = platform.post("/identify/v1/user");
        let answer = register.json(&body(credentials)).send().await;
        assert_eq!(answer.status, 201, "{}", answer.whole());
        let mail = platform.deliver().await.pop().expect("a mail");
        let code = json!({ "code": crate::harness::code_in(&mail.text) });
        let activate = platform.post("/user-service/v1/users/activate").json(&code);
        assert_eq!(activate.send().await.status, 200);
    }
    let data = json!({
        "email": email, "password": PASSWORD, "deviceId": DEVICE,
    });
    let login = platform.request(Method::PUT, "/identify/v1/user/login");
    let answer = login.json(&body(data)).send().await;
    assert_eq!(answer.status, 200, "{}", answer.whole());
    answer.json()["data"].clone()
}

/// Signs in through document 003; the value of the cookie.
async fn cookie(platform: &Platform, email: &str) -> String {
    let body = json!({ "login": email, "password": PASSWORD });
    let answer = platform.post("/session/login").json(&body).send().await;
    let set = answer.header("set-cookie").expect("a cookie");
    let value = set
        .strip_prefix("sid=")
        .and_then(|set| set.split(';').next());
    value.expect("a value").to_owned()
}

/// Without limits, since every route is called by somebody of its own.
async fn start() -> (Platform, Held) {
    let platform = Platform::with(&[("LIMITS", "off")]).await;
    administrator(&platform).await;
    let held = Held::by(&platform, ADMIN).await;
    (platform, held)
}

fn dialect(name: &str) -> Dialect {
    let mut dialects = DIALECTS.into_iter();
    let dialect = dialects.find(|dialect| dialect.name == name);
    dialect.expect("a dialect")
}

/// The operations that may be asked with a token or a cookie of ours: also where they may be asked without.
fn protected(dialect: &Dialect) -> Vec<(Method, String)> {
    let schemes = [json!({ "bearer": [] }), json!({ "cookie": [] })];
    let is_protected = |operation: &Value| {
        let needs = operation["security"].as_array();
        needs.is_some_and(|needs| needs.iter().any(|need| schemes.contains(need)))
    };
    let operations = documented(dialect).into_iter();
    operations
        .filter(|(_, path, operation)| is_protected(operation) && path != OF_PROVIDERS)
        .map(|(method, path, _)| (method, path))
        .collect()
}

/// Presents a token to a route; where that one asks for a refresh token beside it, perhaps with a genuine one.
async fn present(
    platform: &Platform,
    dialect: &Dialect,
    (method, path): &(Method, String),
    token: &str,
    refresh: Option<&str>,
) -> Answer {
    let (query, mut body) = enveloped(dialect, method);
    if let Some(refresh) = refresh.filter(|_| path == REFRESH) {
        body["deviceId"] = json!(DEVICE);
        body["refreshToken"] = json!(refresh);
    }
    let request = platform.request(method.clone(), &(filled(path) + query));
    request.bearer(token).json(&body).send().await
}

/// How a route of a dialect refuses a token that is none of its own.
fn refusal(dialect: &Dialect, (method, path): &(Method, String)) -> String {
    match dialect.name {
        "user-service" => "403\n{\"error\":\"the token is not valid\"}".to_owned(),
        "security" => format!(
            "403\n{{\"ErrorCode\":8,\"ErrorDetails\":\"{method}\",\
             \"ErrorDescription\":\"8: the token is not valid\"}}"
        ),
        "rbac" => "401\n\"Unauthorized\"".to_owned(),
        // It asks for two, of one session, and tells of neither.
        "identify" if path == REFRESH => {
            "401\n{\"result\":0,\"message\":\"the refresh token is not valid\",\
             \"data\":{\"code\":\"invalid_token\"}}"
                .to_owned()
        }
        "identify" => "401\n{\"result\":0,\"message\":\"the token is not valid\",\
                       \"data\":{\"code\":\"invalid_token\"}}"
            .to_owned(),
        other => panic!("{other} has no tokens"),
    }
}

/// Presents every forgery to every route of a dialect; how many routes there were.
async fn attack(name: &str) -> usize {
    let (platform, held) = start().await;
    let dialect = dialect(name);
    let genuine = Genuine::of(&held.opening(name));
    let mut attacks = genuine.attacks().await;
    attacks.extend(held.closed_in(name));
    assert!(attacks.len() >= ATTACKS, "{} attacks", attacks.len());
    let routes = protected(&dialect);
    let refresh = text(&held.identify, "refreshToken");
    let refresh = Some(&*refresh);
    let before = platform.dump().await;
    for route in &routes {
        for (what, token) in &attacks {
            platform.connector.forget();
            let answer = present(&platform, &dialect, route, token, refresh).await;
            let expected = refusal(&dialect, route);
            assert_eq!(answer.whole(), expected, "{route:?} with {what}");
            // It is of the dialect, and its session is read beside the project.
            if route.1 != REFRESH || what != OF_ANOTHER_PROJECT {
                let calls = platform.connector.calls();
                assert_eq!(calls, reads_of(&dialect), "{route:?} with {what}");
            }
        }
        let huge = "a".repeat(64 * 1024);
        platform.connector.forget();
        let answer = present(&platform, &dialect, route, &huge, refresh).await;
        assert_eq!(answer.status, 400, "{route:?} with 64 kB: {}", answer.body);
        assert_eq!(platform.connector.calls(), [""; 0], "{route:?} with 64 kB");
    }
    expect_nothing_done(&platform, &before, "forged tokens").await;
    expect_taken(&platform, &dialect, &routes).await;
    routes.len()
}

/// Expects that each route looks further than to the token if the test made it without a change; each time somebody else's, since
/// some routes end what they are asked with.
async fn expect_taken(platform: &Platform, dialect: &Dialect, routes: &[(Method, String)]) {
    for (number, route) in routes.iter().enumerate() {
        let email = format!("somebody{number}@example.com");
        platform.register_confirmed(&email).await;
        let token = match dialect.name {
            "user-service" => platform.signed_in(&email, PASSWORD).await.access_token,
            "security" => platform.security_token(&email).await,
            "rbac" => platform.rbac_token(&email).await,
            _ => text(
                &signed_in_to(platform, SHARING, &email).await,
                "accessToken",
            ),
        };
        let copy = Genuine::of(&token).copy().await;
        let answer = present(platform, dialect, route, &copy, None).await;
        let refused = refusal(dialect, route);
        assert_ne!(answer.whole(), refused, "{route:?}");
        assert!(answer.status < 500, "{route:?}: {}", answer.whole());
    }
}

#[tokio::test]
async fn no_forged_token_opens_a_route_of_the_user_service() {
    assert_eq!(attack("user-service").await, 13);
}

#[tokio::test]
async fn no_forged_token_opens_a_route_of_the_security_service() {
    assert_eq!(attack("security").await, 22);
}

#[tokio::test]
async fn no_forged_token_opens_a_route_of_the_identity_server() {
    assert_eq!(attack("rbac").await, 14);
}

#[tokio::test]
async fn no_forged_token_opens_a_route_of_identify() {
    assert_eq!(attack("identify").await, 6);
}

/// A cookie of document 003 is no token, and no token is one.
#[tokio::test]
async fn no_token_is_a_session_that_a_cookie_holds() {
    let (platform, held) = start().await;
    let routes = protected(&dialect("session"));
    assert_eq!(routes.len(), 2);
    let genuine = Genuine::of(&held.access);
    let mut cookies = genuine.attacks().await;
    cookies.extend(held.closed_in("user-service"));
    cookies.push(("a token".to_owned(), held.access.clone()));
    cookies.retain(|(_, cookie)| *cookie != held.cookie);
    let before = platform.dump().await;
    for (method, path) in &routes {
        for (what, cookie) in &cookies {
            let request = platform.request(method.clone(), path);
            let request = request.header("cookie", &format!("sid={cookie}"));
            let answer = request
                .header("content-type", "application/json")
                .send()
                .await;
            let expected = match path.as_str() {
                "/session/check" => "401\n{\"code\":401,\"error\":\"no live session\"}",
                _ => "204\n",
            };
            assert_eq!(answer.whole(), expected, "{method} {path} with {what}");
        }
    }
    expect_nothing_done(&platform, &before, "forged cookies").await;
    let check = platform.get("/session/check");
    let check = check.header("cookie", &format!("sid={}", held.cookie));
    assert_eq!(check.send().await.status, 200);
}

/// Where a token is said in a body or in a query.
#[tokio::test]
async fn no_forged_token_is_taken_for_a_good_one_where_it_is_asked_about() {
    let (platform, held) = start().await;
    let mut forged = Genuine::of(&held.rbac).attacks().await;
    forged.extend(held.closed_in("rbac"));
    for (what, token) in &forged {
        let body = json!({ "token": token });
        let answer = platform
            .post("/rbac/auth/validate")
            .json(&body)
            .send()
            .await;
        assert_eq!(answer.body, "false", "validate: {what}");
    }
    let mut forged = Genuine::of(&held.security).attacks().await;
    forged.extend(held.closed_in("security"));
    for (what, token) in &forged {
        let mut query = form_urlencoded::Serializer::new(String::new());
        let query = query.append_pair("token", token).finish();
        let path = format!("/security/api/v1/validateToken?{query}");
        let answer = platform.get(&path).bearer(&held.security).send().await;
        assert_eq!(answer.status, 404, "validateToken: {what}: {}", answer.body);
    }
    let before = platform.dump().await;
    let mut forged = Genuine::of(&held.refresh).attacks().await;
    forged.extend(held.closed_in("user-service"));
    forged.retain(|(_, token)| *token != held.refresh);
    for (what, token) in &forged {
        let body = json!({ "refreshToken": token });
        let refresh = platform.post("/user-service/v1/users/accessToken");
        let answer = refresh.json(&body).send().await;
        let refused = "401\n{\"error\":\"the refresh token is not valid\"}";
        assert_eq!(answer.whole(), refused, "accessToken: {what}");
    }
    expect_nothing_done(&platform, &before, "forged refresh tokens").await;
}

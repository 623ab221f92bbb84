//! POST /oauth2?requirements=true.

use serde_json::json;

use super::path;
use crate::harness::Platform;

const PATTERN: &str = "^(?=.*?[A-Z])(?=.*?[a-z])(?=.*?[0-9])(?=.*?[#?!@$%^&*-]).{8,}$";

#[tokio::test]
async fn anybody_is_told_what_a_password_has_to_be() {
    let platform = Platform::start().await;
    let expected = json!({ "passwordPattern": PATTERN, "accessPolicy": "", "passwordPolicy": "" });
    let ask = || platform.post(&path("oauth2?requirements=true"));
    for request in [ask(), ask().json(&json!({})), ask().body("no JSON")] {
        platform.connector.forget();
        let answer = request.send().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.json(), expected);
        assert_eq!(platform.connector.calls(), [""; 0]);
    }
}

#[tokio::test]
async fn the_documents_are_those_of_the_configuration() {
    let (access, password) = ("https://example.com/access", "https://example.com/password");
    let settings = [
        ("ACCESS_POLICY_URL", access),
        ("PASSWORD_POLICY_URL", password),
    ];
    let platform = Platform::with(&settings).await;
    let answer = platform
        .post(&path("oauth2?requirements=true"))
        .send()
        .await;
    let answer = answer.json();
    assert_eq!(answer["accessPolicy"], access);
    assert_eq!(answer["passwordPolicy"], password);
}

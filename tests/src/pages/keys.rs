//! The public keys, discovery and the OpenAPI document.

use std::path::Path;

use data_encoding::BASE64URL_NOPAD;
use http::Method;
use insta::assert_snapshot;
use serde_json::Value;

use crate::harness::{Answer, Platform};

const JWKS: &str = "/.well-known/jwks.json";
const DISCOVERY: &str = "/.well-known/openid-configuration";
const OPENAPI: &str = "/openapi/user-service.json";

fn expect_cacheable(answer: &Answer) {
    assert_eq!(answer.status, 200, "{}", answer.body);
    for (header, value) in [
        ("cache-control", "public, max-age=300"),
        ("content-type", "application/json"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(answer.header(header), Some(value));
    }
    assert!(answer.header("x-request-id").is_some());
}

#[tokio::test]
async fn the_key_set_holds_public_halves_only() {
    let platform = Platform::start().await;
    let answer = platform.get(JWKS).send().await;
    expect_cacheable(&answer);
    let body = answer.json();
    let keys = body["keys"].as_array().expect("keys");
    let algorithms: Vec<_> = keys.iter().map(|key| &key["alg"]).collect();
    assert_eq!(algorithms, ["RS256", "RS512"]);
    assert_eq!(body.as_object().expect("an object").len(), 1);
    for key in keys {
        let mut members: Vec<_> = key.as_object().expect("a key").keys().collect();
        members.sort();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"]);
        assert_eq!(
            (&key["kty"], &key["use"], &key["e"]),
            (&"RSA".into(), &"sig".into(), &"AQAB".into())
        );
        let modulus = key["n"].as_str().expect("a modulus");
        let modulus = BASE64URL_NOPAD
            .decode(modulus.as_bytes())
            .expect("base64url");
        let bytes = if key["alg"] == "RS512" { 512 } else { 256 };
        assert_eq!(modulus.len(), bytes);
    }
}

#[tokio::test]
async fn the_key_of_every_token_is_published() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let keys = platform.get(JWKS).send().await.json();
    for token in [session.access_token, session.refresh_token] {
        let header = token.split('.').next().expect("a header");
        let header = BASE64URL_NOPAD
            .decode(header.as_bytes())
            .expect("base64url");
        let header: Value = serde_json::from_slice(&header).expect("JSON");
        let published = keys["keys"]
            .as_array()
            .expect("keys")
            .iter()
            .any(|key| key["kid"] == header["kid"] && key["alg"] == header["alg"]);
        assert!(published, "{header}");
    }
}

#[tokio::test]
async fn discovery_names_issuer_and_keys() {
    let platform = Platform::start().await;
    let answer = platform.get(DISCOVERY).send().await;
    expect_cacheable(&answer);
    assert_snapshot!(answer.whole(), @r#"
    200
    {"id_token_signing_alg_values_supported":["RS256","RS512"],"issuer":"http://127.0.0.1:3000","jwks_uri":"http://127.0.0.1:3000/.well-known/jwks.json","response_types_supported":["token"],"subject_types_supported":["public"]}
    "#);
}

#[tokio::test]
async fn discovery_follows_the_configuration_and_no_header() {
    let platform = Platform::with(&[
        ("PUBLIC_URL", "https://id.example.com/auth"),
        ("TOKEN_ISSUER", "https://issuer.example.com"),
    ])
    .await;
    let answer = platform
        .get(DISCOVERY)
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .send()
        .await
        .json();
    assert_eq!(answer["issuer"], "https://issuer.example.com");
    assert_eq!(
        answer["jwks_uri"],
        "https://id.example.com/auth/.well-known/jwks.json"
    );
}

#[tokio::test]
async fn the_openapi_document_is_the_committed_one() {
    let platform = Platform::start().await;
    let answer = platform.get(OPENAPI).send().await;
    expect_cacheable(&answer);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi/user-service.json");
    let committed = std::fs::read_to_string(file).expect("the document");
    assert_eq!(answer.body, committed);
    let document = answer.json();
    assert_eq!(document["openapi"], "3.1.0");
    let login = &document["paths"]["/user-service/{v}/users/login"]["post"];
    assert!(login["responses"]["200"].is_object());
}

#[tokio::test]
async fn what_is_not_there_is_404_and_a_wrong_method_405() {
    let platform = Platform::start().await;
    for path in [
        "/.well-known",
        "/.well-known/",
        "/.well-known/jwks.json/",
        "/.well-known/security.txt",
        "/openapi",
        "/openapi/",
        "/openapi/user-service",
        "/openapi/pages.json",
        "/openapi/%ff",
    ] {
        let answer = platform.get(path).send().await;
        assert_eq!(
            answer.whole(),
            "404\n{\"error\":\"no such path\"}",
            "{path}"
        );
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{path}");
    }
    for path in [JWKS, DISCOVERY, OPENAPI] {
        let answer = platform.post(path).send().await;
        assert_eq!(
            answer.whole(),
            "405\n{\"error\":\"the method is not allowed\"}",
            "{path}"
        );
        assert_eq!(answer.header("allow"), Some("GET"), "{path}");
        let head = platform.request(Method::HEAD, path).send().await;
        assert_eq!(head.whole(), "200\n", "{path}");
    }
}

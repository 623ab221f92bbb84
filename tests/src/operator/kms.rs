//! Private keys in KMS: the real binaries, with only those rights on it that the template gives them.

use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use local::projects::SHARING;
use serde_json::{Value, json};

use super::rotation::{kid_in, states};
use super::{ADMIN, Stack};
use crate::harness::{Answer, Fault, PASSWORD};
use crate::identify::{NEW_PASSWORD, ann};

const BEN: &str = "ben@example.com";
pub(super) const OAUTH2: &str = "/security/api/v1/oauth2";

impl Stack {
    /// That keeps its private keys in KMS, beside one of somebody else's.
    pub(super) async fn in_kms(algorithm: &str) -> Self {
        let stack = Self::empty_with(&[("SIGNING", "kms")]).await;
        for spec in ["RSA_2048", "RSA_4096"] {
            stack.platform.connector.kms().put_foreign(spec).await;
        }
        let settings = [("SIGNING", "kms"), ("TOKEN_ALGORITHM", algorithm)];
        let mut request = stack.update(&settings);
        request["RequestType"] = json!("Create");
        let report = stack.run(&request).await;
        assert_eq!(report["Status"], "SUCCESS", "{report}");
        stack.accept_invitation(ADMIN, PASSWORD).await;
        stack
    }

    /// That a library which knows nothing of us takes this token by our published keys; its algorithm.
    async fn verified(&self, token: &str) -> String {
        let shown = self.platform.get("/.well-known/jwks.json").send().await;
        let set: JwkSet = serde_json::from_str(&shown.body).expect("a key set");
        let header = decode_header(token).expect("a header");
        let jwk = set
            .find(&header.kid.expect("a name"))
            .expect("it is published");
        let mut rules = Validation::new(header.alg);
        rules.validate_exp = false;
        rules.validate_nbf = false;
        rules.validate_aud = false;
        let key = DecodingKey::from_jwk(jwk).expect("a key");
        decode::<Value>(token, &key, &rules).expect("it is genuine");
        format!("{:?}", header.alg)
    }

    pub(super) async fn refresh(&self, tokens: &Value) -> Answer {
        self.platform
            .post(&format!("{OAUTH2}?grant_type=refresh_token"))
            .bearer(tokens["access_token"].as_str().expect("a token"))
            .json(&json!({ "refreshToken": tokens["refresh_token"] }))
            .send()
            .await
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

#[tokio::test]
async fn tokens_are_signed_by_kms_and_verified_by_the_published_keys() {
    for algorithm in ["RS256", "ES256"] {
        let stack = Stack::in_kms(algorithm).await;
        let keys = stack.platform.connector.kms().dump();
        let specs: Vec<_> = keys[2..].iter().map(|(_, spec, ..)| &**spec).collect();
        let short = if algorithm == "RS256" {
            "RSA_2048"
        } else {
            "ECC_NIST_P256"
        };
        assert_eq!(specs, [short, "RSA_4096"]);
        assert_eq!(
            keys[2].2,
            format!("Gatehouse /gatehouse/gatehouse: signs tokens by {algorithm}")
        );
        let kept = stack.platform.parameters.dump();
        let private = kept.iter().filter(|(name, ..)| name.contains("/signing/"));
        assert_eq!(private.count(), 0, "no private key is anywhere else");

        let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
        assert_eq!(stack.verified(&session.access_token).await, algorithm);
        assert_eq!(stack.list_users(&session.access_token).await.status, 200);
        let rbac = stack.platform.rbac_token(ADMIN).await;
        assert_eq!(stack.verified(&rbac).await, "RS512");
    }
}

#[tokio::test]
async fn every_dialect_signs_by_kms_and_refreshes_what_was_signed() {
    let stack = Stack::in_kms("RS256").await;
    let platform = &stack.platform;

    let session = platform.new_session(BEN).await;
    assert_eq!(stack.verified(&session.access_token).await, "RS256");
    let refresh = platform.post("/user-service/v1/users/accessToken");
    let body = json!({ "refreshToken": session.refresh_token });
    let next = refresh.json(&body).send().await.json();
    stack.verified(text(&next["accessToken"])).await;

    let body = json!({ "userId": BEN, "password": PASSWORD });
    let tokens = platform.post(OAUTH2).json(&body).send().await.json();
    stack.verified(text(&tokens["access_token"])).await;
    let next = stack.refresh(&tokens).await.json();
    stack.verified(text(&next["access_token"])).await;

    let rbac = platform.rbac_token(BEN).await;
    assert_eq!(stack.verified(&rbac).await, "RS512");
    let validated = platform.post("/rbac/auth/validate");
    let validated = validated.json(&json!({ "token": rbac })).send().await;
    assert_eq!(validated.whole(), "200\ntrue");

    let project = json!({ "command": "project.put", "id": SHARING });
    stack.command(project).await.expect("a project");
    let login = ann(platform).await;
    let changed = login.change_password(platform, PASSWORD, NEW_PASSWORD);
    let login = login.refreshed(&changed.send().await);
    let next = login.refreshed(&login.refresh(platform).send().await);
    for login in [login, next] {
        assert_eq!(stack.verified(&login.access).await, "RS256");
        assert_eq!(stack.verified(&login.profile).await, "RS256");
        assert_eq!(login.status(platform).await, 200);
    }
}

#[tokio::test]
async fn a_key_that_was_made_and_not_published_is_the_next_one() {
    let stack = Stack::in_kms("ES256").await;
    let connector = &stack.platform.connector;
    let rotate = json!({ "command": "rotate", "algorithm": "ES256" });
    for call in ["GetPublicKey kms", "PutItem keys"] {
        connector.inject(call, Fault::AccessDenied, 1);
        let refused = stack.command(rotate.clone()).await;
        assert_eq!(refused, Err("temporarily unavailable".to_owned()), "{call}");
        assert_eq!(connector.kms().dump().len(), 5, "{call}");
        connector.heal();
    }
    stack.command(rotate).await.expect("it is done");
    assert_eq!(connector.kms().dump().len(), 5, "none is made beside it");
    assert_eq!(
        stack.published().await[2]["kms_key"],
        connector.kms().dump()[4].0
    );
}

#[tokio::test]
async fn a_key_of_kms_is_deleted_when_it_is_dropped_and_others_are_left_alone() {
    let stack = Stack::in_kms("ES256").await;
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    let old = kid_in(&session.access_token);
    let revoke = json!({ "command": "key.revoke", "kid": old });
    let connector = &stack.platform.connector;
    for fault in [Fault::AccessDenied, Fault::LostReply] {
        connector.inject("ScheduleKeyDeletion kms", fault, 1);
    }
    let refused = stack.command(revoke).await;
    assert_eq!(refused, Err("temporarily unavailable".to_owned()));
    stack.advance().await;
    let deleted = connector.kms().dump();
    let deleted: Vec<_> = deleted.iter().map(|(.., deleted)| *deleted).collect();
    assert_eq!(deleted, [false, false, true, false, false]);
    stack.wait(600);
    assert_eq!(stack.list_users(&session.access_token).await.status, 403);
    let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
    assert_eq!(stack.list_users(&session.access_token).await.status, 200);
}

#[tokio::test]
async fn the_way_back_leads_over_leave_kms() {
    let stack = Stack::in_kms("ES256").await;
    let settings = |signing| stack.update(&[("SIGNING", signing), ("TOKEN_ALGORITHM", "ES256")]);
    let refused = stack.run(&settings("wrapped")).await;
    assert_eq!(refused["Status"], "FAILED");
    assert_eq!(
        refused["Reason"],
        "SIGNING: keys still lie in KMS; set leave-kms until the command status shows none there"
    );
    let left = stack.run(&settings("leave-kms")).await;
    assert_eq!(left["Status"], "SUCCESS", "{left}");
    stack.advance().await;
    for seconds in [1200, 86_400 + 900, 30 * 86_400] {
        stack.wait(seconds);
        stack.advance().await;
        let session = stack.platform.signed_in(ADMIN, PASSWORD).await;
        assert_eq!(stack.list_users(&session.access_token).await.status, 200);
    }
    let answer = stack.command(json!({ "command": "status" })).await;
    let answer = answer.expect("a status");
    let keys = answer["keys"].as_array().expect("keys");
    assert!(keys.iter().all(|key| key["home"] == "wrapped"), "{answer}");
    assert_eq!(states(&answer["keys"]).len(), 2);
    let done = stack.run(&settings("wrapped")).await;
    assert_eq!(done["Status"], "SUCCESS", "{done}");
}

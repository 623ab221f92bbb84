//! A Cognito user pool: `InitiateAuth` with `USER_PASSWORD_AUTH`, and `GetUser`.

use std::collections::HashMap;

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use serde_json::{Value, json};

use super::Asked;

pub(super) const CLIENT_ID: &str = "4h57kppo2t3rbmv0ce2h2uvlqk";
pub(super) const CLIENT_SECRET: &str = "pool-hush";

/// Users, by what they sign in with.
#[derive(Debug, Default)]
pub(super) struct Pool(HashMap<String, User>);

#[derive(Debug)]
struct User {
    password: String,
    attributes: Value,
    /// What is said instead.
    instead: Option<String>,
}

impl Pool {
    pub(super) fn add(&mut self, address: &str, password: &str, attributes: Value) {
        let user = User {
            password: password.to_owned(),
            attributes: super::merged(json!({ "email": address }), attributes),
            instead: None,
        };
        self.0.insert(address.to_owned(), user);
    }

    pub(super) fn say(&mut self, address: &str, what: &str) {
        let user = self.0.get_mut(address).expect("a user of the pool");
        user.instead = Some(what.to_owned());
    }

    pub(super) fn call(&self, asked: &Asked) -> (u16, Value) {
        if asked.header("content-type") != "application/x-amz-json-1.1" {
            return refusal("SerializationException");
        }
        let input: Value = serde_json::from_slice(&asked.body).expect("JSON");
        let target = asked.header("x-amz-target");
        match target.strip_prefix("AWSCognitoIdentityProviderService.") {
            Some("InitiateAuth") => self.initiate_auth(&input),
            Some("GetUser") => self.get_user(&input),
            _ => refusal("UnknownOperationException"),
        }
    }

    fn initiate_auth(&self, input: &Value) -> (u16, Value) {
        let parameters = &input["AuthParameters"];
        let name = parameters["USERNAME"].as_str().expect("a name");
        let key = hmac::Key::new(hmac::HMAC_SHA256, CLIENT_SECRET.as_bytes());
        let hash = hmac::sign(&key, format!("{name}{CLIENT_ID}").as_bytes());
        let is_ours = input["ClientId"] == CLIENT_ID
            && input["AuthFlow"] == "USER_PASSWORD_AUTH"
            && parameters["SECRET_HASH"] == BASE64.encode(hash.as_ref());
        let Some(user) = self.0.get(name) else {
            return refusal("UserNotFoundException");
        };
        if !is_ours || parameters["PASSWORD"] != user.password {
            return refusal("NotAuthorizedException");
        }
        match &user.instead {
            Some(challenge) if challenge.bytes().all(|c| !c.is_ascii_lowercase()) => {
                let challenge = json!({
                    "ChallengeName": challenge,
                    "ChallengeParameters": { "USER_ID_FOR_SRP": name },
                    "Session": "s".repeat(40),
                });
                (200, challenge)
            }
            Some(error) => refusal(error),
            None => {
                let tokens = json!({ "AccessToken": access_token(name), "ExpiresIn": 3600, "TokenType": "Bearer" });
                (
                    200,
                    json!({ "AuthenticationResult": tokens, "ChallengeParameters": {} }),
                )
            }
        }
    }

    fn get_user(&self, input: &Value) -> (u16, Value) {
        let mut users = self.0.iter();
        let Some((name, user)) = users.find(|(name, _)| input["AccessToken"] == access_token(name))
        else {
            return refusal("NotAuthorizedException");
        };
        let attributes = user.attributes.as_object().expect("attributes");
        let list: Vec<_> = attributes
            .iter()
            .map(|(name, value)| json!({ "Name": name, "Value": value }))
            .collect();
        (200, json!({ "Username": name, "UserAttributes": list }))
    }
}

fn access_token(name: &str) -> String {
    format!("access token of {name}")
}

fn refusal(kind: &str) -> (u16, Value) {
    (400, json!({ "__type": kind, "message": "No." }))
}

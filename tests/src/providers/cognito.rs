//! Signing in at a user pool.

use serde_json::{Value, json};
use shared::domain::{EmailAddress, Name, Password};
use shared::providers::{PoolSignIn, PoolUser, ProviderError};

use super::{Scene, fault, only};

const ADDRESS: &str = "ann@example.com";
const PASSWORD: &str = "violet tractor sings at dawn";

impl Scene {
    async fn try_at_pool(
        &self,
        address: &str,
        password: &str,
    ) -> Result<PoolSignIn, ProviderError> {
        let pool = self.settings.user_pool().expect("a pool");
        let email = EmailAddress::parse(address).expect("an address");
        let password = Password::parse(password).expect("a password");
        self.client.pool_sign_in(&pool, &email, &password).await
    }

    async fn pool_user(&self, attributes: Value) -> PoolSignIn {
        self.fake.pool_user(ADDRESS, PASSWORD, attributes);
        let answer = self.try_at_pool(ADDRESS, PASSWORD).await;
        answer.expect("an answer")
    }
}

fn attributes(user: &PoolUser) -> Vec<(&str, &str)> {
    let attributes = user.attributes.iter();
    attributes
        .map(|(key, text)| (key.as_str(), text.as_str()))
        .collect()
}

fn right(answer: PoolSignIn) -> PoolUser {
    match answer {
        PoolSignIn::Right(user) => user,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_right_password_brings_what_the_pool_knows() {
    let scene = Scene::set().await;
    let known = json!({
        "sub": "0f5d7a43",
        "email_verified": "true",
        "nickname": "ann",
        "given_name": "Ann",
        "family_name": "Example",
        "custom:team": "red",
        "custom:empty": "",
        "custom:long": "l".repeat(4097),
        "phone_number": "+4915112345678",
    });
    scene.fake.pool_user(ADDRESS, PASSWORD, known);
    // Whatever its spelling, the pool is asked for the canonical address.
    let answer = scene.try_at_pool("Ann@Example.COM", PASSWORD).await;
    let user = right(answer.expect("an answer"));
    assert!(user.email_verified);
    assert_eq!(user.nickname, Name::parse("ann"));
    assert_eq!(user.first_name, Name::parse("Ann"));
    assert_eq!(user.last_name, Name::parse("Example"));
    assert_eq!(attributes(&user), [("empty", ""), ("team", "red")]);
    let targets = scene.fake.asked("/").into_iter();
    let targets: Vec<_> = targets
        .map(|asked| asked.header("x-amz-target").to_owned())
        .collect();
    assert_eq!(
        targets,
        [
            "AWSCognitoIdentityProviderService.InitiateAuth",
            "AWSCognitoIdentityProviderService.GetUser"
        ]
    );
}

#[tokio::test]
async fn an_address_is_verified_only_if_the_pool_says_so() {
    for verified in [json!(null), json!("false"), json!("True"), json!(true)] {
        let scene = Scene::set().await;
        let known = json!({ "email_verified": verified });
        assert!(
            !right(scene.pool_user(known.clone()).await).email_verified,
            "{known}"
        );
    }
}

#[tokio::test]
async fn a_user_of_another_address_is_not_the_right_one() {
    for email in [json!(null), json!("another@example.com"), json!("nobody")] {
        let scene = Scene::set().await;
        let known = json!({ "email": email });
        assert_eq!(
            scene.pool_user(known.clone()).await,
            PoolSignIn::Wrong,
            "{known}"
        );
    }
    let scene = Scene::set().await;
    right(scene.pool_user(json!({ "email": "ANN@EXAMPLE.COM" })).await);
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_alike() {
    let scene = Scene::set().await;
    scene.fake.pool_user(ADDRESS, PASSWORD, json!({}));
    for (address, password) in [
        (ADDRESS, "another"),
        ("bob@example.com", PASSWORD),
        (ADDRESS, ""),
    ] {
        let answer = scene.try_at_pool(address, password).await;
        assert_eq!(answer.expect("an answer"), PoolSignIn::Wrong);
    }
}

#[tokio::test]
async fn what_the_pool_says_in_place_of_a_token() {
    for (says, answer) in [
        ("NotAuthorizedException", PoolSignIn::Wrong),
        ("UserNotConfirmedException", PoolSignIn::Wrong),
        ("UserLambdaValidationException", PoolSignIn::Wrong),
        ("com.amazonaws#UserNotFoundException", PoolSignIn::Wrong),
        ("PasswordResetRequiredException", PoolSignIn::Challenged),
        ("NEW_PASSWORD_REQUIRED", PoolSignIn::Challenged),
        ("SOFTWARE_TOKEN_MFA", PoolSignIn::Challenged),
    ] {
        let scene = Scene::set().await;
        scene.fake.pool_user(ADDRESS, PASSWORD, json!({}));
        scene.fake.pool_says(ADDRESS, says);
        let said = scene.try_at_pool(ADDRESS, PASSWORD).await;
        assert_eq!(said.expect("an answer"), answer, "{says}");
        assert_eq!(scene.fake.calls("/"), 1);
    }
}

#[tokio::test]
async fn errors_that_say_nothing_of_the_user() {
    for (says, is_left_alone) in [
        ("TooManyRequestsException", true),
        ("InvalidParameterException", false),
        ("ResourceNotFoundException", false),
    ] {
        let scene = Scene::set().await;
        scene.fake.pool_user(ADDRESS, PASSWORD, json!({}));
        scene.fake.pool_says(ADDRESS, says);
        for calls in [1, if is_left_alone { 1 } else { 2 }] {
            let answer = scene.try_at_pool(ADDRESS, PASSWORD).await;
            assert_eq!(fault(answer), "unavailable", "{says}");
            assert_eq!(scene.fake.calls("/"), calls, "{says}");
        }
    }
}

#[tokio::test]
async fn answers_that_are_none() {
    for (status, body) in [
        (500, r#"{"__type":"InternalErrorException"}"#),
        (429, r#"{"__type":"NotAuthorizedException"}"#),
        (200, "no JSON"),
        (200, "{}"),
        (200, r#"{"AuthenticationResult":{}}"#),
        (400, "{}"),
        (400, "no JSON"),
        (302, "{}"),
    ] {
        let scene = Scene::set().await;
        scene.fake.answer("/", status, body);
        let answer = scene.try_at_pool(ADDRESS, PASSWORD).await;
        assert_eq!(fault(answer), "unavailable", "{status} {body}");
    }
}

#[tokio::test]
async fn a_client_without_a_secret_sends_no_hash() {
    let scene = Scene::set().await;
    let mut settings = scene.fake.pool_settings();
    settings
        .as_object_mut()
        .expect("an object")
        .remove("client_secret");
    let settings = only("awsCognito", &settings);
    let pool = settings.user_pool().expect("a pool");
    let email = EmailAddress::parse(ADDRESS).expect("an address");
    let password = Password::parse(PASSWORD).expect("a password");
    scene.fake.pool_user(ADDRESS, PASSWORD, json!({}));
    let answer = scene.client.pool_sign_in(&pool, &email, &password).await;
    assert_eq!(answer.expect("an answer"), PoolSignIn::Wrong);
    let asked = &scene.fake.asked("/")[0];
    let input: Value = serde_json::from_slice(&asked.body).expect("JSON");
    assert_eq!(
        input,
        json!({
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": "4h57kppo2t3rbmv0ce2h2uvlqk",
            "AuthParameters": { "USERNAME": ADDRESS, "PASSWORD": PASSWORD },
        })
    );
}

//! Row 7: confirming the address with a mailed link.

use serde_json::json;

use super::{
    ANN, CONFIRM, DAY, NEW_PASSWORD, confirmation, confirming, post, refusal, reset_link,
    resetting, signing_in,
};
use crate::harness::{PASSWORD, Platform};
use crate::user_service::expect_nothing_done;

const REFUSED: &str = "invalid token";

#[tokio::test]
async fn a_token_confirms_once() {
    let platform = Platform::start().await;
    let link = confirmation(&platform, ANN).await;
    let answer = confirming(&platform, &link).send().await;
    assert_eq!(answer.whole(), "204\n");
    assert_eq!(answer.header("set-cookie"), None);
    let signed_in = signing_in(&platform, ANN, PASSWORD).send().await;
    assert_eq!(signed_in.json()["status"], 1);
    platform.signed_in(ANN, PASSWORD).await;
    let before = platform.dump().await;
    let again = confirming(&platform, &link).send().await;
    assert_eq!(again.whole(), refusal(500, REFUSED));
    expect_nothing_done(&platform, &before, "once more").await;
}

#[tokio::test]
async fn one_wrong_token_is_like_another() {
    let platform = Platform::start().await;
    let (id, token) = confirmation(&platform, ANN).await;
    let (of_ben, token_of_ben) = confirmation(&platform, "ben@example.com").await;
    let (_, reset) = reset_link(&platform, ANN).await;
    let before = platform.dump().await;
    for (id, token) in [
        (&*id, &*token_of_ben),
        (&of_ben, &token),
        (&id, &reset),
        (&id, "4ddb9c2e-e6c8-4cab-a46d-d3dd1a7a6a2b"),
        (&id, "123456"),
        (&id, ""),
        (&id, &token.replace('-', "")),
        ("5ce560da993911b1162fca9b", &token),
        ("", ""),
    ] {
        let body = json!({ "id": id, "token": token });
        let answer = post(&platform, CONFIRM, &body).send().await;
        assert_eq!(answer.whole(), refusal(500, REFUSED), "{id} {token}");
    }
    expect_nothing_done(&platform, &before, "wrong tokens").await;
    assert_eq!(confirming(&platform, &(id, token)).send().await.status, 204);
}

#[tokio::test]
async fn missing_fields_are_malformed() {
    let platform = Platform::start().await;
    let (id, token) = confirmation(&platform, ANN).await;
    let before = platform.dump().await;
    for (body, error) in [
        (json!({}), "id is required"),
        (json!({ "id": id }), "token is required"),
        (json!({ "token": token }), "id is required"),
        (json!({ "id": id, "token": 7 }), "token is not valid"),
        (json!({ "id": [id], "token": token }), "id is not valid"),
        (json!({ "uid": id, "t": token }), "id is required"),
    ] {
        let answer = post(&platform, CONFIRM, &body).send().await;
        assert_eq!(answer.whole(), refusal(400, error), "{body}");
    }
    expect_nothing_done(&platform, &before, "malformed").await;
}

#[tokio::test]
async fn a_token_is_good_for_seven_days() {
    for (seconds, status) in [(7 * DAY - 1, 204), (7 * DAY, 500)] {
        let platform = Platform::start().await;
        let link = confirmation(&platform, ANN).await;
        platform.clock.advance_seconds(seconds);
        let answer = confirming(&platform, &link).send().await;
        assert_eq!(answer.status, status, "{seconds}: {}", answer.whole());
    }
}

#[tokio::test]
async fn a_new_password_voids_the_token() {
    let platform = Platform::start().await;
    let link = confirmation(&platform, ANN).await;
    let reset = reset_link(&platform, ANN).await;
    assert_eq!(
        resetting(&platform, &reset, NEW_PASSWORD)
            .send()
            .await
            .status,
        204
    );
    let answer = confirming(&platform, &link).send().await;
    assert_eq!(answer.whole(), refusal(500, REFUSED));
}

#[tokio::test]
async fn a_link_in_a_mail_is_not_followed_by_get() {
    let platform = Platform::start().await;
    let (id, token) = confirmation(&platform, ANN).await;
    let before = platform.dump().await;
    let get = platform.get(&format!("{CONFIRM}?uid={id}&t={token}"));
    let answer = get.send().await;
    assert_eq!(answer.whole(), refusal(405, "the method is not allowed"));
    expect_nothing_done(&platform, &before, "a mail scanner").await;
}

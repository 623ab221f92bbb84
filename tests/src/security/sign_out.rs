//! DELETE /oauth2/{token}.

use super::factor::{ANN, sessions};
use super::{delete, get, refusal, token};
use crate::harness::{PASSWORD, Platform};

#[tokio::test]
async fn a_session_that_is_signed_out_is_dead_everywhere_and_the_others_live() {
    let platform = Platform::start().await;
    let root = super::root(&platform).await;
    platform.register_confirmed(ANN).await;
    let own = token(&platform, ANN, PASSWORD).await;
    let other = token(&platform, ANN, PASSWORD).await;
    let signed_out = delete(&platform, &own, &format!("oauth2/{own}")).await;
    assert_eq!(signed_out.whole(), "204\n");
    let ended = |method: &str| refusal(403, 8, method, "8: the session has ended");
    for rest in ["oauth2?me=true", "systemEndpoints", "validateToken?token=x"] {
        let answer = get(&platform, &own, rest).await;
        assert_eq!(answer.whole(), ended("GET"), "{rest}");
    }
    let again = delete(&platform, &own, &format!("oauth2/{own}")).await;
    assert_eq!(again.whole(), ended("DELETE"));
    let seen = get(&platform, &root, &format!("validateToken?token={own}")).await;
    assert_eq!(seen.whole(), refusal(404, 404, "GET", "404: not found"));
    assert_eq!(get(&platform, &other, "oauth2?me=true").await.status, 200);
}

#[tokio::test]
async fn only_the_token_of_the_header_is_signed_out() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let own = token(&platform, ANN, PASSWORD).await;
    let other = token(&platform, ANN, PASSWORD).await;
    let before = sessions(&platform).await;
    for foreign in [other.as_str(), "x", "1", &own[1..]] {
        let answer = delete(&platform, &own, &format!("oauth2/{foreign}")).await;
        let expected = refusal(404, 404, "DELETE", "404: not found");
        assert_eq!(answer.whole(), expected, "{foreign}");
    }
    let path = super::path(&format!("oauth2/{own}"));
    let without = platform.delete(&path).send().await;
    let expected = refusal(403, 8, "DELETE", "8: an access token is required");
    assert_eq!(without.whole(), expected);
    assert_eq!(sessions(&platform).await, before);
    assert_eq!(get(&platform, &own, "oauth2?me=true").await.status, 200);
}

#[tokio::test]
async fn an_expired_token_signs_nobody_out() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let own = token(&platform, ANN, PASSWORD).await;
    platform.clock.advance_seconds(3606);
    let answer = delete(&platform, &own, &format!("oauth2/{own}")).await;
    let expected = refusal(403, 9, "DELETE", "9: the token has expired");
    assert_eq!(answer.whole(), expected);
    assert_eq!(sessions(&platform).await, 1);
}

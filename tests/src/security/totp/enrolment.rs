//! Binding an authenticator: the seed, the first code, the recovery codes.

use data_encoding::BASE64;
use serde_json::{Value, json};

use super::super::factor::{ANN, Authenticator, account_with_authenticator, bind, seed};
use super::super::{get, post, put, refusal, sign_in, token};
use crate::harness::{Answer, PASSWORD, Platform};

const WRONG: &str = "1018: code is not valid";

async fn show(platform: &Platform, token: &str, code: &str) -> Answer {
    put(platform, token, "totp", &json!({ "code": code })).await
}

/// What the account says of its second factor.
async fn mfa(platform: &Platform, token: &str) -> Value {
    let me = get(platform, token, "oauth2?me=true").await;
    assert_eq!(me.status, 200, "{}", me.body);
    me.json()["userTypeProprietaryInfo"]["mfa"].clone()
}

/// What a reader makes of the picture.
fn read(picture: &str) -> String {
    let png = picture.strip_prefix("data:image/png;base64,");
    let png = BASE64.decode(png.expect("a data URI").as_bytes());
    let png = png.expect("base64");
    let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
    decoder.set_transformations(png::Transformations::EXPAND);
    let mut reader = decoder.read_info().expect("a PNG");
    let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
    let frame = reader.next_frame(&mut pixels).expect("its pixels");
    let (width, height) = (frame.width as usize, frame.height as usize);
    let grey = |x, y| pixels[y * frame.line_size + x];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, height, grey);
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code in the picture");
    grids[0].decode().expect("a code that can be read").1
}

#[tokio::test]
async fn a_seed_is_shown_three_ways_and_binds_nothing_yet() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let token = token(&platform, ANN, PASSWORD).await;
    let answer = post(&platform, &token, "totp", &json!({})).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let body = answer.json();
    let secret = body["secret"].as_str().expect("a secret");
    assert_eq!(secret.len(), 32);
    let uri = format!(
        "otpauth://totp/Gatehouse:ann%40example%2Ecom?secret={secret}&issuer=Gatehouse&algorithm=SHA1&digits=6&period=30"
    );
    assert_eq!(body["uri"], uri);
    assert_eq!(read(body["qr"].as_str().expect("a picture")), uri);
    assert_eq!(body.as_object().expect("an object").len(), 3);
    assert_eq!(answer.header("cache-control"), Some("no-store"));

    assert!(!platform.dump().await.contains(secret), "sealed only");
    let off = json!({ "enabled": false, "method": "" });
    assert_eq!(mfa(&platform, &token).await, off);
    let signed_in = sign_in(&platform, ANN, PASSWORD).await;
    assert!(signed_in.json()["access_token"].is_string());
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn the_first_code_binds_ends_other_sessions_and_tells_the_owner() {
    let platform = Platform::start().await;
    let other = platform.new_session(ANN).await.access_token;
    let rbac = platform.rbac_token(ANN).await;
    let second = token(&platform, ANN, PASSWORD).await;
    let own = token(&platform, ANN, PASSWORD).await;
    let authenticator = seed(&platform, &own).await;
    let bound = show(&platform, &own, &authenticator.code(&platform)).await;
    assert_eq!(bound.status, 200, "{}", bound.body);
    let body = bound.json();
    let codes = body["recoveryCodes"].as_array().expect("codes");
    expect_recovery_codes(codes);
    assert_eq!(body.as_object().expect("an object").len(), 1);

    let on = json!({ "enabled": true, "method": "authenticator" });
    assert_eq!(mfa(&platform, &own).await, on);
    let ended = refusal(403, 8, "GET", "8: the session has ended");
    let second = get(&platform, &second, "oauth2?me=true").await;
    assert_eq!(second.whole(), ended);
    let status = platform.get("/user-service/v1/users/status");
    assert_eq!(status.bearer(&other).send().await.status, 401);
    let users = platform.get("/rbac/users").bearer(&rbac);
    assert_eq!(users.send().await.status, 401);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, [ANN]);
    assert_eq!(
        mails[0].subject,
        "Gatehouse: Your second factor was changed"
    );
    let stored = platform.dump().await.to_lowercase();
    for code in codes {
        let code = code.as_str().expect("a code").to_lowercase();
        assert!(!stored.contains(&code));
        assert!(!stored.contains(&code.replace('-', "")));
    }
}

/// Ten different ones of 80 bits, in groups of four.
fn expect_recovery_codes(codes: &[Value]) {
    let mut codes: Vec<_> = codes.iter().filter_map(Value::as_str).collect();
    for code in &codes {
        let groups: Vec<_> = code.split('-').collect();
        let is_group = |group: &&str| {
            let known = |c: char| c.is_ascii_uppercase() || ('2'..='7').contains(&c);
            group.len() == 4 && group.chars().all(known)
        };
        assert_eq!(groups.len(), 4, "{code}");
        assert!(groups.iter().all(is_group), "{code}");
    }
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), 10);
}

#[tokio::test]
async fn a_seed_is_dead_after_five_wrong_codes() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let token = token(&platform, ANN, PASSWORD).await;
    let wrong = refusal(400, 400, "PUT", WRONG);
    let none_waits = show(&platform, &token, "123456").await;
    assert_eq!(none_waits.whole(), wrong);
    let authenticator = seed(&platform, &token).await;
    for _ in 0..5 {
        let code = authenticator.wrong_code(&platform);
        assert_eq!(show(&platform, &token, &code).await.whole(), wrong);
    }
    let late = show(&platform, &token, &authenticator.code(&platform)).await;
    assert_eq!(late.whole(), wrong);
    let off = json!({ "enabled": false, "method": "" });
    assert_eq!(mfa(&platform, &token).await, off);
    assert_eq!(platform.deliver().await.len(), 0);
    bind(&platform, &token).await;
}

#[tokio::test]
async fn a_seed_waits_for_a_quarter_of_an_hour_and_only_the_latest_does() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let token = token(&platform, ANN, PASSWORD).await;
    let wrong = refusal(400, 400, "PUT", WRONG);
    let older = seed(&platform, &token).await;
    let newer = seed(&platform, &token).await;
    let code = older.code(&platform);
    assert_eq!(show(&platform, &token, &code).await.whole(), wrong);
    platform.clock.advance_seconds(900);
    let code = newer.code(&platform);
    assert_eq!(show(&platform, &token, &code).await.whole(), wrong);
    let newest = seed(&platform, &token).await;
    platform.clock.advance_seconds(899);
    let code = newest.code(&platform);
    assert_eq!(show(&platform, &token, &code).await.status, 200);
}

#[tokio::test]
async fn a_seed_is_its_owners_and_dies_with_the_credential_it_was_made_for() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    platform.register_confirmed("ben@example.com").await;
    let ann = token(&platform, ANN, PASSWORD).await;
    let ben = token(&platform, "ben@example.com", PASSWORD).await;
    let authenticator = seed(&platform, &ann).await;
    seed(&platform, &ben).await;
    let wrong = refusal(400, 400, "PUT", WRONG);
    let code = authenticator.code(&platform);
    assert_eq!(show(&platform, &ben, &code).await.whole(), wrong);

    let body =
        json!({ "userId": ANN, "password": PASSWORD, "newPassword": "Violet-tractor-5-sings" });
    let changed = platform.post("/security/api/v1/oauth2").json(&body);
    let changed = changed.send().await.json();
    let renewed = changed["access_token"].as_str().expect("a token");
    assert_eq!(show(&platform, renewed, &code).await.whole(), wrong);
}

#[tokio::test]
async fn a_bound_authenticator_is_taken_off_before_another_is_bound() {
    let platform = Platform::start().await;
    let (authenticator, _, token) = account_with_authenticator(&platform, ANN).await;
    let again = post(&platform, &token, "totp", &json!({})).await;
    let expected = refusal(400, 400, "POST", "1045: an authenticator is bound already");
    assert_eq!(again.whole(), expected);
    let code = authenticator.next_code(&platform);
    let wrong = refusal(400, 400, "PUT", WRONG);
    assert_eq!(show(&platform, &token, &code).await.whole(), wrong);
}

#[tokio::test]
async fn the_first_code_is_a_text_that_is_there() {
    let platform = Platform::start().await;
    platform.register_confirmed(ANN).await;
    let token = token(&platform, ANN, PASSWORD).await;
    let authenticator: Authenticator = seed(&platform, &token).await;
    for (body, said) in [
        (json!({}), "1018: code is required"),
        (json!({ "code": null }), "1018: code is required"),
        (json!({ "code": 123_456 }), WRONG),
    ] {
        let answer = put(&platform, &token, "totp", &body).await;
        assert_eq!(answer.whole(), refusal(400, 400, "PUT", said), "{body}");
    }
    let code = authenticator.code(&platform);
    let spaced = format!("{} {}", &code[..3], &code[3..]);
    assert_eq!(show(&platform, &token, &spaced).await.status, 200);
}

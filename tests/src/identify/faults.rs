//! Every operation against every fault of every one of its calls: whole or nothing, no burnt token, a retry ends well.

use futures::future::BoxFuture;
use serde_json::json;

use super::{
    ANN, DEVICE, Login, NEW_PASSWORD, OTHER_DEVICE, SHARING, ann, anonymous, confirm, confirmed,
    forgot_password, no_login, registering, sessions, signed_in, signing_in,
};
use crate::faults::{Flow, Prepared};
use crate::harness::{Answer, PASSWORD, Platform, code_in};

fn nothing(_: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async { Prepared::new() })
}

fn no_check<'a>(_: &'a Platform, _: &'a Prepared) -> BoxFuture<'a, ()> {
    Box::pin(async {})
}

fn with_session(platform: &Platform) -> BoxFuture<'_, Prepared> {
    Box::pin(async {
        let login = ann(platform).await;
        Prepared::from([
            ("user", login.user),
            ("access", login.access),
            ("profile", login.profile),
            ("refresh", login.refresh),
        ])
    })
}

fn login(prepared: &Prepared) -> Login {
    Login {
        project: SHARING.to_owned(),
        device: DEVICE.to_owned(),
        user: prepared["user"].clone(),
        access: prepared["access"].clone(),
        profile: prepared["profile"].clone(),
        refresh: prepared["refresh"].clone(),
    }
}

#[tokio::test]
async fn registering_makes_an_account_or_none() {
    let flow = Flow {
        prepare: nothing,
        act: |platform, _| {
            let data = json!({
                "email": ANN, "password": PASSWORD, "nickname": "Ann", "custom:a": "b",
            });
            Box::pin(registering(platform, SHARING, &data).send())
        },
        success: 201,
        again: 409,
        check: |platform, _| {
            Box::pin(async {
                let mails = platform.deliver().await;
                assert_eq!(mails.len(), 1, "one account, one mail");
                let page = confirm(platform, &code_in(&mails[0].text)).await;
                assert_eq!(page.status, 200);
                let login = signed_in(platform, SHARING, ANN).await;
                let body = login.profile(platform).send().await.json();
                assert_eq!(body["data"]["custom:a"], "b");
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn signing_in_opens_a_session_and_remembers_the_device() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                confirmed(platform, SHARING, ANN).await;
                Prepared::new()
            })
        },
        act: |platform, _| Box::pin(signing_in(platform, SHARING, ANN, PASSWORD).send()),
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                let login = signed_in(platform, SHARING, ANN).await;
                let body = login.profile(platform).send().await.json();
                let devices = body["data"]["devices"].as_array().expect("a list").clone();
                assert_eq!(devices.len(), 1);
                assert_eq!(devices[0]["deviceId"], DEVICE);
            })
        },
    };
    flow.walk().await;
}

pub(crate) fn refresh() -> Flow {
    Flow {
        prepare: with_session,
        act: |platform, prepared| Box::pin(login(prepared).refresh(platform).send()),
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let login = login(prepared);
                let next = login.refreshed(&login.refresh(platform).send().await);
                assert_eq!(next.status(platform).await, 200);
                assert_eq!(next.refresh(platform).send().await.status, 200);
            })
        },
    }
}

#[tokio::test]
async fn a_refresh_token_is_used_up_by_an_answer_only() {
    refresh().walk().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_or_says_that_it_did_not() {
    let flow = Flow {
        prepare: with_session,
        act: |platform, prepared| Box::pin(login(prepared).logout(platform).send()),
        success: 200,
        again: 401,
        check: |platform, prepared| {
            Box::pin(async {
                assert_eq!(login(prepared).status(platform).await, 401);
                assert_eq!(sessions(platform).await, 0);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn looking_shows_all_or_says_that_it_cannot() {
    let acts: [crate::faults::Step; 2] = [
        |platform, prepared| Box::pin(login(prepared).profile(platform).send()),
        |platform, prepared| Box::pin(login(prepared).check(platform, OTHER_DEVICE).send()),
    ];
    let flows = acts.map(|act| Flow {
        prepare: with_session,
        act,
        success: 200,
        again: 200,
        check: no_check,
    });
    Flow::walk_all(flows).await;
}

#[tokio::test]
async fn a_change_that_failed_is_made_by_doing_it_again() {
    let flow = Flow {
        prepare: with_session,
        act: |platform, prepared| {
            let data = json!({
                "nickname": "Ann", "custom:a": "b", "custom:c": "d", "email": "anna@example.org",
            });
            Box::pin(login(prepared).change(platform, &data).send())
        },
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let body = login(prepared).profile(platform).send().await.json();
                assert_eq!(body["data"]["nickname"], "Ann");
                assert_eq!(body["data"]["custom:a"], "b");
                assert_eq!(body["data"]["custom:c"], "d");
                let mails = platform.deliver().await;
                assert!(mails.iter().any(|mail| mail.to == ["anna@example.org"]));
            })
        },
    };
    flow.walk().await;
}

pub(crate) fn change_of_password() -> Flow {
    Flow {
        prepare: with_session,
        act: |platform, prepared| {
            let login = login(prepared);
            Box::pin(
                login
                    .change_password(platform, PASSWORD, NEW_PASSWORD)
                    .send(),
            )
        },
        success: 200,
        again: 401,
        check: |platform, prepared| {
            Box::pin(async {
                assert_eq!(login(prepared).status(platform).await, 200);
                platform.clock.advance_seconds(900);
                let new = signing_in(platform, SHARING, ANN, NEW_PASSWORD)
                    .send()
                    .await;
                assert_eq!(new.status, 200, "{}", new.whole());
            })
        },
    }
}

#[tokio::test]
async fn a_password_is_changed_once_and_the_session_goes_on() {
    change_of_password().walk().await;
}

#[tokio::test]
async fn a_code_that_is_asked_for_is_mailed_and_works() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                confirmed(platform, SHARING, ANN).await;
                Prepared::new()
            })
        },
        act: |platform, _| Box::pin(forgot_password::asking(platform, SHARING, ANN).send()),
        success: 200,
        again: 200,
        check: |platform, _| {
            Box::pin(async {
                let mails = platform.deliver().await;
                let code = forgot_password::digits_in(mails.last().expect("a mail"));
                let set = forgot_password::setting(platform, SHARING, (ANN, &code), NEW_PASSWORD);
                assert_eq!(set.send().await.status, 200);
            })
        },
    };
    flow.walk().await;
}

fn set<'a>(platform: &'a Platform, prepared: &'a Prepared) -> BoxFuture<'a, Answer> {
    let code = &prepared["code"];
    Box::pin(forgot_password::setting(platform, SHARING, (ANN, code), NEW_PASSWORD).send())
}

#[tokio::test]
async fn a_code_sets_the_password_or_stays_good() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                confirmed(platform, SHARING, ANN).await;
                let code = forgot_password::mailed_code(platform, SHARING, ANN).await;
                Prepared::from([("code", code)])
            })
        },
        act: set,
        success: 200,
        again: 400,
        check: |platform, _| {
            Box::pin(async {
                let new = signing_in(platform, SHARING, ANN, NEW_PASSWORD)
                    .send()
                    .await;
                assert_eq!(new.status, 200, "{}", new.whole());
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_device_has_a_guest_or_none() {
    let flow = Flow {
        prepare: nothing,
        act: |platform, _| Box::pin(anonymous::coming(platform, SHARING, DEVICE).send()),
        success: 201,
        again: 409,
        check: |platform, _| {
            Box::pin(async {
                let returned = anonymous::returning(platform, SHARING, DEVICE).send().await;
                assert_eq!(returned.status, 200, "{}", returned.whole());
                assert_eq!(platform.items("devices").await.len(), 2);
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_guest_returns_or_is_told_to_try_again() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                anonymous::coming(platform, SHARING, DEVICE).send().await;
                Prepared::new()
            })
        },
        act: |platform, _| Box::pin(anonymous::returning(platform, SHARING, DEVICE).send()),
        success: 200,
        again: 200,
        check: no_check,
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_profile_without_sign_in_is_replaced_or_stays() {
    let flow = Flow {
        prepare: |platform| {
            Box::pin(async {
                let id = no_login::guest(platform, SHARING).await;
                platform.clock.advance_seconds(2 * super::DAY);
                Prepared::from([("id", id)])
            })
        },
        act: |platform, prepared| {
            let profile = json!({ "score": 7 });
            Box::pin(no_login::replacing(platform, SHARING, &prepared["id"], &profile).send())
        },
        success: 200,
        again: 200,
        check: |platform, prepared| {
            Box::pin(async {
                let id = &prepared["id"];
                let shown = no_login::looking(platform, SHARING, id).send().await;
                assert_eq!(shown.json()["appProfile"], json!({ "score": 7 }));
            })
        },
    };
    flow.walk().await;
}

#[tokio::test]
async fn a_guest_without_sign_in_is_made_or_not() {
    let flow = Flow {
        prepare: nothing,
        act: |platform, _| Box::pin(no_login::coming(platform, SHARING).send()),
        success: 200,
        again: 200,
        check: no_check,
    };
    flow.walk().await;
}

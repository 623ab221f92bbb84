//! Row 5: seeing a user.

use super::{ADMIN, ANN, BEN, NOBODY, forbidden, get, not_found, refusal, somebody, start};

#[tokio::test]
async fn everybody_sees_themselves_and_those_who_may_see_all_see_others() {
    let (platform, root) = start().await;
    let (ann, of_ann) = somebody(&platform, &root, ANN, "subscriber").await;
    let (admin, of_admin) = somebody(&platform, &root, BEN, "admin").await;
    for (token, id, email) in [
        (&of_ann, &ann, ANN),
        (&of_admin, &ann, ANN),
        (&root, &ann, ANN),
        (&root, &admin, BEN),
    ] {
        let seen = get(&platform, token, &format!("user/{id}")).await;
        assert_eq!(seen.status, 200);
        assert_eq!(seen.json()["email"], email);
        let upper = get(&platform, token, &format!("user/{}", id.to_uppercase())).await;
        assert_eq!(upper.body, seen.body);
        let by_email = format!("user/{}?byEmail=true", email.to_uppercase());
        assert_eq!(get(&platform, token, &by_email).await.body, seen.body);
        for secret in ["currentPassword", "lastPasswords", "oauthType", "argon2"] {
            assert!(!seen.body.contains(secret), "{secret}");
        }
    }
}

#[tokio::test]
async fn nobody_else_learns_whether_there_is_such_a_user() {
    let (platform, root) = start().await;
    let (ann, _) = somebody(&platform, &root, ANN, "subscriber").await;
    for role in [
        "subscriber",
        "csr",
        "system",
        "installer",
        "noc",
        "accounting",
    ] {
        let email = format!("{role}@example.com");
        let (_, token) = somebody(&platform, &root, &email, role).await;
        for rest in [
            format!("user/{ann}"),
            format!("user/{NOBODY}"),
            "user/no-id".to_owned(),
            "user/0".to_owned(),
            format!("user/{ANN}?byEmail=true"),
            format!("user/{ADMIN}?byEmail=true"),
            "user/nobody@example.com?byEmail=true".to_owned(),
            "user/no-address?byEmail=true".to_owned(),
        ] {
            let answer = get(&platform, &token, &rest).await;
            assert_eq!(answer.whole(), forbidden("GET"), "{role} {rest}");
        }
    }
}

#[tokio::test]
async fn an_unknown_user_is_404_for_those_who_may_see_all() {
    let (platform, root) = start().await;
    let (_, admin) = somebody(&platform, &root, BEN, "admin").await;
    for token in [&root, &admin] {
        for rest in [
            format!("user/{NOBODY}"),
            "user/no-id".to_owned(),
            "user/0".to_owned(),
            format!("user/{NOBODY}?byEmail=true"),
            "user/nobody@example.com?byEmail=true".to_owned(),
        ] {
            let answer = get(&platform, token, &rest).await;
            assert_eq!(answer.whole(), not_found("GET"), "{rest}");
        }
        let nothing = get(&platform, token, "user/").await;
        assert_eq!(
            nothing.whole(),
            refusal(404, 404, "GET", "404: no such path")
        );
    }
}

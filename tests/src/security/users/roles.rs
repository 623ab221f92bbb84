//! Roles are given up to the own, never to oneself, and the last root stays.

use serde_json::json;

use super::{
    ADMIN, ANN, BEN, account, changed, delete, forbidden, get, grant_admin, id_of, item, lives,
    put, raise, somebody, start,
};

#[tokio::test]
async fn nobody_raises_an_account_to_a_role_above_the_own() {
    let (platform, root) = start().await;
    for (caller, above) in [("admin", &["root"][..]), ("system", &["root", "admin"])] {
        let email = format!("of.{caller}@example.com");
        let (_, token) = somebody(&platform, &root, &email, caller).await;
        let email = format!("target.of.{caller}@example.com");
        let (target, of_target) = somebody(&platform, &root, &email, "csr").await;
        for role in above {
            let before = platform.dump().await;
            let body = json!({ "userRole": role });
            let refused = put(&platform, &token, &format!("user/{target}"), &body).await;
            assert_eq!(refused.whole(), forbidden("PUT"), "{caller} gives {role}");
            assert_eq!(platform.dump().await, before);
            assert!(lives(&platform, &of_target, &target).await);
        }
        changed(&platform, &token, &target, &json!({ "userRole": caller })).await;
        assert_eq!(account(&platform, &target).await["user_role"], caller);
    }
}

#[tokio::test]
async fn nobody_changes_the_own_role() {
    let (platform, root) = start().await;
    for role in ["root", "admin", "system", "subscriber"] {
        let email = format!("of.{role}@example.com");
        let (id, token) = somebody(&platform, &root, &email, role).await;
        for other in ["root", "admin", "csr"] {
            let body = json!({ "userRole": other });
            let answer = put(&platform, &token, &format!("user/{id}"), &body).await;
            if other == role {
                assert_eq!(answer.status, 200, "{role} stays");
            } else {
                assert_eq!(answer.whole(), forbidden("PUT"), "{role} to {other}");
            }
        }
    }
}

#[tokio::test]
async fn root_makes_others_root_and_the_last_one_stays() {
    let (platform, root) = start().await;
    let first = get(&platform, &root, &format!("user/{ADMIN}?byEmail=true")).await;
    let first = id_of(&first.json());
    let (second, _) = somebody(&platform, &root, ANN, "csr").await;
    changed(&platform, &root, &second, &json!({ "userRole": "root" })).await;
    raise(&platform, &second).await;
    grant_admin(&platform, &second).await;
    let of_second = super::token(&platform, ANN, super::STRICT_PASSWORD).await;
    let roots = item(&platform, "roots").await.expect("the roots");
    let mut both = [first.clone(), second.clone()];
    both.sort_unstable();
    assert_eq!(roots["members"], json!(both));
    changed(&platform, &of_second, &first, &json!({ "userRole": "csr" })).await;
    let roots = item(&platform, "roots").await.expect("the roots");
    assert_eq!(roots["members"], json!([second]));
    let (admin, of_admin) = somebody(&platform, &of_second, BEN, "admin").await;
    let refused = delete(&platform, &of_admin, &format!("user/{second}")).await;
    assert_eq!(refused.whole(), forbidden("DELETE"));
    let refused = delete(&platform, &of_second, &format!("user/{second}")).await;
    assert_eq!(refused.whole(), forbidden("DELETE"));
    let own = platform.signed_in(ANN, super::STRICT_PASSWORD).await;
    let in_000 = platform.delete("/user-service/v1/users/user");
    let refused = in_000.bearer(&own.access_token).send().await;
    assert!(refused.status >= 400, "{}", refused.whole());
    assert_eq!(account(&platform, &second).await["user_role"], "root");
    assert!(lives(&platform, &of_admin, &admin).await);
}

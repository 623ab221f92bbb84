//! The pages that set a new password.

use insta::assert_snapshot;
use serde_json::json;

use super::{main_part, said, submit};
use crate::harness::{Answer, PASSWORD, Platform, reset_link_in};

const REQUEST: &str = "/reset-password/request";
const NEW: &str = "seven lamps beside the canal";

/// What a link holds.
struct Link {
    uid: String,
    token: String,
}

impl Link {
    fn in_mail(text: &str) -> Self {
        let link = reset_link_in(text);
        let (uid, token) = link
            .strip_prefix("/reset-password?uid=")
            .and_then(|rest| rest.split_once("&t="))
            .expect("a link");
        Self {
            uid: uid.to_owned(),
            token: token.to_owned(),
        }
    }

    fn path(&self) -> String {
        format!("/reset-password?uid={}&t={}", self.uid, self.token)
    }

    async fn set(&self, platform: &Platform, password: &str, again: &str) -> Answer {
        let fields = [
            ("uid", self.uid.as_str()),
            ("t", &self.token),
            ("password", password),
            ("password2", again),
        ];
        submit(platform, "/reset-password", &fields).await
    }
}

/// Asks a second after whatever was before, and reads the mail.
async fn mailed_link(platform: &Platform, email: &str) -> Link {
    platform.clock.advance_seconds(1);
    submit(platform, REQUEST, &[("email", email)]).await;
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    Link::in_mail(&mails[0].text)
}

async fn status(platform: &Platform, token: &str) -> u16 {
    let request = platform.get("/user-service/v1/users/status").bearer(token);
    request.send().await.status
}

#[tokio::test]
async fn a_forgotten_password_is_replaced_by_a_mailed_link() {
    let platform = Platform::start().await;
    let session = platform.new_session("Ann@Example.com").await;
    platform.clock.advance_seconds(1);
    let form = platform.get("/reset-password").send().await;
    assert_snapshot!(main_part(&form), @r#"
    200
    <h1>Forgot your password?</h1>
    <p class="lead">Enter your email address and we will send you a link to set a new password.</p>
    <form method="post" action="/reset-password/request">
    <label for="email">Email address</label>
    <input id="email" name="email" type="text" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required>
    <button>Send link</button>
    </form>
    <p class="links"><a href="/sign-in">Back to sign-in</a></p>
    </main>
    </body>
    </html>
    "#);
    let asked = submit(&platform, REQUEST, &[("email", "ann@EXAMPLE.com")]).await;
    assert_snapshot!(main_part(&asked), @r#"
    200
    <div class="mark"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3.5 6h17v12h-17zm0 .5 8.5 6.5 8.5-6.5"/></svg></div>
    <h1>Please check your inbox</h1>
    <p class="lead">If there is an account with this address, an email with a link is on its way. The link is valid for 1 hour. It may take a few minutes; please look in your spam folder too.</p>
    </main>
    </body>
    </html>
    "#);
    assert_eq!(status(&platform, &session.access_token).await, 200);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Ann@Example.com"]);
    assert_eq!(mails[0].subject, "Gatehouse: Set a new password");
    let link = Link::in_mail(&mails[0].text);
    let before = platform.dump().await;
    assert!(!before.contains(&link.token));
    let page = platform.get(&link.path()).send().await;
    let shown = main_part(&page)
        .replace(&link.uid, "[uid]")
        .replace(&link.token, "[token]");
    assert_snapshot!(shown, @r#"
    200
    <h1>Set a new password</h1>
    <p class="lead">Your new password applies at once. You will be signed out on all devices.</p>
    <form method="post" action="/reset-password">
    <input type="hidden" name="uid" value="[uid]">
    <input type="hidden" name="t" value="[token]">
    <label for="password">New password</label>
    <input id="password" name="password" type="password" autocomplete="new-password" required aria-describedby="hint">
    <p class="hint" id="hint">At least 8 characters. A few unrelated words make a good password.</p>
    <label for="password2">Repeat new password</label>
    <input id="password2" name="password2" type="password" autocomplete="new-password" required aria-describedby="hint">
    <button>Save password</button>
    </form>
    </main>
    </body>
    </html>
    "#);
    assert_eq!(platform.dump().await, before);
    let done = link.set(&platform, NEW, NEW).await;
    assert_snapshot!(main_part(&done), @r#"
    200
    <div class="mark"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="m5 12.5 4.5 4.5L19 7.5"/></svg></div>
    <h1>Your password is saved</h1>
    <p class="lead">You can close this page and sign in with your new password.</p>
    <p class="links"><a class="button" href="/sign-in">Sign in</a></p>
    </main>
    </body>
    </html>
    "#);
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(status(&platform, &session.access_token).await, 401);
    assert_eq!(
        platform.login("ann@example.com", PASSWORD).await.status,
        401
    );
    let newer = platform.signed_in("ann@example.com", NEW).await;
    assert_eq!(status(&platform, &newer.access_token).await, 200);
}

#[tokio::test]
async fn a_link_works_once() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let link = mailed_link(&platform, "ann@example.com").await;
    assert_eq!(link.set(&platform, NEW, NEW).await.status, 200);
    let before = platform.dump().await;
    let again = link
        .set(
            &platform,
            "a third password of mine",
            "a third password of mine",
        )
        .await;
    assert_snapshot!(main_part(&again), @r#"
    400
    <div class="mark"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 5v9m0 5v.01"/></svg></div>
    <h1>This link is no longer valid</h1>
    <p class="lead">It has already been used, was replaced by a newer one or has expired. Enter your email address and we will send you a new one.</p>
    <form method="post" action="/reset-password/request">
    <label for="email">Email address</label>
    <input id="email" name="email" type="text" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required>
    <button>Send link</button>
    </form>
    </main>
    </body>
    </html>
    "#);
    assert_eq!(platform.dump().await, before);
    platform.signed_in("ann@example.com", NEW).await;
}

#[tokio::test]
async fn a_password_that_is_not_taken_shows_why_and_keeps_the_link() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let link = mailed_link(&platform, "ann@example.com").await;
    let before = platform.dump().await;
    let long = "x1Y!".repeat(257);
    let mut answers = Vec::new();
    for (password, again) in [
        (NEW, PASSWORD),
        (NEW, "seven lamps beside the canal "),
        ("7chars!", "7chars!"),
        ("", ""),
        ("password", "password"),
        (&long, &long),
    ] {
        let answer = link.set(&platform, password, again).await;
        answers.push(format!("{}\n", said(&answer)));
        for (name, value) in [("uid", &link.uid), ("t", &link.token)] {
            let field = format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
            assert!(answer.body.contains(&field), "{name}");
        }
        for typed in [NEW, "7chars!", "x1Y!x1Y!"] {
            assert!(!answer.body.contains(typed), "a password comes back");
        }
    }
    assert_snapshot!(answers.join("\n"), @"
    400
    Set a new password
    Your new password applies at once. You will be signed out on all devices.
    The two passwords differ. Please enter the same one twice.

    400
    Set a new password
    Your new password applies at once. You will be signed out on all devices.
    The two passwords differ. Please enter the same one twice.

    400
    Set a new password
    Your new password applies at once. You will be signed out on all devices.
    This password is too short. Please use at least 8 characters.

    400
    Set a new password
    Your new password applies at once. You will be signed out on all devices.
    This password is too short. Please use at least 8 characters.

    400
    Set a new password
    Your new password applies at once. You will be signed out on all devices.
    This password is too easy to guess. Please choose another one.

    400
    Set a new password
    Your new password applies at once. You will be signed out on all devices.
    This password is too long. Please choose a shorter one.
    ");
    assert_eq!(platform.dump().await, before);
    assert_eq!(platform.deliver().await.len(), 0);
    assert_eq!(link.set(&platform, NEW, NEW).await.status, 200);
    platform.signed_in("ann@example.com", NEW).await;
}

#[tokio::test]
async fn a_link_dies_after_an_hour() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let link = mailed_link(&platform, "ann@example.com").await;
    platform.clock.advance_seconds(3600);
    let before = platform.dump().await;
    let late = link.set(&platform, NEW, NEW).await;
    assert_snapshot!(said(&late), @"
    400
    This link is no longer valid
    It has already been used, was replaced by a newer one or has expired. Enter your email address and we will send you a new one.
    ");
    assert_eq!(platform.dump().await, before);
    let link = mailed_link(&platform, "ann@example.com").await;
    platform.clock.advance_seconds(3599);
    assert_eq!(link.set(&platform, NEW, NEW).await.status, 200);
}

#[tokio::test]
async fn a_newer_link_kills_the_older() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let older = mailed_link(&platform, "ann@example.com").await;
    let newer = mailed_link(&platform, "ann@example.com").await;
    assert_eq!(older.set(&platform, NEW, NEW).await.status, 400);
    platform.signed_in("ann@example.com", PASSWORD).await;
    assert_eq!(newer.set(&platform, NEW, NEW).await.status, 200);
}

#[tokio::test]
async fn a_link_that_was_tampered_with_changes_nothing() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    platform.register("bob@example.com").await;
    platform.deliver().await;
    let ann = mailed_link(&platform, "ann@example.com").await;
    let bob = mailed_link(&platform, "bob@example.com").await;
    let link = |uid: &str, token: &str| Link {
        uid: uid.to_owned(),
        token: token.to_owned(),
    };
    let other = if ann.token.ends_with('A') { "Q" } else { "A" };
    let before = platform.dump().await;
    for forged in [
        link(&bob.uid, &ann.token),
        link(&ann.uid, &bob.token),
        link("6ba7b810-9dad-41d1-80b4-00c04fd430c8", &ann.token),
        link("no uuid", &ann.token),
        link("", &ann.token),
        link(&ann.uid, ""),
        link(&ann.uid, &format!("{}{other}", &ann.token[..85])),
        link(&ann.uid, &ann.token[..85]),
        link(&ann.uid, &"A".repeat(60_000)),
    ] {
        let answer = forged.set(&platform, NEW, NEW).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
        assert!(
            answer
                .body
                .contains("<h1>This link is no longer valid</h1>")
        );
        assert_eq!(platform.dump().await, before);
    }
    assert_eq!(ann.set(&platform, NEW, NEW).await.status, 200);
    assert_eq!(bob.set(&platform, NEW, NEW).await.status, 200);
}

#[tokio::test]
async fn an_activation_code_sets_no_password() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    let code = crate::harness::code_in(&platform.deliver().await[0].text);
    let users = platform.items("users").await;
    let uid = users
        .iter()
        .find_map(|item| item["pk"].as_str()?.strip_prefix("user#"))
        .expect("a user");
    let link = Link {
        uid: uid.to_owned(),
        token: code,
    };
    let before = platform.dump().await;
    assert_eq!(link.set(&platform, NEW, NEW).await.status, 400);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn a_reset_link_activates_nothing() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    let link = mailed_link(&platform, "ann@example.com").await;
    let before = platform.dump().await;
    let answer = submit(&platform, "/activate", &[("code", &link.token)]).await;
    assert_eq!(answer.status, 400);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn asking_answers_alike_for_every_address_and_mails_accounts_only() {
    let platform = Platform::start().await;
    platform.register_confirmed("confirmed@example.com").await;
    platform.register("waiting@example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(1);
    let mut bodies = Vec::new();
    let mut calls = Vec::new();
    for (email, mails) in [
        ("confirmed@example.com", 1),
        ("waiting@example.com", 1),
        ("unknown@example.com", 0),
    ] {
        platform.connector.forget();
        bodies.push(
            submit(&platform, REQUEST, &[("email", email)])
                .await
                .whole(),
        );
        calls.push(platform.connector.calls());
        assert_eq!(platform.deliver().await.len(), mails, "{email}");
    }
    for no_address in ["nobody", "", "a@b.example,c@d.example"] {
        bodies.push(
            submit(&platform, REQUEST, &[("email", no_address)])
                .await
                .whole(),
        );
        assert_eq!(platform.deliver().await.len(), 0, "{no_address}");
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    calls.dedup();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(!platform.dump().await.contains("unknown@"));
}

#[tokio::test]
async fn a_reset_confirms_an_account_that_waits() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    let link = mailed_link(&platform, "ann@example.com").await;
    assert_eq!(link.set(&platform, NEW, NEW).await.status, 200);
    let session = platform.signed_in("ann@example.com", NEW).await;
    assert_eq!(session.user["confirmed"], true);
}

#[tokio::test]
async fn a_new_password_may_not_be_what_everybody_knows_of_its_owner() {
    let platform = Platform::start().await;
    let session = platform.new_session("wolfeschlegel@example.com").await;
    let named = platform
        .post("/user-service/v1/users/profile")
        .bearer(&session.access_token)
        .json(&json!({ "lastname": "Hausenbergerdorff" }))
        .send()
        .await;
    assert_eq!(named.status, 200);
    let link = mailed_link(&platform, "wolfeschlegel@example.com").await;
    let before = platform.dump().await;
    for known in [
        "wolfeschlegel@example.com",
        "Wolfeschlegel@Example.com",
        "Hausenbergerdorff",
    ] {
        let answer = link.set(&platform, known, known).await;
        assert_eq!(answer.status, 400, "{known}: {}", said(&answer));
        assert!(answer.body.contains("too easy to guess"), "{known}");
        assert_eq!(platform.dump().await, before, "{known}");
    }
    assert_eq!(link.set(&platform, NEW, NEW).await.status, 200);
}

#[tokio::test]
async fn a_suspended_account_stays_out_with_a_new_password() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    crate::user_service::set_on_account(&platform, 1, "suspended", true).await;
    let link = mailed_link(&platform, "ann@example.com").await;
    assert_eq!(link.set(&platform, NEW, NEW).await.status, 200);
    let login = platform.login("ann@example.com", NEW).await;
    assert_eq!(
        login.whole(),
        "400\n{\"error\":\"the account has not been activated\"}"
    );
    assert_eq!(platform.items("sessions").await, []);
}

#[tokio::test]
async fn a_used_mailed_password_voids_a_link() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let link = mailed_link(&platform, "ann@example.com").await;
    platform.clock.advance_seconds(1);
    platform
        .post("/user-service/v1/users/newPassword")
        .json(&json!({ "email": "ann@example.com" }))
        .send()
        .await;
    let password = crate::harness::password_in(&platform.deliver().await[0].text);
    platform.signed_in("ann@example.com", &password).await;
    let before = platform.dump().await;
    assert_eq!(link.set(&platform, NEW, NEW).await.status, 400);
    assert_eq!(platform.dump().await, before);
    platform.signed_in("ann@example.com", &password).await;
}

#[tokio::test]
async fn a_used_link_voids_a_mailed_password() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    platform.clock.advance_seconds(1);
    platform
        .post("/user-service/v1/users/newPassword")
        .json(&json!({ "email": "ann@example.com" }))
        .send()
        .await;
    let password = crate::harness::password_in(&platform.deliver().await[0].text);
    let link = mailed_link(&platform, "ann@example.com").await;
    assert_eq!(link.set(&platform, NEW, NEW).await.status, 200);
    assert_eq!(
        platform.login("ann@example.com", &password).await.status,
        401
    );
    platform.signed_in("ann@example.com", NEW).await;
}

#[tokio::test]
async fn a_deleted_accounts_link_is_dead() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    let link = mailed_link(&platform, "ann@example.com").await;
    platform
        .delete("/user-service/v1/users/user")
        .bearer(&session.access_token)
        .send()
        .await;
    let before = platform.items("users").await;
    assert_eq!(link.set(&platform, NEW, NEW).await.status, 400);
    assert_eq!(platform.items("users").await, before);
}

#[tokio::test]
async fn a_form_without_a_field_is_refused() {
    let platform = Platform::start().await;
    platform.register_confirmed("ann@example.com").await;
    let link = mailed_link(&platform, "ann@example.com").await;
    let before = platform.dump().await;
    let fields = [
        ("uid", link.uid.as_str()),
        ("t", &link.token),
        ("password", NEW),
        ("password2", NEW),
    ];
    for missing in 0..fields.len() {
        let mut some = fields.to_vec();
        some.remove(missing);
        let answer = submit(&platform, "/reset-password", &some).await;
        assert_eq!(
            said(&answer).lines().take(2).collect::<Vec<_>>(),
            ["400", "That did not work"]
        );
    }
    assert_eq!(submit(&platform, REQUEST, &[]).await.status, 400);
    assert_eq!(platform.dump().await, before);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn the_pages_speak_the_readers_language() {
    let platform = Platform::start().await;
    let mut pages = Vec::new();
    for language in ["de", "fr", "es"] {
        let form = platform
            .get("/reset-password")
            .header("accept-language", language)
            .send()
            .await;
        let unequal = platform
            .post("/reset-password")
            .header("accept-language", language)
            .header("sec-fetch-site", "same-origin")
            .form(&[
                ("uid", "x"),
                ("t", "x"),
                ("password", "violet tractor"),
                ("password2", "violet factor"),
            ])
            .send()
            .await;
        pages.push(format!("{}\n{}\n", said(&form), said(&unequal)));
    }
    assert_snapshot!(pages.join("\n"), @"
    200
    Passwort vergessen?
    Geben Sie Ihre E-Mail-Adresse ein. Wir senden Ihnen einen Link, mit dem Sie ein neues Passwort festlegen können.
    400
    Neues Passwort festlegen
    Ihr neues Passwort gilt sofort. Sie werden auf allen Geräten abgemeldet.
    Die beiden Passwörter sind verschieden. Bitte geben Sie zweimal dasselbe ein.

    200
    Mot de passe oublié ?
    Saisissez votre adresse e-mail et nous vous enverrons un lien pour choisir un nouveau mot de passe.
    400
    Choisissez un nouveau mot de passe
    Votre nouveau mot de passe sera valable immédiatement. Vous serez déconnecté(e) de tous vos appareils.
    Les deux mots de passe sont différents. Veuillez saisir deux fois le même.

    200
    ¿Ha olvidado su contraseña?
    Introduzca su correo electrónico y le enviaremos un enlace para elegir una nueva contraseña.
    400
    Elija una nueva contraseña
    Su nueva contraseña será válida de inmediato. Se cerrará su sesión en todos los dispositivos.
    Las dos contraseñas no coinciden. Introduzca dos veces la misma.
    ");
}

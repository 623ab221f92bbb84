//! The page that confirms an address, and sending its link again.

use insta::assert_snapshot;

use super::{main_part, said, submit};
use crate::harness::{PASSWORD, Platform, code_in};

const RESEND: &str = "/activate/resend";

async fn waiting(platform: &Platform, email: &str) -> String {
    platform.register(email).await;
    let mails = platform.deliver().await;
    code_in(&mails[0].text)
}

#[tokio::test]
async fn following_the_link_shows_a_button_and_uses_nothing_up() {
    let platform = Platform::start().await;
    let code = waiting(&platform, "ann@example.com").await;
    let before = platform.dump().await;
    let page = platform.get(&format!("/activate?code={code}")).send().await;
    assert_snapshot!(main_part(&page).replace(&code, "[code]"), @r#"
    200
    <h1>Confirm your email address</h1>
    <p class="lead">One click and your account is ready to use.</p>
    <form method="post" action="/activate">
    <input type="hidden" name="code" value="[code]">
    <button>Confirm email address</button>
    </form>
    <section>
    <h2>Need a new link?</h2>
    <form method="post" action="/activate/resend">
    <label for="email">Email address</label>
    <input id="email" name="email" type="text" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required>
    <button>Send again</button>
    </form>
    </section>
    </main>
    </body>
    </html>
    "#);
    for _ in 0..3 {
        let again = platform.get(&format!("/activate?code={code}")).send().await;
        assert_eq!(main_part(&again), main_part(&page));
    }
    assert_eq!(platform.dump().await, before);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn the_button_confirms_the_account_once() {
    let platform = Platform::start().await;
    let code = waiting(&platform, "ann@example.com").await;
    let done = submit(&platform, "/activate", &[("code", &code)]).await;
    assert_snapshot!(main_part(&done), @r#"
    200
    <div class="mark"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="m5 12.5 4.5 4.5L19 7.5"/></svg></div>
    <h1>Your address is confirmed</h1>
    <p class="lead">Thank you! You can close this page and sign in.</p>
    <p class="links"><a class="button" href="/sign-in">Sign in</a></p>
    </main>
    </body>
    </html>
    "#);
    platform.signed_in("ann@example.com", PASSWORD).await;
    let before = platform.dump().await;
    let again = submit(&platform, "/activate", &[("code", &code)]).await;
    assert_snapshot!(main_part(&again), @r#"
    400
    <div class="mark"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M12 5v9m0 5v.01"/></svg></div>
    <h1>This link is no longer valid</h1>
    <p class="lead">It has already been used, was replaced by a newer one or has expired. If your address is confirmed, you can simply sign in. Otherwise we will gladly send you a new link.</p>
    <section>
    <h2>Need a new link?</h2>
    <form method="post" action="/activate/resend">
    <label for="email">Email address</label>
    <input id="email" name="email" type="text" inputmode="email" autocomplete="username" autocapitalize="none" spellcheck="false" maxlength="254" required>
    <button>Send again</button>
    </form>
    </section>
    </main>
    </body>
    </html>
    "#);
    assert_eq!(platform.dump().await, before);
    assert_eq!(platform.deliver().await.len(), 0);
}

#[tokio::test]
async fn a_link_without_a_code_offers_a_new_one() {
    let platform = Platform::start().await;
    let page = platform.get("/activate").send().await;
    assert_snapshot!(said(&page), @"
    200
    This link is no longer valid
    It has already been used, was replaced by a newer one or has expired. If your address is confirmed, you can simply sign in. Otherwise we will gladly send you a new link.
    ");
    assert!(page.body.contains("action=\"/activate/resend\""));
}

#[tokio::test]
async fn a_code_of_the_page_is_a_code_of_the_api_and_expires_with_it() {
    let platform = Platform::start().await;
    let code = waiting(&platform, "ann@example.com").await;
    platform.clock.advance_seconds(86_400);
    let before = platform.dump().await;
    let late = submit(&platform, "/activate", &[("code", &code)]).await;
    assert_eq!(late.status, 400);
    assert_eq!(platform.dump().await, before);
}

#[tokio::test]
async fn the_page_speaks_the_readers_language() {
    let platform = Platform::start().await;
    let mut titles = Vec::new();
    for language in ["en", "de-AT,de;q=0.9", "fr;q=0.8, es;q=0.2", "es-MX", "pl"] {
        let page = platform
            .get("/activate?code=x")
            .header("accept-language", language)
            .send()
            .await;
        let (_, lang) = page.body.split_once("<html lang=\"").expect("a language");
        titles.push(format!(
            "{} {}",
            &lang[..2],
            said(&page).replace('\n', " | ")
        ));
        let refused = platform
            .post("/activate")
            .header("accept-language", language)
            .form(&[("code", "x")])
            .send()
            .await;
        titles.push(format!("   {}", said(&refused).replace('\n', " | ")));
    }
    assert_snapshot!(titles.join("\n"), @"
    en 200 | Confirm your email address | One click and your account is ready to use.
       400 | That did not work | Something in the request was missing, incorrect or outdated. Please go back, reload the page and try again.
    de 200 | Bestätigen Sie Ihre E-Mail-Adresse | Nur noch ein Klick, dann können Sie Ihr Konto nutzen.
       400 | Das hat nicht geklappt | In der Anfrage hat etwas gefehlt, nicht gestimmt oder war veraltet. Bitte gehen Sie zurück, laden Sie die Seite neu und versuchen Sie es noch einmal.
    fr 200 | Confirmez votre adresse e-mail | Plus qu’un clic et votre compte sera prêt.
       400 | Cela n’a pas fonctionné | Quelque chose dans la demande manquait, était incorrect ou n’était plus à jour. Veuillez revenir en arrière, recharger la page et réessayer.
    es 200 | Confirme su dirección de correo | Un solo clic y su cuenta estará lista.
       400 | No ha funcionado | Algo en la solicitud faltaba, no era correcto o estaba anticuado. Vuelva atrás, cargue la página de nuevo e inténtelo otra vez.
    en 200 | Confirm your email address | One click and your account is ready to use.
       400 | That did not work | Something in the request was missing, incorrect or outdated. Please go back, reload the page and try again.
    ");
}

#[tokio::test]
async fn sending_again_answers_alike_for_every_address_and_mails_who_waits() {
    let platform = Platform::start().await;
    platform.register_confirmed("confirmed@example.com").await;
    platform.register("Waiting@Example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(60);
    let answer = submit(&platform, RESEND, &[("email", "WAITING@example.com")]).await;
    assert_snapshot!(main_part(&answer), @r#"
    200
    <div class="mark"><svg viewBox="0 0 24 24" aria-hidden="true"><path d="M3.5 6h17v12h-17zm0 .5 8.5 6.5 8.5-6.5"/></svg></div>
    <h1>Please check your inbox</h1>
    <p class="lead">If an account with this address is waiting for confirmation, an email with a new link is on its way. It may take a few minutes; please look in your spam folder too.</p>
    </main>
    </body>
    </html>
    "#);
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to, ["Waiting@Example.com"]);
    assert_eq!(mails[0].subject, "Gatehouse: Confirm your email address");
    for email in [
        "confirmed@example.com",
        "unknown@example.com",
        "no address",
        "",
    ] {
        let other = submit(&platform, RESEND, &[("email", email)]).await;
        assert_eq!(other.whole(), answer.whole(), "{email:?}");
        assert_eq!(platform.deliver().await.len(), 0, "{email:?}");
    }
    assert!(!platform.dump().await.contains("unknown@"));
    let code = code_in(&mails[0].text);
    assert_eq!(
        submit(&platform, "/activate", &[("code", &code)])
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn sending_again_costs_the_same_calls_for_every_address() {
    let platform = Platform::start().await;
    platform.register_confirmed("confirmed@example.com").await;
    platform.register("waiting@example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(60);
    let mut calls = Vec::new();
    for email in [
        "confirmed@example.com",
        "waiting@example.com",
        "unknown@example.com",
    ] {
        platform.connector.forget();
        submit(&platform, RESEND, &[("email", email)]).await;
        calls.push(platform.connector.calls());
    }
    calls.dedup();
    assert_eq!(calls.len(), 1, "{calls:?}");
}

#[tokio::test]
async fn a_link_is_sent_again_once_a_minute() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(3600);
    assert_eq!(tries(&platform, &[0, 0, 59, 1]).await, [1, 0, 0, 1]);
}

#[tokio::test]
async fn a_minute_between_two_mails_is_sixty_seconds_and_not_the_clocks() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(3600 + 59);
    assert_eq!(tries(&platform, &[0, 1, 58, 1]).await, [1, 0, 0, 1]);
}

#[tokio::test]
async fn a_link_is_sent_again_three_times_a_day() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(3600);
    let sent = tries(&platform, &[0, 60, 60, 60, 3600, 86_400]).await;
    assert_eq!(sent, [1, 1, 1, 0, 0, 1]);
}

#[tokio::test]
async fn a_try_that_came_too_early_does_not_count_for_the_day() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(3600);
    let sent = tries(&platform, &[0, 1, 1, 1, 60, 60]).await;
    assert_eq!(sent, [1, 0, 0, 0, 1, 1]);
}

/// Asks after each of these seconds; how many mails each try sent. All answers are alike.
async fn tries(platform: &Platform, waits: &[i64]) -> Vec<usize> {
    let mut bodies = Vec::new();
    let mut mails = Vec::new();
    for seconds in waits {
        platform.clock.advance_seconds(*seconds);
        let answer = submit(platform, RESEND, &[("email", "ann@example.com")]).await;
        bodies.push(answer.whole());
        mails.push(platform.deliver().await.len());
    }
    bodies.dedup();
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    mails
}

#[tokio::test]
async fn sending_again_for_one_address_leaves_others_alone() {
    let platform = Platform::start().await;
    platform.register("ann@example.com").await;
    platform.register("bob@example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(60);
    for email in ["ann@example.com", "bob@example.com"] {
        submit(&platform, RESEND, &[("email", email)]).await;
        assert_eq!(platform.deliver().await[0].to, [email]);
    }
}

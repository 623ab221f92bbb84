//! Mails: what they say in which language, whom they reach, and the wire format of Amazon SES.

use std::sync::{Arc, Mutex};

use aws_sdk_sesv2::config::retry::RetryConfig;
use aws_sdk_sesv2::config::{BehaviorVersion, Credentials, Region};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use insta::assert_snapshot;
use serde_json::{Value, json};
use shared::domain::{Dialect, EmailAddress, OneTimeCode, Realm};
use shared::error::causes;
use shared::mail::{Composed, Mail, MailSender, SesSender};
use shared::sending::SendError;

use crate::harness::{PASSWORD, PUBLIC_URL, Platform, code_in, password_in};

/// Stands for SES: keeps what it was sent, and answers always the same.
#[derive(Debug, Clone)]
struct Ses {
    received: Arc<Mutex<Vec<Received>>>,
    answer: Option<(u16, &'static str)>,
}

#[derive(Debug, Clone, PartialEq)]
struct Received {
    method: String,
    uri: String,
    body: Value,
}

impl Ses {
    /// Answers with this status and error name.
    fn answering(status: u16, error: &'static str) -> Self {
        Self {
            received: Arc::default(),
            answer: Some((status, error)),
        }
    }

    /// Does not answer at all.
    fn silent() -> Self {
        Self {
            received: Arc::default(),
            answer: None,
        }
    }

    /// Our adapter on it.
    fn sender(&self) -> SesSender {
        SesSender::new(self.client(), "no-reply@gatehouse.example".to_owned(), None)
    }

    /// Without retries: those are the SDK's.
    fn client(&self) -> aws_sdk_sesv2::Client {
        let config = aws_sdk_sesv2::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-central-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .retry_config(RetryConfig::disabled())
            .http_client(self.clone())
            .build();
        aws_sdk_sesv2::Client::from_conf(config)
    }

    fn received(&self) -> Vec<Received> {
        self.received.lock().expect("no panic inside").clone()
    }
}

impl HttpConnector for Ses {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().expect("a body in memory");
        let received = Received {
            method: request.method().to_owned(),
            uri: request.uri().to_owned(),
            body: serde_json::from_slice(body).expect("JSON"),
        };
        self.received
            .lock()
            .expect("no panic inside")
            .push(received);
        let Some((status, error)) = self.answer else {
            let refused = ConnectorError::io("connection refused".into());
            return HttpConnectorFuture::ready(Err(refused));
        };
        let body = if error.is_empty() {
            r#"{"MessageId":"1"}"#
        } else {
            r#"{"message":"Email address is not verified. The following identities failed the check: ann@example.com"}"#
        };
        let status = StatusCode::try_from(status).expect("a status");
        let mut answer = HttpResponse::new(status, SdkBody::from(body));
        answer
            .headers_mut()
            .insert("content-type", "application/json");
        if !error.is_empty() {
            answer.headers_mut().insert("x-amzn-errortype", error);
        }
        HttpConnectorFuture::ready(Ok(answer))
    }
}

impl HttpClient for Ses {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

fn mail() -> Mail {
    Mail {
        to: vec![EmailAddress::parse(" Jürgen.Müller@Example.COM ").expect("an address")],
        content: Composed {
            subject: "Grüße 🦊".to_owned(),
            text: "Hello,\n\n\"quoted\" <b> & more\n.\n".to_owned(),
            html: "<p>&lt;b&gt; &amp; ü</p>".to_owned(),
        },
    }
}

#[tokio::test]
async fn a_mail_is_one_request_to_one_recipient() {
    let ses = Ses::answering(200, "");
    ses.sender().send(mail()).await.expect("it is sent");
    let received = ses.received();
    assert_eq!(received.len(), 1);
    let content = |text: &str| json!({ "Data": text, "Charset": "UTF-8" });
    assert_eq!(
        received[0],
        Received {
            method: "POST".to_owned(),
            uri: "https://email.eu-central-1.amazonaws.com/v2/email/outbound-emails".to_owned(),
            body: json!({
                "FromEmailAddress": "no-reply@gatehouse.example",
                "Destination": { "ToAddresses": ["Jürgen.Müller@Example.COM"] },
                "Content": { "Simple": {
                    "Subject": content("Grüße 🦊"),
                    "Body": {
                        "Text": content("Hello,\n\n\"quoted\" <b> & more\n.\n"),
                        "Html": content("<p>&lt;b&gt; &amp; ü</p>"),
                    },
                } },
            }),
        }
    );
}

#[tokio::test]
async fn a_mail_to_several_without_html_is_one_request_to_all_of_them() {
    let ses = Ses::answering(200, "");
    let mut mail = mail();
    mail.to
        .push(EmailAddress::parse("ben@example.com").expect("an address"));
    mail.content.html.clear();
    ses.sender().send(mail).await.expect("it is sent");
    let received = ses.received();
    assert_eq!(received.len(), 1);
    let body = &received[0].body;
    assert_eq!(
        body["Destination"],
        json!({ "ToAddresses": ["Jürgen.Müller@Example.COM", "ben@example.com"] })
    );
    let text = "Hello,\n\n\"quoted\" <b> & more\n.\n";
    assert_eq!(
        body["Content"]["Simple"]["Body"],
        json!({ "Text": { "Data": text, "Charset": "UTF-8" } })
    );
}

#[tokio::test]
async fn what_ses_will_never_take_is_rejected() {
    for name in [
        "BadRequestException",
        "BadRequestException:http://internal.amazon.com/coral/com.amazonaws.sesv2/",
    ] {
        let ses = Ses::answering(400, name);
        let fault = ses.sender().send(mail()).await.expect_err("it is refused");
        assert!(matches!(fault, SendError::Rejected(_)), "{fault:?}");
        assert_eq!(fault.to_string(), "the message was rejected");
        assert_eq!(
            causes(&fault),
            ": BadRequestException",
            "and not SES's own words"
        );
        assert_eq!(ses.received().len(), 1);
    }
}

#[tokio::test]
async fn every_mail_names_the_configuration_set_by_which_ses_reports_on_it() {
    let ses = Ses::answering(200, "");
    let sender = SesSender::new(
        ses.client(),
        "no-reply@gatehouse.example".to_owned(),
        Some("MailConfiguration-k3Jx0a1B2c3D".to_owned()),
    );
    sender.send(mail()).await.expect("it is sent");
    let body = &ses.received()[0].body;
    assert_eq!(
        body["ConfigurationSetName"],
        "MailConfiguration-k3Jx0a1B2c3D"
    );
}

#[tokio::test]
async fn a_domain_goes_to_ses_in_ascii_and_the_rest_as_it_was_typed() {
    let ses = Ses::answering(200, "");
    let mut mail = mail();
    mail.to = vec![EmailAddress::parse("Ann@Bücher.example").expect("an address")];
    ses.sender().send(mail).await.expect("it is sent");
    assert_eq!(
        ses.received()[0].body["Destination"],
        json!({ "ToAddresses": ["Ann@xn--bcher-kva.example"] })
    );
}

#[tokio::test]
async fn what_may_go_well_later_is_unavailable() {
    for (status, error) in [
        (429, "TooManyRequestsException"),
        (400, "ThrottlingException"),
        (400, "LimitExceededException"),
        (400, "MessageRejected"),
        (400, "SendingPausedException"),
        (400, "AccountSuspendedException"),
        (400, "MailFromDomainNotVerifiedException"),
        (403, "AccessDeniedException"),
        (403, "ExpiredTokenException"),
        (404, "NotFoundException"),
        (500, "InternalServiceErrorException"),
        (503, "ServiceUnavailableException"),
    ] {
        let fault = Ses::answering(status, error).sender().send(mail()).await;
        let fault = fault.expect_err("it is refused");
        assert!(
            matches!(fault, SendError::Unavailable(_)),
            "{error}: {fault:?}"
        );
        assert_eq!(fault.to_string(), "the message service does not answer");
    }
    let fault = Ses::silent().sender().send(mail()).await;
    let fault = fault.expect_err("nobody answers");
    assert!(matches!(fault, SendError::Unavailable(_)), "{fault:?}");
}

#[tokio::test]
async fn the_adapter_and_a_mail_print_nothing_of_their_content() {
    let printed = format!("{:?} {:?}", Ses::silent().sender(), mail());
    assert_eq!(printed, "SesSender Mail");
}

async fn register(platform: &Platform, email: &str, language: &str) {
    let answer = platform
        .post("/user-service/v1/users/register")
        .json(&json!({ "email": email, "password": PASSWORD, "language": language }))
        .send()
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

async fn ask_for_password(platform: &Platform, email: &str) {
    let body = json!({ "email": email });
    let request = platform.post("/user-service/v1/users/newPassword");
    assert_eq!(request.json(&body).send().await.status, 200);
}

async fn ask_for_link(platform: &Platform, email: &str) {
    let request = platform
        .post("/reset-password/request")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(request.form(&[("email", email)]).send().await.status, 200);
}

#[tokio::test]
async fn a_mail_is_in_the_users_language_whatever_the_asker_speaks() {
    let platform = Platform::start().await;
    let mut letters = Vec::new();
    for language in ["en", "de-CH", "fr", "es-MX", "pt-BR"] {
        let email = format!("{}@example.com", language.to_lowercase());
        register(&platform, &email, language).await;
        let activation = platform.deliver().await.remove(0);
        platform.clock.advance_seconds(1);
        ask_for_password(&platform, &email).await;
        let password = platform.deliver().await.remove(0);
        platform.clock.advance_seconds(1);
        ask_for_link(&platform, &email).await;
        let reset = platform.deliver().await.remove(0);
        for mail in [activation, password, reset] {
            let (_, lang) = mail.html.split_once("<html lang=\"").expect("a language");
            let greeting = mail.text.lines().next().expect("a line");
            letters.push(format!(
                "{language} {} {greeting} {}",
                &lang[..2],
                mail.subject
            ));
        }
    }
    assert_snapshot!(letters.join("\n"), @"
    en en Hello, Gatehouse: Confirm your email address
    en en Hello, Gatehouse: Your new password
    en en Hello, Gatehouse: Set a new password
    de-CH de Guten Tag, Gatehouse: Bestätigen Sie Ihre E-Mail-Adresse
    de-CH de Guten Tag, Gatehouse: Ihr neues Passwort
    de-CH de Guten Tag, Gatehouse: Neues Passwort festlegen
    fr fr Bonjour, Gatehouse: Confirmez votre adresse e-mail
    fr fr Bonjour, Gatehouse: Votre nouveau mot de passe
    fr fr Bonjour, Gatehouse: Choisissez un nouveau mot de passe
    es-MX es Hola: Gatehouse: Confirme su dirección de correo
    es-MX es Hola: Gatehouse: Su nueva contraseña
    es-MX es Hola: Gatehouse: Elija una nueva contraseña
    pt-BR en Hello, Gatehouse: Confirm your email address
    pt-BR en Hello, Gatehouse: Your new password
    pt-BR en Hello, Gatehouse: Set a new password
    ");
}

#[tokio::test]
async fn a_whole_letter_in_german() {
    let platform = Platform::start().await;
    register(&platform, "ann@example.com", "de").await;
    let mail = platform.deliver().await.remove(0);
    assert_snapshot!(mail.text.replace(&code_in(&mail.text), "[code]"), @"
    Guten Tag,

    herzlich willkommen! Bitte bestätigen Sie, dass diese E-Mail-Adresse Ihnen gehört. Danach können Sie Ihr Konto nutzen.

    Bitte öffnen Sie diesen Link:

    http://127.0.0.1:3000/activate?code=[code]

    Der Link ist 24 Stunden gültig und funktioniert einmal.

    Sie haben sich nicht registriert? Dann können Sie diese E-Mail einfach ignorieren.

    Gatehouse
    Diese E-Mail wurde automatisch versendet. Wir fragen Sie nie per E-Mail nach Ihrem Passwort.
    ");
    platform.clock.advance_seconds(1);
    ask_for_password(&platform, "ann@example.com").await;
    let mail = platform.deliver().await.remove(0);
    assert_snapshot!(mail.text.replace(&password_in(&mail.text), "[password]"), @"
    Guten Tag,

    Sie haben ein neues Passwort angefordert. Bitte melden Sie sich damit an und wählen Sie anschließend ein eigenes.

    Ihr neues Passwort:

    [password]

    Es ist 1 Stunde gültig. Ihr altes Passwort gilt weiter, bis Sie sich zum ersten Mal mit dem neuen anmelden.

    Sie haben das nicht angefordert? Dann können Sie diese E-Mail einfach ignorieren: Ihr Passwort bleibt, wie es ist.

    Gatehouse
    Diese E-Mail wurde automatisch versendet. Wir fragen Sie nie per E-Mail nach Ihrem Passwort.
    ");
}

#[tokio::test]
async fn a_new_language_is_that_of_the_next_mail() {
    let platform = Platform::start().await;
    let session = platform.new_session("ann@example.com").await;
    platform
        .get("/user-service/v1/users/status")
        .bearer(&session.access_token)
        .header("language", "fr")
        .send()
        .await;
    platform.clock.advance_seconds(1);
    ask_for_password(&platform, "ann@example.com").await;
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert_snapshot!(mails[0].subject, @"Gatehouse: Votre nouveau mot de passe");
}

#[tokio::test]
async fn every_mail_goes_to_the_address_as_its_owner_typed_it_but_for_a_domain_that_is_not_ascii() {
    let platform = Platform::start().await;
    register(&platform, "Jürgen.Müller+Tag@BÜCHER.example", "en").await;
    let activation = platform.deliver().await;
    platform.clock.advance_seconds(1);
    ask_for_password(&platform, "jürgen.müller+tag@xn--bcher-kva.example").await;
    let password = platform.deliver().await;
    platform.clock.advance_seconds(1);
    ask_for_link(&platform, "JÜRGEN.MÜLLER+TAG@bücher.example").await;
    let reset = platform.deliver().await;
    for mails in [activation, password, reset] {
        assert_eq!(mails.len(), 1);
        assert_eq!(mails[0].to, ["Jürgen.Müller+Tag@xn--bcher-kva.example"]);
        assert_eq!(mails[0].from, "no-reply@gatehouse.example");
    }
}

#[tokio::test]
async fn links_lead_where_the_configuration_says_and_the_service_has_its_name() {
    let platform = Platform::with(&[
        ("UI_URL", "https://id.example.com/ui/"),
        ("SERVICE_NAME", "Acme <& Sons>"),
    ])
    .await;
    let answer = platform
        .post("/user-service/v1/users/register")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("forwarded", "host=evil.example")
        .header("origin", "https://evil.example")
        .json(&json!({ "email": "ann@example.com", "password": PASSWORD }))
        .send()
        .await;
    assert_eq!(answer.status, 200);
    let mail = platform.deliver().await.remove(0);
    assert_eq!(mail.subject, "Acme <& Sons>: Confirm your email address");
    let link = format!(
        "https://id.example.com/ui/activate?code={}",
        code_in(&mail.text)
    );
    assert!(mail.text.lines().any(|line| line == link), "{}", mail.text);
    assert!(
        mail.html.contains("Acme &#60;&#38; Sons&#62;"),
        "{}",
        mail.html
    );
    for part in [&mail.text, &mail.html] {
        assert!(!part.contains("evil.example"));
        assert!(!part.contains("127.0.0.1"));
    }
    assert!(!mail.html.contains("<& Sons>"));
}

/// The line of a mail that begins with this, and the rest of it.
fn rest_of_line<'a>(text: &'a str, start: &str) -> &'a str {
    text.lines()
        .find_map(|line| line.strip_prefix(start))
        .unwrap_or_else(|| panic!("no line begins with {start}: {text}"))
}

#[tokio::test]
async fn a_confirmation_for_document_001_leads_to_its_own_route() {
    let platform = Platform::with(&[("UI_URL", "https://id.example.com/ui/")]).await;
    platform.register("ann@example.com").await;
    platform.deliver().await;
    platform.clock.advance_seconds(60);
    let local = &platform.local;
    let verification = local.foundation.verification(&local.secrets);
    let verification = verification.expect("the keys");
    let email = EmailAddress::parse("ann@example.com").expect("an address");
    let realm = Realm::default_realm();
    let promised = verification.mail_again(&realm, Dialect::Security, &email, None);
    promised.await.expect("a promise");
    let mail = platform.deliver().await.remove(0);
    let start = format!("{PUBLIC_URL}/security/api/v1/actionLink?action=email_verification&id=");
    let code = rest_of_line(&mail.text, &start);
    let activate = platform.post("/user-service/v1/users/activate");
    let activated = activate.json(&json!({ "code": code })).send().await;
    assert_eq!(activated.status, 200, "{}", activated.body);
}

/// The code in the link that document 001 mails to set a new password; the mail names its time.
async fn action_link_code(platform: &Platform) -> String {
    platform.clock.advance_seconds(1);
    let local = &platform.local;
    let passwords = local.foundation.passwords().expect("passwords");
    let recovery = local.foundation.recovery(&local.secrets, &passwords);
    let recovery = recovery.expect("the keys");
    let email = EmailAddress::parse("ann@example.com").expect("an address");
    let realm = Realm::default_realm();
    let promised = recovery.mail_reset_link(&realm, Dialect::Security, &email, None);
    promised.await.expect("a promise");
    let mail = platform.deliver().await.remove(0);
    let validity = "The link is valid for 24 hours and works once.";
    assert!(
        mail.text.lines().any(|line| line == validity),
        "{}",
        mail.text
    );
    let start = format!("{PUBLIC_URL}/security/api/v1/actionLink?action=password_reset&id=");
    rest_of_line(&mail.text, &start).to_owned()
}

#[tokio::test]
async fn a_reset_link_of_document_001_leads_to_its_own_route_and_lives_a_day() {
    let platform = Platform::with(&[("UI_URL", "https://id.example.com/ui/")]).await;
    platform.register_confirmed("ann@example.com").await;
    let set = async |code: &str| {
        let user = OneTimeCode::parse(code).expect("a code").user().to_string();
        let fields = [
            ("uid", user.as_str()),
            ("t", code),
            ("password", "nine paper lanterns over the quay"),
            ("password2", "nine paper lanterns over the quay"),
        ];
        let form = platform
            .post("/reset-password")
            .header("origin", PUBLIC_URL);
        form.form(&fields).send().await.status
    };
    let code = action_link_code(&platform).await;
    platform.clock.advance_seconds(24 * 60 * 60);
    let before = platform.dump().await;
    assert_eq!(set(&code).await, 400);
    assert_eq!(platform.dump().await, before);
    let code = action_link_code(&platform).await;
    platform.clock.advance_seconds(24 * 60 * 60 - 1);
    assert_eq!(set(&code).await, 200);
}

#[tokio::test]
async fn a_name_of_the_account_is_in_no_mail() {
    let platform = Platform::start().await;
    platform
        .post("/user-service/v1/users/register")
        .json(&json!({
            "email": "ann@example.com", "password": PASSWORD,
            "firstname": "Visit https://evil.example", "lastname": "<a href='https://evil.example'>now</a>",
        }))
        .send()
        .await;
    let mails = platform.deliver().await;
    assert_eq!(mails.len(), 1);
    assert!(!mails[0].text.contains("evil.example") && !mails[0].html.contains("evil.example"));
}

#[tokio::test]
async fn every_link_in_a_mail_leads_to_a_page() {
    let platform = Platform::start().await;
    crate::user_service::administrator(&platform).await;
    register(&platform, "ann@example.com", "en").await;
    let mut mails = platform.deliver().await;
    platform.clock.advance_seconds(1);
    ask_for_link(&platform, "ann@example.com").await;
    mails.extend(platform.deliver().await);
    for _ in 0..100 {
        platform.clock.advance_seconds(901);
        platform.login("ann@example.com", "not the password").await;
    }
    mails.extend(platform.deliver().await);
    let changed = platform
        .request(http::Method::PATCH, "/user-service/v1/users/2")
        .bearer(
            &platform
                .signed_in("admin@example.com", PASSWORD)
                .await
                .access_token,
        )
        .json(&json!({ "email": "anna@example.org" }))
        .send()
        .await;
    assert_eq!(changed.status, 200, "{}", changed.body);
    mails.extend(platform.deliver().await);
    let subjects: Vec<_> = mails.iter().map(|mail| mail.subject.as_str()).collect();
    assert_eq!(
        subjects,
        [
            "Gatehouse: Confirm your email address",
            "Gatehouse: Set a new password",
            "Gatehouse: We are protecting your account",
            "Gatehouse: Your email address was changed",
        ]
    );
    for mail in &mails {
        let links = mail
            .text
            .lines()
            .filter_map(|line| line.strip_prefix(PUBLIC_URL));
        for path in links {
            let page = platform.get(path).send().await;
            assert_eq!(page.status, 200, "{}: {path}", mail.subject);
        }
    }
}

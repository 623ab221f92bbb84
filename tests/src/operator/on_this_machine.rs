//! The same commands for a local installation: `cargo run -- <command>`, beside its server, too.

use serde_json::{Value, json};

use super::commands::COMMANDS;
use crate::harness::{PASSWORD, form_token_in};
use crate::local_server::{Directory, Server, command, failed_start};

const ANN: &str = "ann@example.com";
const NEW_PASSWORD: &str = "nine paper lanterns over the quay";

/// Runs a command that succeeds: what it prints, and nothing else.
pub(super) async fn run(directory: &Directory, arguments: &[&str]) -> Value {
    let output = command(directory, arguments, &[]).output().await;
    let output = output.expect("it runs");
    let said = String::from_utf8(output.stderr).expect("a text");
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// Sets the password by the link of this mail.
async fn accept_invitation(server: &Server, mail: &Value, password: &str) {
    let text = mail["text"].as_str().expect("a text");
    let query = text.split_once("/reset-password?").expect("a link").1;
    let query = query.split_whitespace().next().expect("a query");
    let password: String = form_urlencoded::byte_serialize(password.as_bytes()).collect();
    let page = server.get("/reset-password").await;
    let cookie = page.header("set-cookie").expect("a cookie");
    let cookie = cookie.split(';').next().expect("its value");
    let token = form_token_in(&page.body);
    let form = format!("{query}&password={password}&password2={password}&form_token={token}");
    let host = server.host();
    let headers = [
        ("host", &*host),
        ("cookie", cookie),
        ("origin", &*format!("http://{host}")),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let reset = server
        .send("POST", "/reset-password", &headers, &form)
        .await;
    assert_eq!(reset.status, 200, "{}", reset.body);
}

#[tokio::test]
async fn the_status_is_that_of_the_installation_here() {
    let directory = Directory::new();
    let status = run(&directory, &["status"]).await;
    let kids = [0, 1].map(|index| &status["keys"][index]["kid"]);
    assert!(kids.iter().all(|kid| kid.is_string()));
    let url = "http://127.0.0.1:3000";
    let since = &status["keys"][0]["since"];
    assert!(since.is_string(), "it was seen for the first time");
    assert_eq!(
        status,
        json!({
            "publicUrl": url,
            "issuer": url,
            "audience": url,
            "keys": [
                { "kid": kids[0], "algorithm": "RS256", "home": "wrapped", "state": "active", "since": since },
                { "kid": kids[1], "algorithm": "RS512", "home": "wrapped", "state": "active", "since": since },
            ],
        })
    );
    assert_eq!(run(&directory, &["status"]).await, status);
    let server = Server::start(&directory, &[], &[]).await;
    assert_eq!(run(&directory, &["status"]).await["keys"], status["keys"]);
    let published = server.get("/.well-known/jwks.json").await.json();
    assert_eq!([0, 1].map(|index| &published["keys"][index]["kid"]), kids);
}

#[tokio::test]
async fn who_gets_mail_is_asked_and_changed_here_too() {
    let directory = Directory::new();
    for (name, answer) in [
        ("mail.status", json!({ "mailable": true })),
        ("mail.allow", json!({ "removed": false })),
    ] {
        let said = run(&directory, &[name, "email=ann@example.com"]).await;
        assert_eq!(said, answer);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_the_file_follow_each_other_from_start_to_start() {
    let directory = Directory::new();
    let states = |answer: &Value| -> Vec<String> {
        let keys = answer["keys"].as_array().expect("keys").iter();
        let state = |key: &Value| format!("{} {}", key["algorithm"], key["state"]).replace('"', "");
        keys.map(state).collect()
    };
    run(&directory, &["status"]).await;
    let rotated = run(&directory, &["rotate", "algorithm=RS256"]).await;
    let pending = ["RS256 active", "RS512 active", "RS256 pending"];
    assert_eq!(states(&rotated), pending);
    let old = rotated["keys"][0]["kid"].as_str().expect("a name");
    let server = Server::start(&directory, &[], &[]).await;
    server
        .post("/_local/clock", &json!({ "advance_seconds": 1200 }))
        .await;
    drop(server);
    let advanced = run(&directory, &["keys.advance"]).await;
    let active = ["RS256 retired", "RS512 active", "RS256 active"];
    assert_eq!(states(&advanced), active);
    let server = Server::start(&directory, &[], &[]).await;
    let published = server.get("/.well-known/jwks.json").await.json();
    assert_eq!(published["keys"].as_array().map(Vec::len), Some(3));
    drop(server);
    let revoked = run(&directory, &["key.revoke", &format!("kid={old}")]).await;
    assert_eq!(states(&revoked), active[1..]);
}

#[tokio::test]
async fn what_is_no_command_stops_before_anything_is_made() {
    let commands = format!("{COMMANDS}\n");
    for (arguments, reason) in [
        (&["admin.remove"][..], "unknown variant `admin.remove`"),
        (&["admin.invite"], "missing field `email`"),
        (&["status", "verbose=on"], "unknown field `verbose`"),
    ] {
        let message = failed_start(arguments, &[]).await;
        let fits = message.starts_with(reason) && message.ends_with(&commands);
        assert!(fits, "{arguments:?}: {message}");
    }
    for arguments in [
        &["admin.invite", ANN][..],
        &["--ephemeral", "status"],
        &["-h"],
    ] {
        let message = failed_start(arguments, &[]).await;
        assert!(message.starts_with("usage: "), "{arguments:?}: {message}");
        assert!(message.contains("\ncommands: status, "), "{message}");
    }
}

#[tokio::test]
async fn a_command_that_fails_says_why() {
    let directory = Directory::new();
    for (arguments, reason) in [
        (
            ["admin.invite", "email=nobody"],
            "the e-mail address is not valid\n",
        ),
        (
            ["issuer.set", "issuer=https://issuer.example.com"],
            "issuer.set is for an installation on AWS; a local one has TOKEN_ISSUER\n",
        ),
    ] {
        let output = command(&directory, &arguments, &[]).output().await;
        let output = output.expect("it runs");
        assert_eq!(output.status.code(), Some(1));
        assert_eq!(String::from_utf8_lossy(&output.stdout), "");
        assert_eq!(String::from_utf8_lossy(&output.stderr), reason);
    }
}

#[tokio::test]
async fn an_invitation_reaches_the_inbox_of_the_server_that_runs() {
    let directory = Directory::new();
    let server = Server::start(&directory, &[], &[]).await;
    let invited = run(&directory, &["admin.invite", "email=ann@example.com"]).await;
    assert_eq!(invited["account"], "made");
    let mails = server.mails(1).await;
    assert_eq!(mails[0]["to"], json!([ANN]));
    accept_invitation(&server, &mails[0], NEW_PASSWORD).await;
    let signed_in = server.login(ANN, NEW_PASSWORD).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    assert_eq!(signed_in.json()["user"]["permissionLevel"], 2);
}

#[tokio::test]
async fn an_account_that_is_invited_loses_its_sessions_on_the_server_that_runs() {
    let directory = Directory::new();
    let server = Server::start(&directory, &[], &[]).await;
    server.register_confirmed(ANN).await;
    let signed_in = server.login(ANN, PASSWORD).await.json();
    let bearer = format!(
        "Bearer {}",
        signed_in["accessToken"].as_str().expect("a token")
    );
    let status = async || {
        let headers = [("host", &*server.host()), ("authorization", &*bearer)];
        let path = "/user-service/v1/users/status";
        server.send("GET", path, &headers, "").await.status
    };
    assert_eq!(status().await, 200);
    let invited = run(&directory, &["admin.invite", "email=ann@example.com"]).await;
    assert_eq!(invited["account"], "existing");
    assert_eq!(status().await, 401);
    assert_eq!(server.login(ANN, PASSWORD).await.status, 401);
    let mails = server.mails(2).await;
    accept_invitation(&server, &mails[1], NEW_PASSWORD).await;
    let signed_in = server.login(ANN, NEW_PASSWORD).await.json();
    assert_eq!(signed_in["user"]["permissionLevel"], 2);
}

#[tokio::test]
async fn an_invitation_waits_for_the_next_server() {
    let directory = Directory::new();
    let invited = run(&directory, &["admin.invite", "email=ann@example.com"]).await;
    assert_eq!(invited["account"], "made");
    let values = [("ADMIN_EMAIL", "root@example.com")];
    let server = Server::start(&directory, &[], &values).await;
    let mails = server.mails(1).await;
    assert_eq!(mails[0]["to"], json!([ANN]));
    accept_invitation(&server, &mails[0], NEW_PASSWORD).await;
    assert_eq!(server.login(ANN, NEW_PASSWORD).await.status, 200);
}

#[tokio::test]
async fn many_commands_at_once_beside_a_server_all_succeed() {
    let directory = Directory::new();
    let server = Server::start(&directory, &[], &[]).await;
    let emails = ["a", "b", "c", "d"].map(|name| format!("email={name}@example.com"));
    let invitations = emails
        .iter()
        .map(async |email| run(&directory, &["admin.invite", email]).await);
    let registrations = ["e", "f", "g", "h"].map(|name| format!("{name}@example.com"));
    let registrations = registrations.iter().map(async |email| {
        let body = json!({ "email": email, "password": PASSWORD });
        server.post("/user-service/v1/users/register", &body).await
    });
    let (invited, registered) = futures::join!(
        futures::future::join_all(invitations),
        futures::future::join_all(registrations)
    );
    assert!(
        invited.iter().all(|invited| invited["account"] == "made"),
        "{invited:?}"
    );
    for answer in registered {
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    server.mails(8).await;
}

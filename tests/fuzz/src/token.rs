//! Tokens: no bytes are one, and one of ours is none once it was changed.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use futures::FutureExt as _;
use jiff::Timestamp;
use shared::domain::{Clock, Dialect, SessionId, SystemRandom, UserId};
use shared::keys::KeyFile;
use shared::tokens::{NewToken, Subject, TokenIssuer, TokenSettings, TokenUse, TokenVerifier};

/// Stands still.
#[derive(Debug)]
struct Noon;

impl Clock for Noon {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(1_767_268_800).expect("a time")
    }
}

/// A token of ours, and who judges it.
static OURS: LazyLock<(String, TokenVerifier)> = LazyLock::new(|| {
    let keys = KeyFile::generate(&SystemRandom).expect("keys can be made");
    let published = keys.key_set().expect("a key set");
    let secrets = keys.open_all().expect("secrets").fit(&published);
    let signer = secrets.expect("published keys").signer();
    let settings = TokenSettings {
        issuer: "https://id.example.com".to_owned(),
        audience: "https://id.example.com".to_owned(),
    };
    let random = Arc::new(SystemRandom);
    let issuer = TokenIssuer::new(signer.expect("a signer"), settings.clone(), random);
    let token = issuer.issue(NewToken {
        subject: Subject {
            user: UserId(uuid::Uuid::from_bytes([7; 16])),
            session: SessionId([8; 16]),
            project: None,
            device: None,
        },
        dialect: Dialect::UserService,
        token_use: TokenUse::Access,
        issued_at: Noon.now(),
        lifetime: Duration::from_mins(5),
        own_claims: serde_json::Map::new(),
    });
    let token = token.now_or_never().expect("a key that is here");
    let verifier = TokenVerifier::new(&published, settings, Arc::new(Noon));
    let (token, verifier) = (token.expect("a token"), verifier.expect("readable keys"));
    assert!(verifies(&token, &verifier));
    (token, verifier)
});

/// A token: none of ours. Also read as changes of one that is: in each three bytes, two say where, and the third what stands there
/// then.
pub fn token(input: &[u8]) {
    let (token, verifier) = &*OURS;
    if let Ok(text) = str::from_utf8(input) {
        assert!(!verifies(text, verifier));
    }
    if let Some(changed) = changed(token, input) {
        assert_eq!(verifies(&changed, verifier), changed == *token);
    }
}

fn verifies(token: &str, verifier: &TokenVerifier) -> bool {
    let _ = verifier.misses_key_of(token);
    verifier
        .verify(token, TokenUse::Access, Dialect::UserService)
        .is_ok()
}

fn changed(token: &str, input: &[u8]) -> Option<String> {
    let mut bytes = token.as_bytes().to_vec();
    for change in input.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % bytes.len();
        bytes[at] = change[2];
    }
    String::from_utf8(bytes).ok()
}

//! What the core takes: a hash, a signature, a verified token, each beside the bare library under it.
//!
//! `cargo bench -p shared`. A figure alone says little on a shared machine; those of one group, taken in one run, compare.

use std::cell::RefCell;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use argon2::{Argon2, Block, Params, Version};
use aws_lc_rs::rand::SystemRandom as RawRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding,
    RsaKeyPair,
};
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::Map;
use shared::domain::{Clock as _, Dialect, Password, SessionId, SystemClock, SystemRandom, UserId};
use shared::keys::{Algorithm, KeyFile, KeyRole, KeyState, Secrets, Signer, Step};
use shared::passwords::{HashCost, Passwords};
use shared::tokens::{NewToken, Subject, TokenIssuer, TokenSettings, TokenUse, TokenVerifier};
use tokio::runtime::Runtime;

const PASSWORD: &str = "violet tractor sings at dawn";
/// As long as what is signed for an access token.
const MESSAGE: [u8; 500] = [b'a'; 500];

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime")
}

fn hashing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("hash");
    group.sample_size(40);
    let cost = HashCost::default();
    let params = Params::new(cost.memory_kib, cost.passes, 1, Some(32)).expect("a cost");
    let mut blocks = vec![Block::default(); params.block_count()];
    let bare = Argon2::new(argon2::Algorithm::Argon2id, Version::V0x13, params);
    group.bench_function("bare, kept block", |bench| {
        bench.iter(|| {
            let mut hash = [0; 32];
            let (password, salt) = (PASSWORD.as_bytes(), b"sixteen bytes...");
            bare.hash_password_into_with_memory(password, salt, &mut hash, &mut blocks)
                .expect("a hash");
            hash
        });
    });
    let runtime = runtime();
    let passwords = Passwords::new(cost, Arc::new(SystemRandom)).expect("a cost");
    let password = Password::parse(PASSWORD).expect("a password");
    group.bench_function("Passwords::hash", |bench| {
        bench.iter(|| runtime.block_on(passwords.hash(&password)).expect("a hash"));
    });
    group.finish();
}

/// The keys of an installation, and what issues and judges tokens with them.
struct Installation {
    signer: Arc<dyn Signer>,
    issuer: TokenIssuer,
    verifier: TokenVerifier,
}

/// One whose general dialects sign by this algorithm.
fn installation(general: Algorithm) -> Installation {
    let mut keys = KeyFile::generate(&SystemRandom).expect("keys");
    let mut step = Step {
        keys: keys.key_set().expect("a key set"),
        make: Vec::new(),
    };
    if general == Algorithm::Es256 {
        step.keys
            .keys
            .retain(|key| key.algorithm.role() == KeyRole::Rbac);
        step.make.push((general, KeyState::Active));
    }
    keys.follow(&step, SystemClock.now()).expect("keys");
    let published = keys.key_set().expect("a key set");
    let secrets: Secrets = keys
        .open_all()
        .expect("secrets")
        .fit(&published)
        .expect("its keys");
    let settings = TokenSettings {
        issuer: "https://id.example.com".to_owned(),
        audience: "https://id.example.com".to_owned(),
    };
    let signer: Arc<dyn Signer> = secrets.signer().expect("a signer");
    Installation {
        signer: Arc::clone(&signer),
        issuer: TokenIssuer::new(signer, settings.clone(), Arc::new(SystemRandom)),
        verifier: TokenVerifier::new(&published, settings, Arc::new(SystemClock))
            .expect("a verifier"),
    }
}

fn new_token(dialect: Dialect) -> NewToken {
    NewToken {
        subject: Subject {
            user: UserId::new(&SystemRandom),
            session: SessionId::new(&SystemRandom),
            project: None,
            device: None,
        },
        dialect,
        token_use: TokenUse::Access,
        issued_at: SystemClock.now(),
        lifetime: Duration::from_hours(1),
        own_claims: Map::new(),
    }
}

/// The library's signature of one message, with a key that it keeps.
fn bare_signature(algorithm: Algorithm) -> Box<dyn Fn() -> usize> {
    let rsa = |size, encoding: &'static dyn RsaEncoding| {
        let random = RawRandom::new();
        let pair = RsaKeyPair::generate(size).expect("a key");
        let signature = RefCell::new(vec![0; pair.public_modulus_len()]);
        let sign = move || {
            let mut signature = signature.borrow_mut();
            let signed = pair.sign(encoding, &random, black_box(&MESSAGE), &mut signature);
            signed.expect("a signature");
            signature.len()
        };
        Box::new(sign) as Box<dyn Fn() -> usize>
    };
    match algorithm {
        Algorithm::Rs256 => rsa(KeySize::Rsa2048, &RSA_PKCS1_SHA256),
        Algorithm::Rs512 => rsa(KeySize::Rsa4096, &RSA_PKCS1_SHA512),
        Algorithm::Es256 => {
            let random = RawRandom::new();
            let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
            Box::new(move || {
                let signature = pair.sign(&random, black_box(&MESSAGE));
                signature.expect("a signature").as_ref().len()
            })
        }
    }
}

/// Each algorithm, and a dialect that signs by it.
const SIGNED: [(Algorithm, Dialect); 3] = [
    (Algorithm::Rs256, Dialect::UserService),
    (Algorithm::Es256, Dialect::UserService),
    (Algorithm::Rs512, Dialect::Rbac),
];

fn signing(criterion: &mut Criterion) {
    let runtime = runtime();
    for (algorithm, dialect) in SIGNED {
        let Installation { signer, issuer, .. } = installation(algorithm);
        let mut group = criterion.benchmark_group(format!("sign {}", algorithm.as_str()));
        group.bench_function("bare, kept key", |bench| {
            bench.iter(bare_signature(algorithm));
        });
        let key = signer.active(algorithm.role()).expect("a key");
        group.bench_function("Signer::sign", |bench| {
            bench.iter(|| {
                let signature = runtime.block_on(signer.sign(key.kid, black_box(&MESSAGE)));
                signature.expect("a signature")
            });
        });
        group.bench_function("TokenIssuer::issue", |bench| {
            bench.iter(|| {
                let token = runtime.block_on(issuer.issue(new_token(dialect)));
                token.expect("a token")
            });
        });
        group.finish();
    }
}

fn verifying(criterion: &mut Criterion) {
    let runtime = runtime();
    for (algorithm, dialect) in SIGNED {
        let Installation {
            issuer, verifier, ..
        } = installation(algorithm);
        let token = runtime
            .block_on(issuer.issue(new_token(dialect)))
            .expect("a token");
        let mut group = criterion.benchmark_group(format!("verify {}", algorithm.as_str()));
        group.bench_function("TokenVerifier::verify", |bench| {
            bench.iter(|| {
                let verified = verifier.verify(black_box(&token), TokenUse::Access, dialect);
                verified.expect("a good token")
            });
        });
        group.finish();
    }
}

criterion_group!(benches, hashing, signing, verifying);
criterion_main!(benches);

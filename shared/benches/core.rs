//! What the core takes: a hash, a signature, a verified token, each beside the bare library under it.
//!
//! `cargo bench -p shared`. A figure alone says little on a shared machine; those of one group, taken in one run, compare.

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
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use serde_json::Map;
use shared::domain::{Clock as _, Dialect, Password, SessionId, SystemClock, SystemRandom, UserId};
use shared::keys::{KeyFile, Secrets, Signer};
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
    issuer: TokenIssuer,
    verifier: TokenVerifier,
}

fn installation() -> Installation {
    let keys = KeyFile::generate(&SystemRandom).expect("keys");
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

fn signing(criterion: &mut Criterion) {
    let runtime = runtime();
    let installation = installation();
    for (name, dialect, size, encoding) in [
        (
            "sign RS256",
            Dialect::UserService,
            KeySize::Rsa2048,
            &RSA_PKCS1_SHA256 as &'static dyn RsaEncoding,
        ),
        (
            "sign RS512",
            Dialect::Rbac,
            KeySize::Rsa4096,
            &RSA_PKCS1_SHA512,
        ),
    ] {
        let mut group = criterion.benchmark_group(name);
        group.throughput(Throughput::Elements(1));
        let pair = RsaKeyPair::generate(size).expect("a key");
        let random = RawRandom::new();
        group.bench_function("bare, kept key", |bench| {
            let mut signature = vec![0; pair.public_modulus_len()];
            bench.iter(|| pair.sign(encoding, &random, black_box(&MESSAGE), &mut signature));
        });
        group.bench_function("TokenIssuer::issue", |bench| {
            bench.iter(|| {
                runtime
                    .block_on(installation.issuer.issue(new_token(dialect)))
                    .expect("a token")
            });
        });
        group.finish();
    }
    let mut group = criterion.benchmark_group("sign ES256");
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let random = RawRandom::new();
    group.bench_function("bare, kept key", |bench| {
        bench.iter(|| {
            pair.sign(&random, black_box(&MESSAGE))
                .expect("a signature")
        });
    });
    group.finish();
}

fn verifying(criterion: &mut Criterion) {
    let runtime = runtime();
    let installation = installation();
    for (name, dialect) in [
        ("verify RS256", Dialect::UserService),
        ("verify RS512", Dialect::Rbac),
    ] {
        let token = runtime
            .block_on(installation.issuer.issue(new_token(dialect)))
            .expect("a token");
        let mut group = criterion.benchmark_group(name);
        group.bench_function("TokenVerifier::verify", |bench| {
            bench.iter(|| {
                let verified =
                    installation
                        .verifier
                        .verify(black_box(&token), TokenUse::Access, dialect);
                verified.expect("a good token")
            });
        });
        group.finish();
    }
}

criterion_group!(benches, hashing, signing, verifying);
criterion_main!(benches);

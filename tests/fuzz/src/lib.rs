//! What reads foreign bytes, asked what has to hold of any bytes. Each of these functions panics where it does not.
//!
//! `tests/fuzz/targets` has them called by libFuzzer, the test of this crate with what `tests/fuzz/seeds` holds and what becomes of
//! that by chance.

mod token;

use axum::body::Body;
use futures::FutureExt as _;
use http::header::{CONTENT_TYPE, COOKIE};
use http::{HeaderMap, HeaderValue, Request};
use image::ImageFormat;
use secrecy::ExposeSecret as _;
use serde_json::Value;
use shared::domain::{
    AuditPosition, EmailAddress, ListingPosition, PhoneNumber, PictureType, SessionCookie,
};
use shared::pictures::Picture;

pub use token::token;

/// What an input is given to.
pub type Target = fn(&[u8]);

/// Each target with the name that its program and the folder of its seeds have.
pub const TARGETS: [(&str, Target); 8] = [
    ("cookie", cookie),
    ("cursor", cursor),
    ("email", email),
    ("item", item),
    ("json_body", json_body),
    ("phone", phone),
    ("picture", picture),
    ("token", token),
];

/// The longest side of a picture that is kept.
const MAX_SIDE: u32 = 256;
/// The most bytes that a picture is kept in.
const MAX_PICTURE_BYTES: usize = 380_000;

/// A `Cookie` header: what is found there is whole, and a session's cookie has one spelling.
pub fn cookie(header: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(header) else {
        return;
    };
    let headers = HeaderMap::from_iter([(COOKIE, value)]);
    let Some(found) = shared::http::cookie(&headers, "sid") else {
        return;
    };
    assert!(!found.contains(';'));
    if let Some(read) = SessionCookie::parse(found) {
        assert_eq!(read.to_text().expose_secret(), found);
    }
}

/// A cursor of a listing: refused, or one place with one spelling.
pub fn cursor(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    if let Some(read) = ListingPosition::parse(text) {
        assert_eq!(read.to_string(), text);
    }
    if let Some(read) = AuditPosition::parse(text) {
        assert_eq!(read.to_string(), text);
        assert_eq!(AuditPosition::from_cursor(&read.to_cursor()), Some(read));
    }
    if let Some(read) = AuditPosition::from_cursor(text) {
        assert_eq!(read.to_cursor(), text);
    }
}

/// An address: refused, or of one canonical form, which is short and its own.
pub fn email(bytes: &[u8]) {
    let canonical = |text: &str| {
        let address = EmailAddress::parse(text).ok()?;
        Some(address.canonical().to_owned())
    };
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let Ok(address) = EmailAddress::parse(text) else {
        return;
    };
    let own = Some(address.canonical().to_owned());
    assert!(address.canonical().len() <= 254);
    assert!(!address.canonical().contains(char::is_control));
    assert_eq!(canonical(address.canonical()), own);
    assert_eq!(canonical(address.original()), own);
    assert_eq!(canonical(&address.envelope()), own);
    assert_eq!(canonical(&text.to_ascii_uppercase()), own);
}

/// A stored item, as JSON: every reader refuses it or takes it. Its readers are there for fuzzing alone; the tests beside them hold
/// the same of items that proptest makes up.
pub fn item(json: &[u8]) {
    #[cfg(fuzzing)]
    shared::store::readers::takers(json);
    #[cfg(not(fuzzing))]
    let _ = json;
}

/// A body in JSON: refused, or its texts are what `serde_json` reads there.
pub fn json_body(body: &[u8]) {
    let request = Request::builder().header(CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_vec())).expect("a request");
    let read = shared::http::read_json(request).now_or_never();
    let Ok(fields) = read.expect("a body that is there") else {
        return;
    };
    let same: Value = serde_json::from_slice(body).expect("what is taken is JSON");
    for name in ["a", "email", "id"] {
        match &same[name] {
            Value::String(text) => assert_eq!(fields.optional(name).ok(), Some(Some(&**text))),
            Value::Null => assert_eq!(fields.optional(name).ok(), Some(None)),
            _ => assert!(fields.optional(name).is_err()),
        }
        let _ = fields.optional_number(name);
    }
}

/// A phone number: refused, or of one form, a plus sign and at most fifteen digits.
pub fn phone(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else {
        return;
    };
    let Ok(number) = PhoneNumber::parse(text) else {
        return;
    };
    let digits = number.as_str().strip_prefix('+').expect("a plus sign");
    assert!((1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit()));
    assert_eq!(PhoneNumber::parse(number.as_str()), Ok(number));
}

/// An upload: refused, or made a small picture that is taken as it is.
pub fn picture(upload: &[u8]) {
    let Ok(picture) = Picture::from_upload(upload) else {
        return;
    };
    assert!(picture.bytes().len() <= MAX_PICTURE_BYTES);
    let format = match picture.content_type() {
        PictureType::Jpeg => ImageFormat::Jpeg,
        PictureType::Png => ImageFormat::Png,
    };
    let seen = image::load_from_memory_with_format(picture.bytes(), format).expect("a picture");
    assert!(seen.width() <= MAX_SIDE && seen.height() <= MAX_SIDE);
    assert!(Picture::from_upload(picture.bytes()).is_ok());
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::{Path, PathBuf};

    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::sample::Index;

    use super::{TARGETS, Target};

    fn folder(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
    }

    fn names(folder: &Path) -> BTreeSet<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        let stems = entries.map(|entry| entry.expect("an entry").path());
        let stems = stems.map(|path| path.file_stem().expect("a name").to_owned());
        stems
            .map(|stem| stem.into_string().expect("a plain name"))
            .collect()
    }

    fn seeds(name: &str) -> Vec<Vec<u8>> {
        let entries = fs::read_dir(folder("seeds").join(name)).expect("its seeds");
        let mut paths: Vec<_> = entries
            .map(|entry| entry.expect("an entry").path())
            .collect();
        paths.sort();
        paths
            .iter()
            .map(|path| fs::read(path).expect("a file"))
            .collect()
    }

    #[test]
    fn each_target_has_a_program_and_seeds_of_its_name() {
        let targets: BTreeSet<_> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
        assert_eq!(names(&folder("targets")), targets);
        assert_eq!(names(&folder("seeds")), targets);
    }

    #[test]
    fn each_target_takes_its_seeds() {
        for (name, target) in TARGETS {
            let seeds = seeds(name);
            assert!(!seeds.is_empty(), "{name}");
            for seed in &seeds {
                target(seed);
            }
        }
    }

    /// What is done to a seed.
    #[derive(Debug, Clone)]
    enum Change {
        /// Bytes are put in the place of as many others, or of fewer at its end.
        Overwrite(Index, Vec<u8>),
        Insert(Index, Vec<u8>),
        Cut(Index, usize),
        /// What another seed holds is put here.
        Splice(Index, Index),
    }

    fn change() -> impl Strategy<Value = Change> {
        let text = "[ -~\u{e4}\u{130}\u{2028}]{1,4}".prop_map(String::into_bytes);
        let bytes = prop_oneof![vec(any::<u8>(), 1..5), text];
        prop_oneof![
            4 => (any::<Index>(), bytes.clone()).prop_map(|(at, bytes)| Change::Overwrite(at, bytes)),
            2 => (any::<Index>(), bytes).prop_map(|(at, bytes)| Change::Insert(at, bytes)),
            1 => (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Change::Cut(at, length)),
            1 => (any::<Index>(), any::<Index>()).prop_map(|(at, from)| Change::Splice(at, from)),
        ]
    }

    fn apply(change: &Change, input: &mut Vec<u8>, seeds: &[Vec<u8>]) {
        let place = |at: &Index| at.index(input.len() + 1);
        let (range, new) = match change {
            Change::Overwrite(at, bytes) => {
                let at = place(at);
                (at..input.len().min(at + bytes.len()), bytes.as_slice())
            }
            Change::Insert(at, bytes) => (place(at)..place(at), bytes.as_slice()),
            Change::Cut(at, length) => {
                let at = place(at);
                (at..input.len().min(at + length), [].as_slice())
            }
            Change::Splice(at, from) => (place(at)..place(at), from.get(seeds).as_slice()),
        };
        input.splice(range, new.iter().copied());
    }

    proptest! {
        // A short run of what `.ci/fuzz` does for as long as one likes.
        #![proptest_config(ProptestConfig {
            cases: ProptestConfig::default().cases * 8,
            ..ProptestConfig::default()
        })]

        #[test]
        fn what_becomes_of_a_seed_is_refused_or_read_right(
            seed: Index,
            changes in vec(change(), 1..6),
        ) {
            for (name, target) in TARGETS {
                let target: Target = target;
                let seeds = seeds(name);
                let mut input = seed.get(&seeds).clone();
                for change in &changes {
                    apply(change, &mut input, &seeds);
                }
                target(&input);
            }
        }

        #[test]
        fn any_bytes_are_refused_or_read_right(bytes in vec(any::<u8>(), 0..200)) {
            for (_, target) in TARGETS {
                target(&bytes);
            }
        }
    }
}

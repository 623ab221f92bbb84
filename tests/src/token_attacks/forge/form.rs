//! Texts that are no token, or more than one.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER};
use serde_json::json;

use super::{Attack, Genuine};
use crate::tokens::{encode, with};

impl Genuine {
    /// Texts that are no JSON, or that two readers read differently, under the right key.
    pub(super) async fn under_texts(&self) -> Vec<Attack> {
        let (header, claims) = (self.header.to_string(), self.claims.to_string());
        let deep = "[".repeat(700) + &"]".repeat(700);
        let twice = |text: &str, member: &str| format!("{{{member},{}", &text[1..]);
        let mut attacks = Vec::new();
        for (what, header, claims) in [
            (
                "alg twice",
                twice(&header, "\"alg\":\"none\""),
                claims.clone(),
            ),
            ("kid twice", twice(&header, "\"kid\":\"x\""), claims.clone()),
            (
                "typ twice",
                twice(&header, "\"typ\":\"JWT\""),
                claims.clone(),
            ),
            (
                "exp twice",
                header.clone(),
                twice(&claims, "\"exp\":9999999999"),
            ),
            ("sub twice", header.clone(), twice(&claims, "\"sub\":\"x\"")),
            ("aud twice", header.clone(), twice(&claims, "\"aud\":\"x\"")),
            ("a deep header", deep.clone(), claims.clone()),
            ("deep claims", header.clone(), deep.clone()),
            ("a list as header", format!("[{header}]"), claims.clone()),
            ("a list as claims", header.clone(), format!("[{claims}]")),
            (
                "a text as header",
                json!(header).to_string(),
                claims.clone(),
            ),
            (
                "a text as claims",
                header.clone(),
                json!(claims).to_string(),
            ),
            ("null as claims", header.clone(), "null".to_owned()),
            ("no claims", header.clone(), String::new()),
            ("no header", String::new(), claims.clone()),
            ("empty objects", "{}".to_owned(), "{}".to_owned()),
            (
                "more after the header",
                header.clone() + "{}",
                claims.clone(),
            ),
            (
                "more after the claims",
                header.clone(),
                claims.clone() + "{}",
            ),
            (
                "a byte order mark",
                format!("\u{feff}{header}"),
                claims.clone(),
            ),
            ("a comment", header.clone(), claims.clone() + "//"),
        ] {
            let token = self
                .signed_texts(header.as_bytes(), claims.as_bytes())
                .await;
            attacks.push((what.to_owned(), token));
        }
        let spoilt = [claims.as_bytes(), &[0xff]].concat();
        let token = self.signed_texts(header.as_bytes(), &spoilt).await;
        attacks.push(("claims in no text".to_owned(), token));
        // RFC 7797: the claims as they are, and signed so.
        let unencoded = with(&self.header, &json!({ "b64": false, "crit": ["b64"] }));
        let token = self.signed_message(format!("{}.{claims}", encode(&unencoded)));
        attacks.push(("unencoded claims".to_owned(), token.await));
        let another = with(&self.claims, &json!({ "sub": "*" }));
        let other = self.signed(&self.header, &another).await;
        let (_, others_signature) = other.rsplit_once('.').expect("a signature");
        let (message, _) = self.token.rsplit_once('.').expect("a signature");
        let token = format!("{message}.{others_signature}");
        attacks.push(("another token's signature".to_owned(), token));
        attacks
    }

    /// The token itself, cut, extended, spoilt and written otherwise.
    pub(super) fn touched(&self) -> Vec<Attack> {
        let token = self.token.as_str();
        let parts: Vec<_> = token.split('.').collect();
        let [header, claims, signature] = [parts[0], parts[1], parts[2]];
        let message = format!("{header}.{claims}");
        let bytes = BASE64URL_NOPAD
            .decode(signature.as_bytes())
            .expect("base64url");
        let promoted = with(&self.claims, &json!({ "permissionLevel": 2, "sub": "*" }));
        let flipped = if signature.starts_with('A') { 'B' } else { 'A' };
        let flattened = json!({ "protected": header, "payload": claims, "signature": signature });
        let general = json!({
            "payload": claims, "signatures": [{ "protected": header, "signature": signature }],
        });
        let signed = |bytes: &[u8]| format!("{message}.{}", BASE64URL_NOPAD.encode(bytes));
        let attacks = [
            (
                "other claims",
                format!("{header}.{}.{signature}", encode(&promoted)),
            ),
            ("cut by one", token[..token.len() - 1].to_owned()),
            ("cut in half", token[..token.len() / 2].to_owned()),
            ("a byte less", signed(&bytes[1..])),
            ("the last byte less", signed(&bytes[..bytes.len() - 1])),
            ("a zero before", signed(&[&[0], bytes.as_slice()].concat())),
            ("a zero behind", signed(&[bytes.as_slice(), &[0]].concat())),
            ("zeros", signed(&vec![0; bytes.len()])),
            (
                "a one",
                signed(&[&vec![0; bytes.len() - 1], [1].as_slice()].concat()),
            ),
            ("ones", signed(&vec![0xff; bytes.len()])),
            ("zeros of ES256", signed(&[0; 64])),
            ("the signature twice", signed(&bytes.repeat(2))),
            (
                "hexadecimal",
                format!("{message}.{}", HEXLOWER.encode(&bytes)),
            ),
            (
                "standard base64",
                format!("{message}.{}+/", BASE64_NOPAD.encode(&bytes)),
            ),
            (
                "another text in base64",
                format!("{message}.{}", BASE64.encode(b"signature")),
            ),
            (
                "padded base64",
                format!("{message}.{}", BASE64.encode(&bytes)),
            ),
            (
                "padded base64url",
                format!("{message}.{}", BASE64URL.encode(&bytes)),
            ),
            ("padded", format!("{token}=")),
            ("padded twice", format!("{token}==")),
            ("a padded header", format!("{header}=.{claims}.{signature}")),
            ("padded claims", format!("{header}.{claims}=.{signature}")),
            ("extended", format!("{token}A")),
            ("extended by a group", format!("{token}AAAA")),
            (
                "a bit flipped",
                format!("{message}.{flipped}{}", &signature[1..]),
            ),
            ("parts exchanged", format!("{claims}.{header}.{signature}")),
            ("a fourth part", format!("{token}.e30")),
            ("an empty fourth part", format!("{token}.")),
            ("an empty first part", format!(".{token}")),
            ("five parts", format!("{token}.a.b")),
            (
                "an encrypted one",
                format!("{header}..AAAA.{claims}.{signature}"),
            ),
            ("only dots", "..".to_owned()),
            ("a dot", ".".to_owned()),
            ("a word", "garbage".to_owned()),
            ("an empty one", "e30.e30.e30".to_owned()),
            ("a space inside", token.replace('.', " .")),
            ("quoted", format!("\"{token}\"")),
            ("twice", format!("{token},{token}")),
            ("percent-encoded", token.replace('.', "%2E")),
            ("JSON, flattened", flattened.to_string()),
            ("JSON, general", general.to_string()),
            ("5 kB", "a".repeat(5000)),
            (
                "5 kB of parts",
                format!("{header}.{}.{signature}", "A".repeat(5000)),
            ),
        ];
        attacks
            .map(|(what, token)| (what.to_owned(), token))
            .to_vec()
    }
}

//! Refresh tokens that rotate: self-addressing, and good for one generation of one session.
//!
//! A token holds no secret of its own: it names user, session and generation, under a MAC of the server's. So the successor of a
//! token can be made again, and a token is known to be ours before anything is read for it. That a generation is used once is the
//! session's to keep (RFC 9700 §4.14.2).

use aws_lc_rs::constant_time;
use data_encoding::BASE64URL_NOPAD;
use uuid::Uuid;

use crate::domain::{Generation, SessionId, UserId};
use crate::error::{Error, Result};
use crate::keys::{ServerKey, derive};

const PREFIX: &str = "ghr_";
const NAMED_BYTES: usize = 4 + 16 + 16 + 8;

/// Makes and reads refresh tokens.
#[derive(Debug, Clone)]
pub struct RefreshTokens {
    key: ServerKey,
}

impl RefreshTokens {
    /// Tokens under this key.
    pub fn new(key: ServerKey) -> Self {
        Self { key }
    }

    /// The token of a generation, always the same under one version of the key; 106 characters.
    pub fn issue(&self, generation: &Generation) -> String {
        let version = self.key.current_version();
        let mut bytes = Vec::with_capacity(NAMED_BYTES + 32);
        bytes.extend(version.to_be_bytes());
        bytes.extend(generation.user.0.as_bytes());
        bytes.extend(generation.session.0);
        bytes.extend(generation.number.to_be_bytes());
        let mac = self.key.version(version).map(|key| mac(key, &bytes));
        bytes.extend(mac.into_iter().flatten());
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// What a token names, if it is ours.
    ///
    /// # Errors
    /// [`Error::InvalidRefreshToken`].
    pub fn read(&self, token: &str) -> Result<Generation> {
        self.find(token).ok_or(Error::InvalidRefreshToken)
    }

    fn find(&self, token: &str) -> Option<Generation> {
        let encoded = token.strip_prefix(PREFIX)?;
        let bytes = BASE64URL_NOPAD.decode(encoded.as_bytes()).ok()?;
        let (named, given) = bytes.split_at_checked(NAMED_BYTES)?;
        let (version, rest) = named.split_first_chunk::<4>()?;
        let key = self.key.version(u32::from_be_bytes(*version))?;
        constant_time::verify_slices_are_equal(&mac(key, named), given).ok()?;
        let (user, rest) = rest.split_first_chunk::<16>()?;
        let (session, number) = rest.split_first_chunk::<16>()?;
        Some(Generation {
            user: UserId(Uuid::from_bytes(*user)),
            session: SessionId(*session),
            number: u64::from_be_bytes(number.try_into().ok()?),
        })
    }
}

fn mac(key: &aws_lc_rs::hmac::Key, named: &[u8]) -> [u8; 32] {
    derive(key, &[b"refresh", named])
}

#[cfg(test)]
mod tests {
    use secrecy::SecretBox;
    use uuid::Uuid;

    use super::RefreshTokens;
    use crate::domain::{Generation, SessionId, UserId};
    use crate::keys::ServerKey;

    fn tokens(versions: &[u8]) -> RefreshTokens {
        let secret = |version: &u8| {
            let secret = SecretBox::new(Box::new([*version; 32]));
            (u32::from(*version), secret)
        };
        RefreshTokens::new(ServerKey::new(versions.iter().map(secret)))
    }

    fn generation() -> Generation {
        Generation {
            user: UserId(Uuid::from_bytes([7; 16])),
            session: SessionId([8; 16]),
            number: 300,
        }
    }

    #[test]
    fn a_token_reads_back_as_it_was_written_and_under_a_newer_key_too() {
        let token = tokens(&[1]).issue(&generation());
        assert_eq!(tokens(&[1]).read(&token).ok(), Some(generation()));
        assert_eq!(tokens(&[2, 1]).read(&token).ok(), Some(generation()));
        assert!(tokens(&[2]).read(&token).is_err());
        assert_eq!(token.len(), 106);
    }

    #[test]
    fn a_token_that_was_changed_anywhere_is_none() {
        let token = tokens(&[1]).issue(&generation());
        for index in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[index] = if changed[index] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).expect("a text");
            assert!(tokens(&[1]).read(&changed).is_err(), "{changed}");
        }
        for other in [
            "",
            "ghr_",
            "ghr_AAAA",
            &token[4..],
            &format!("{token}A"),
            &token[..105],
        ] {
            assert!(tokens(&[1]).read(other).is_err(), "{other}");
        }
    }
}

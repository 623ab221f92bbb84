//! What is said of an account's picture: its type, its tag, and why one is not taken.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use data_encoding::HEXLOWER;

/// The most bytes that are taken of an upload (document 001's original has the same limit).
pub const MAX_UPLOAD_BYTES: usize = 2_000_000;

const TAG_BYTES: usize = 16;

/// The types that pictures are kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PictureType {
    /// Photos.
    Jpeg,
    /// Everything else.
    Png,
}

impl PictureType {
    /// The media type, on the wire and in the store.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// The type of this name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Jpeg, Self::Png]
            .into_iter()
            .find(|known| known.as_str() == text)
    }
}

/// Names the bytes of a picture: the same bytes have the same tag, others another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureTag(String);

impl PictureTag {
    /// The tag of these bytes: 16 bytes of their SHA-256, in hex.
    pub fn of(picture: &[u8]) -> Self {
        let whole = digest(&SHA256, picture);
        Self(HEXLOWER.encode(&whole.as_ref()[..TAG_BYTES]))
    }

    /// The tag as stored.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The tag, without quotes.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PictureTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why an upload is not taken for a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RefusedPicture {
    /// The file has too many bytes, the picture too many pixels, or either takes too much memory to look at.
    #[error("the picture is too large")]
    TooLarge,
    /// No PNG, JPEG, GIF or WebP, whatever it is called.
    #[error("the type is not taken")]
    UnknownType,
    /// It starts like one of them and is none, or breaks off.
    #[error("the picture is broken")]
    Broken,
}

#[cfg(test)]
mod tests {
    use super::{PictureTag, PictureType};

    #[test]
    fn a_tag_is_the_start_of_the_digest_of_the_bytes() {
        // FIPS 180-2, appendix B.1.
        assert_eq!(
            PictureTag::of(b"abc").as_str(),
            "ba7816bf8f01cfea414140de5dae2223"
        );
    }

    #[test]
    fn a_type_reads_back_by_its_name() {
        for known in [PictureType::Jpeg, PictureType::Png] {
            assert_eq!(PictureType::parse(known.as_str()), Some(known));
        }
        assert_eq!(PictureType::parse("image/svg+xml"), None);
    }
}

//! The language of a user (any BCP 47 tag) and the four languages that mails and pages are written in.

use oxilangtag::LanguageTag;

/// A well-formed language tag (RFC 5646), kept as it was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Language(String);

impl Language {
    /// Longest tag that is stored, in bytes.
    const MAX_BYTES: usize = 64;

    /// Reads a tag; `None` if it is not well-formed.
    pub fn parse(tag: &str) -> Option<Self> {
        let well_formed = tag.len() <= Self::MAX_BYTES && LanguageTag::parse(tag).is_ok();
        well_formed.then(|| Self(tag.to_owned()))
    }

    /// The tag as stored: it was checked when it was first read.
    pub fn from_stored(tag: String) -> Self {
        Self(tag)
    }

    /// The tag as given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The best of the four languages for somebody who speaks this one; English if none fits.
    pub fn for_messages(&self) -> MessageLanguage {
        MessageLanguage::closest(&self.0).unwrap_or(MessageLanguage::En)
    }
}

impl From<MessageLanguage> for Language {
    fn from(language: MessageLanguage) -> Self {
        Self(language.as_str().to_owned())
    }
}

/// A language that mails and pages exist in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageLanguage {
    /// English, the fallback.
    En,
    /// German.
    De,
    /// French.
    Fr,
    /// Spanish.
    Es,
}

impl MessageLanguage {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::En, Self::De, Self::Fr, Self::Es];

    /// The primary language subtag.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::De => "de",
            Self::Fr => "fr",
            Self::Es => "es",
        }
    }

    /// The best match for an `Accept-Language` header by quality (RFC 9110 §12.5.4); English if none fits.
    pub fn accepted(header: &str) -> Self {
        let mut best = (0, Self::En);
        for range in header.split(',') {
            let (tag, quality) = quality(range);
            if let Some(language) = Self::closest(tag)
                && quality > best.0
            {
                best = (quality, language);
            }
        }
        best.1
    }

    fn closest(tag: &str) -> Option<Self> {
        let primary = tag.split('-').next().unwrap_or_default();
        Self::ALL
            .into_iter()
            .find(|language| language.as_str().eq_ignore_ascii_case(primary))
    }
}

/// Splits `de-AT;q=0.8` into the tag and its quality in thousandths; an unreadable quality counts as 0.
fn quality(range: &str) -> (&str, u16) {
    let mut parts = range.split(';').map(str::trim);
    let tag = parts.next().unwrap_or_default();
    let Some(weight) = parts.find_map(|part| part.strip_prefix("q=")) else {
        return (tag, 1000);
    };
    let thousandths = match weight.split_once('.') {
        None => weight
            .parse::<u16>()
            .ok()
            .filter(|q| *q <= 1)
            .map(|q| q * 1000),
        Some(("0", digits)) if !digits.is_empty() && digits.len() <= 3 => {
            format!("{digits:0<3}").parse().ok()
        }
        Some(("1", digits)) if digits.chars().all(|c| c == '0') => Some(1000),
        Some(_) => None,
    };
    (tag, thousandths.unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::{Language, MessageLanguage};

    #[test]
    fn the_accepted_language_is_the_one_of_highest_quality() {
        for (header, expected) in [
            ("de", "de"),
            ("de-AT, en;q=0.9", "de"),
            ("en;q=0.4, fr;q=0.8", "fr"),
            ("es;q=0.001, de;q=0", "es"),
            ("pl, fr;q=0.5", "fr"),
            ("pl", "en"),
            ("", "en"),
            ("*", "en"),
            ("de;q=banana, es;q=0.1", "es"),
            ("de;q=2", "en"),
            ("FR-ca", "fr"),
        ] {
            assert_eq!(
                MessageLanguage::accepted(header).as_str(),
                expected,
                "{header:?}"
            );
        }
    }

    #[test]
    fn a_language_is_any_well_formed_tag_kept_as_given() {
        for tag in ["en", "pt-BR", "zh-Hant-TW", "de-1996"] {
            assert_eq!(Language::parse(tag).expect(tag).as_str(), tag);
        }
        for tag in ["", "e", "english language", "en_US", "en-", "\u{0}"] {
            assert_eq!(Language::parse(tag), None, "{tag:?}");
        }
    }
}

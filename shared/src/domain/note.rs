//! Notes: what callers of document 001 write about an account. They are added and never changed.

use jiff::Timestamp;

use super::UserId;

/// Notes on one account.
pub const MAX_NOTES: usize = 100;
const MAX_BYTES: usize = 1024;

/// One note on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What it says.
    pub text: NoteText,
    /// Who wrote it. Not by address: a note stays when its author is deleted.
    pub author: UserId,
    /// When.
    pub written_at: Timestamp,
}

/// The text of a note: 1 byte to 1 KiB, without control characters but tabs and line ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoteText(String);

impl NoteText {
    /// Reads a text; `None` if it is empty, too long or no text.
    pub fn parse(text: &str) -> Option<Self> {
        let control = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
        let allowed = !text.is_empty() && text.len() <= MAX_BYTES && !text.contains(control);
        allowed.then(|| Self(text.to_owned()))
    }

    /// The text as stored: it was checked when it was first read.
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::NoteText;

    #[test]
    fn a_note_is_a_text_of_a_kibibyte_at_most() {
        for (text, allowed) in [
            ("called twice\n\tabout the bill".to_owned(), true),
            ("n".repeat(1024), true),
            ("n".repeat(1025), false),
            (String::new(), false),
            ("bell \u{7}".to_owned(), false),
        ] {
            assert_eq!(NoteText::parse(&text).is_some(), allowed, "{text:?}");
        }
    }
}

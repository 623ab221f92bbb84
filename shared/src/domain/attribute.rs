//! A user's own key-value pairs (document 000, "attributes").

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};

use super::UserNumber;
use super::ids::ATTRIBUTE_BITS;

/// Most attributes of one user.
pub const MAX_ATTRIBUTES: usize = 64;
/// Most bytes of keys and texts of one user together.
pub const MAX_ATTRIBUTE_BYTES: i64 = 32 * 1024;
const MAX_KEY_BYTES: usize = 128;
const MAX_TEXT_BYTES: usize = 4 * 1024;

/// A key: 1 to 128 bytes, any characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AttributeKey(String);

/// A text: at most 4 KiB.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeText(String);

/// One stored attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// Names it across users: the user's number x 2^20 + the first 20 bits of SHA-256 of the key.
    pub id: u64,
    /// The text.
    pub text: String,
}

/// All attributes of one user, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(pub BTreeMap<String, Attribute>);

impl AttributeKey {
    /// Reads a key; `None` if it is empty or too long.
    pub fn parse(text: &str) -> Option<Self> {
        (!text.is_empty() && text.len() <= MAX_KEY_BYTES).then(|| Self(text.to_owned()))
    }

    /// The key.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of this key's attribute at the user with this number.
    pub fn attribute_id(&self, number: UserNumber) -> u64 {
        let hash = digest(&SHA256, self.0.as_bytes());
        let bits = hash.as_ref()[..3]
            .iter()
            .fold(0, |bits, byte| bits << 8 | u64::from(*byte));
        (number.0 << ATTRIBUTE_BITS) | (bits >> 4)
    }
}

impl AttributeText {
    /// Reads a text; `None` if it is too long.
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() <= MAX_TEXT_BYTES).then(|| Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Attributes {
    /// Those of a new account; `None` if they are too many, too many bytes together, or two get one id.
    pub fn of_new(number: UserNumber, pairs: &[(AttributeKey, AttributeText)]) -> Option<Self> {
        Self::default().with(number, pairs)
    }

    /// Those of a new account that fit: what does not is left out.
    pub fn of_new_as_fit(number: UserNumber, pairs: &[(AttributeKey, AttributeText)]) -> Self {
        let add = |attributes: Self, pair| {
            let more = attributes.with(number, std::slice::from_ref(pair));
            more.unwrap_or(attributes)
        };
        pairs.iter().fold(Self::default(), add)
    }

    /// The same with these beside others or in their place; `None` as for [`Self::of_new`].
    pub fn with(
        &self,
        number: UserNumber,
        pairs: &[(AttributeKey, AttributeText)],
    ) -> Option<Self> {
        let mut attributes = self.clone();
        for (key, text) in pairs {
            let id = key.attribute_id(number);
            let other = |holder: &str| holder != key.as_str();
            if attributes.key_of(id).is_some_and(other) {
                return None;
            }
            let (key, text) = (key.as_str().to_owned(), text.as_str().to_owned());
            attributes.0.insert(key, Attribute { id, text });
        }
        let fits =
            attributes.0.len() <= MAX_ATTRIBUTES && attributes.bytes() <= MAX_ATTRIBUTE_BYTES;
        fits.then_some(attributes)
    }

    /// Bytes of keys and texts together.
    pub fn bytes(&self) -> i64 {
        let entries = self.0.iter();
        let bytes: usize = entries.map(|(key, held)| key.len() + held.text.len()).sum();
        i64::try_from(bytes).unwrap_or(i64::MAX)
    }

    /// The text stored under a key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|attribute| attribute.text.as_str())
    }

    /// The key of the attribute with this id.
    pub fn key_of(&self, id: u64) -> Option<&str> {
        self.0
            .iter()
            .find(|(_, attribute)| attribute.id == id)
            .map(|(key, _)| key.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::{AttributeKey, AttributeText, Attributes, UserNumber};

    fn pair(key: &str, bytes: usize) -> (AttributeKey, AttributeText) {
        let text = AttributeText::parse(&"t".repeat(bytes)).expect("a text");
        (AttributeKey::parse(key).expect("a key"), text)
    }

    #[test]
    fn a_new_account_has_all_of_its_attributes_or_as_many_as_fit() {
        let number = UserNumber(5);
        let long: Vec<_> = (0..9).map(|n| pair(&n.to_string(), 4095)).collect();
        let many: Vec<_> = (0..65).map(|n| pair(&n.to_string(), 1)).collect();
        for (pairs, kept) in [(long, 8), (many, 64)] {
            assert_eq!(Attributes::of_new(number, &pairs), None);
            let fitting = Attributes::of_new_as_fit(number, &pairs);
            assert_eq!(fitting.0.len(), kept);
            assert_eq!(Attributes::of_new(number, &pairs[..kept]), Some(fitting));
        }
        // What is too long for the room that is left does not keep out what is not.
        let mut pairs: Vec<_> = (0..8).map(|n| pair(&n.to_string(), 4000)).collect();
        pairs.extend([pair("long", 4000), pair("short", 10)]);
        let fitting = Attributes::of_new_as_fit(number, &pairs);
        assert_eq!(fitting.text("long"), None);
        assert_eq!(fitting.text("short"), Some("tttttttttt"));
    }

    #[test]
    fn keys_and_texts_have_sizes() {
        assert_eq!(AttributeKey::parse(""), None);
        assert!(AttributeKey::parse(&"k".repeat(128)).is_some());
        assert_eq!(AttributeKey::parse(&"k".repeat(129)), None);
        assert!(AttributeText::parse("").is_some());
        assert!(AttributeText::parse(&"t".repeat(4096)).is_some());
        assert_eq!(AttributeText::parse(&"t".repeat(4097)), None);
    }

    #[test]
    fn an_id_names_user_and_key() {
        let key = AttributeKey::parse("key_one").expect("a key");
        let id = key.attribute_id(UserNumber(5));
        assert_eq!(id >> 20, 5);
        assert_eq!(id, key.attribute_id(UserNumber(5)));
        assert_ne!(
            id & 0xf_ffff,
            AttributeKey::parse("key_two")
                .expect("a key")
                .attribute_id(UserNumber(5))
                & 0xf_ffff
        );
    }
}

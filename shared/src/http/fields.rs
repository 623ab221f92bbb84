//! The fields of a request, wherever they came from, read one by one. Fields that nobody asks for are ignored.

use serde_json::{Map, Value};

use super::Fault;
use crate::domain::Patch;
use crate::error::Error;

/// Named values of a JSON body, a form or a query.
#[derive(Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    pub(super) fn from_json(body: &[u8]) -> Result<Self, Error> {
        super::json::parse_object(body).map(Self)
    }

    /// Reads `application/x-www-form-urlencoded`, the form of queries too.
    ///
    /// # Errors
    /// [`Error::Malformed`] if a name stands twice, or a text is no UTF-8 or holds NUL.
    pub fn from_urlencoded(text: &[u8]) -> Result<Self, Error> {
        let pairs = form_urlencoded::parse(text);
        Self::from_pairs(pairs.map(|(name, value)| (name.into_owned(), value.into_owned())))
    }

    /// Reads names and texts.
    ///
    /// # Errors
    /// As [`Self::from_urlencoded`].
    pub(super) fn from_pairs(
        pairs: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, Error> {
        let mut fields = Map::new();
        for (name, value) in pairs {
            // Decoders put U+FFFD where the bytes are no UTF-8.
            let unreadable = |text: &str| text.contains(['\0', char::REPLACEMENT_CHARACTER]);
            let unclear = unreadable(&name) || unreadable(&value);
            if unclear || fields.insert(name, Value::String(value)).is_some() {
                return Err(Error::Malformed("a field stands twice or is no text"));
            }
        }
        Ok(Self(fields))
    }

    /// A text that must be there.
    ///
    /// # Errors
    /// [`Error::MissingField`]; [`Error::InvalidField`] if it is no text.
    pub fn required(&self, name: &'static str) -> Result<&str, Fault> {
        Ok(self.optional(name)?.ok_or(Error::MissingField(name))?)
    }

    /// A text that may be absent or null.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is no text.
    pub fn optional(&self, name: &'static str) -> Result<Option<&str>, Fault> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Error::InvalidField(name).into()),
        }
    }

    /// A text that a change sets or, as null, clears.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is neither text nor null.
    pub fn patch(&self, name: &'static str) -> Result<Patch<&str>, Fault> {
        if !self.0.contains_key(name) {
            return Ok(Patch::Keep);
        }
        Ok(self.optional(name)?.map_or(Patch::Clear, Patch::Set))
    }

    /// A text that a change sets; null is refused.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is no text.
    pub fn settable(&self, name: &'static str) -> Result<Option<&str>, Fault> {
        match self.patch(name)? {
            Patch::Keep => Ok(None),
            Patch::Clear => Err(Error::InvalidField(name).into()),
            Patch::Set(text) => Ok(Some(text)),
        }
    }

    /// A whole number that a change sets; null and texts are refused.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is no whole number.
    pub fn settable_number(&self, name: &'static str) -> Result<Option<u64>, Fault> {
        match self.0.get(name) {
            None => Ok(None),
            Some(value) => Ok(Some(value.as_u64().ok_or(Error::InvalidField(name))?)),
        }
    }

    /// An id that must be there: a whole number, or a text.
    ///
    /// # Errors
    /// [`Error::MissingField`]; [`Error::InvalidField`] if it is neither.
    pub fn required_id(&self, name: &'static str) -> Result<String, Fault> {
        match self.0.get(name) {
            Some(Value::Number(number)) if number.is_u64() => Ok(number.to_string()),
            _ => self.required(name).map(str::to_owned),
        }
    }

    /// A flag that may be absent or null.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is neither true nor false nor null.
    pub fn optional_flag(&self, name: &'static str) -> Result<Option<bool>, Fault> {
        match self.0.get(name) {
            Some(Value::Null) => Ok(None),
            _ => self.settable_flag(name),
        }
    }

    /// A flag that a change sets; null is refused.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is neither true nor false.
    pub fn settable_flag(&self, name: &'static str) -> Result<Option<bool>, Fault> {
        match self.0.get(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(Error::InvalidField(name).into()),
        }
    }

    /// A whole number that may be absent or null; digits in a text are taken too, since forms have nothing else.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is no whole number.
    pub fn optional_number(&self, name: &'static str) -> Result<Option<u64>, Fault> {
        let number = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Number(number)) => number.as_u64(),
            Some(Value::String(digits)) => whole_number(digits),
            Some(_) => None,
        };
        Ok(Some(number.ok_or(Error::InvalidField(name))?))
    }

    /// The fields of an object that may be absent or null.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is no object.
    pub fn optional_object(&self, name: &'static str) -> Result<Option<Self>, Fault> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(object)) => Ok(Some(Self(object.clone()))),
            Some(_) => Err(Error::InvalidField(name).into()),
        }
    }

    /// An object of the caller's own that may be absent or null, as it is.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is no object.
    pub fn optional_json(&self, name: &'static str) -> Result<Option<Map<String, Value>>, Fault> {
        Ok(self.optional_object(name)?.map(|fields| fields.0))
    }

    /// The fields whose names begin so, by the rest of their names, each with its text, if it is one.
    pub fn under(&self, prefix: &str) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().filter_map(move |(name, value)| {
            let name = name.strip_prefix(prefix)?;
            Some((name, value.as_str()))
        })
    }

    /// The fields of each object in a list that may be absent or null.
    ///
    /// # Errors
    /// [`Error::InvalidField`] if it is no list of objects.
    pub fn optional_objects(&self, name: &'static str) -> Result<Option<Vec<Self>>, Fault> {
        let list = match self.0.get(name) {
            None | Some(Value::Null) => return Ok(None),
            Some(Value::Array(list)) => list.iter(),
            Some(_) => return Err(Error::InvalidField(name).into()),
        };
        let objects = list.map(|entry| entry.as_object().cloned().map(Self));
        let objects: Option<Vec<_>> = objects.collect();
        Ok(Some(objects.ok_or(Error::InvalidField(name))?))
    }

    /// A list of texts that must be there.
    ///
    /// # Errors
    /// [`Error::MissingField`]; [`Error::InvalidField`] if it is no list, or holds anything else.
    pub fn required_texts(&self, name: &'static str) -> Result<Vec<&str>, Fault> {
        let texts = self.required_list(name)?.iter().map(Value::as_str);
        let texts: Option<Vec<_>> = texts.collect();
        Ok(texts.ok_or(Error::InvalidField(name))?)
    }

    /// A list of objects that must be there, each with its fields.
    ///
    /// # Errors
    /// [`Error::MissingField`]; [`Error::InvalidField`] if it is no list, or holds anything else.
    pub fn required_objects(&self, name: &'static str) -> Result<Vec<Self>, Fault> {
        let fields = |value: &Value| value.as_object().cloned().map(Self);
        let objects: Option<Vec<_>> = self.required_list(name)?.iter().map(fields).collect();
        Ok(objects.ok_or(Error::InvalidField(name))?)
    }

    fn required_list(&self, name: &'static str) -> Result<&[Value], Error> {
        match self.0.get(name) {
            None | Some(Value::Null) => Err(Error::MissingField(name)),
            Some(Value::Array(list)) => Ok(list),
            Some(_) => Err(Error::InvalidField(name)),
        }
    }

    /// Takes over the fields that are missing here.
    #[must_use]
    pub fn or(mut self, others: Self) -> Self {
        for (name, value) in others.0 {
            self.0.entry(name).or_insert(value);
        }
        self
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The number that these digits write; nothing for signs, spaces and what does not fit.
pub fn whole_number(digits: &str) -> Option<u64> {
    let plain = digits.bytes().all(|digit| digit.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

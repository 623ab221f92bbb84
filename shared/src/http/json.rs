//! JSON bodies read strictly: one object, no key twice, no NUL, not nested without end.
//!
//! Duplicate keys are refused because two readers may pick different ones (RFC 8259 §4); NUL because stores and mail programs
//! cut texts at it.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::error::Error;

const MAX_DEPTH: usize = 32;

pub(super) fn parse_object(body: &[u8]) -> Result<Map<String, Value>, Error> {
    let malformed = Error::Malformed("the body is not valid JSON");
    let mut reader = serde_json::Deserializer::from_slice(body);
    let Ok(value) = Strict(MAX_DEPTH).deserialize(&mut reader) else {
        return Err(malformed);
    };
    if reader.end().is_err() {
        return Err(malformed);
    }
    match value {
        Value::Object(object) => Ok(object),
        _ => Err(Error::Malformed("the body is not a JSON object")),
    }
}

/// Reads a value that is nested at most this deep.
#[derive(Clone, Copy)]
struct Strict(usize);

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("not a finite number"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value, E> {
        if text.contains('\0') {
            return Err(E::custom("a text holds NUL"));
        }
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut array = Vec::new();
        while let Some(item) = items.next_element_seed(inner)? {
            array.push(item);
        }
        Ok(Value::Array(array))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let inner = self.deeper()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(inner)?;
            if key.contains('\0') || object.insert(key, value).is_some() {
                return Err(A::Error::custom("a key stands twice or holds NUL"));
            }
        }
        Ok(Value::Object(object))
    }
}

impl Strict {
    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        self.0
            .checked_sub(1)
            .map(Self)
            .ok_or_else(|| E::custom("nested too deep"))
    }
}

#[cfg(test)]
mod tests {
    use super::parse_object;

    #[test]
    fn an_object_is_read_whole() {
        let object =
            parse_object(br#" {"a":1,"b":[true,null,-2.5,{"c":"x"}]} "#).expect("an object");
        assert_eq!(
            serde_json::Value::Object(object).to_string(),
            r#"{"a":1,"b":[true,null,-2.5,{"c":"x"}]}"#
        );
    }

    #[test]
    fn what_readers_could_read_differently_is_refused() {
        let deep = |levels: usize| {
            format!("{{\"a\":{}{}}}", "[".repeat(levels), "]".repeat(levels)).into_bytes()
        };
        assert!(parse_object(&deep(31)).is_ok());
        for body in [
            b"".to_vec(),
            b"{".to_vec(),
            b"[]".to_vec(),
            b"\"text\"".to_vec(),
            b"{} {}".to_vec(),
            b"{}x".to_vec(),
            br#"{"a":1,"a":1}"#.to_vec(),
            br#"{"o":{"a":1,"a":2}}"#.to_vec(),
            br#"{"a":"x\u0000y"}"#.to_vec(),
            br#"{"a\u0000":1}"#.to_vec(),
            br#"{"a":1e999}"#.to_vec(),
            b"{\"a\":\"\xff\"}".to_vec(),
            br#"{"a":"\ud800"}"#.to_vec(),
            deep(32),
            deep(100_000),
        ] {
            assert!(
                parse_object(&body).is_err(),
                "{:?}",
                String::from_utf8_lossy(&body[..body.len().min(60)])
            );
        }
    }
}

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

#[cfg(test)]
mod properties {
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::{MAX_DEPTH, parse_object};

    fn text() -> impl Strategy<Value = String> {
        prop_oneof!["[a-z]{0,4}", "[^\\x00]{0,8}"]
    }

    fn object() -> impl Strategy<Value = Map<String, Value>> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            text().prop_map(Value::from),
        ];
        let value = leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(Value::from),
                btree_map(text(), inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        });
        btree_map(text(), value, 0..5).prop_map(|members| members.into_iter().collect())
    }

    /// What `serde_json` reads, which lets a later member replace an earlier one of its name.
    fn leniently(body: &[u8]) -> Option<Value> {
        serde_json::from_slice(body).ok()
    }

    proptest! {
        #[test]
        fn an_object_reads_as_serde_json_reads_it(object in object()) {
            let body = Value::Object(object).to_string();
            let read = parse_object(body.as_bytes()).expect("an object");
            prop_assert_eq!(Some(Value::Object(read)), leniently(body.as_bytes()));
        }

        #[test]
        fn whatever_is_taken_of_any_bytes_is_what_serde_json_reads(
            object in object(),
            changes in vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
            end in any::<prop::sample::Index>(),
        ) {
            let mut body = Value::Object(object).to_string().into_bytes();
            for (at, byte) in changes {
                let at = at.index(body.len());
                body[at] = byte;
            }
            for body in [&body[..], &body[..end.index(body.len())]] {
                if let Ok(read) = parse_object(body) {
                    prop_assert_eq!(Some(Value::Object(read)), leniently(body));
                }
            }
        }

        #[test]
        fn bytes_that_nobody_wrote_are_refused_or_an_object(body in vec(any::<u8>(), 0..64)) {
            if let Ok(read) = parse_object(&body) {
                prop_assert_eq!(Some(Value::Object(read)), leniently(&body));
            }
        }

        #[test]
        fn a_name_that_stands_twice_is_refused_at_every_depth(
            object in object(),
            name in text(),
            depth in 0..MAX_DEPTH - 6,
        ) {
            let name = Value::from(name);
            let once = format!("{{{name}:{}}}", Value::Object(object.clone()));
            let twice = format!("{{{name}:1,{name}:{}}}", Value::Object(object));
            let within = |inner: &str| {
                format!("{{\"a\":{}{inner}{}}}", "[".repeat(depth), "]".repeat(depth))
            };
            prop_assert!(parse_object(within(&once).as_bytes()).is_ok());
            prop_assert!(parse_object(within(&twice).as_bytes()).is_err());
        }

        #[test]
        fn depth_is_all_that_is_wrong_with_a_deep_one(arrays in 1..3 * MAX_DEPTH) {
            let body = format!("{{\"a\":{}{}}}", "[".repeat(arrays), "]".repeat(arrays));
            prop_assert_eq!(parse_object(body.as_bytes()).is_ok(), arrays < MAX_DEPTH);
        }
    }
}

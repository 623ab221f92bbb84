//! A JSON body is refused, or its texts are what serde_json reads.
#![no_main]

use axum::body::Body;
use futures::FutureExt as _;
use http::Request;
use http::header::CONTENT_TYPE;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use shared::http::read_json;

fuzz_target!(|body: &[u8]| {
    let request = Request::builder().header(CONTENT_TYPE, "application/json");
    let request = request.body(Body::from(body.to_vec())).expect("a request");
    let read = read_json(request).now_or_never();
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
});

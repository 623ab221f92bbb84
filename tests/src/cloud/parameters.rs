//! The parameter store, asked as functions ask it.

use serde_json::{Value, json};

use crate::harness::{Call, Parameters};

fn ask(parameters: &Parameters, operation: &str, body: &Value) -> (u16, Value) {
    let (target, body) = (format!("AmazonSSM.{operation}"), body.to_string());
    let (status, answer) = parameters.answer(Call {
        target: &target,
        body: body.as_bytes(),
    });
    (status, serde_json::from_str(&answer).expect("JSON"))
}

#[test]
fn a_secret_is_shown_only_with_decryption() {
    let parameters = Parameters::default();
    parameters.put_secret("/gatehouse/server/codes", "secret");
    for (decrypt, value) in [(json!(true), "secret"), (json!(false), "c2VhbGVk")] {
        let names = ["/gatehouse/server/codes", "/gatehouse/none"];
        let request = json!({ "Names": names, "WithDecryption": decrypt });
        let (status, answer) = ask(&parameters, "GetParameters", &request);
        assert_eq!(status, 200);
        assert_eq!(answer["Parameters"][0]["Value"], value);
        assert_eq!(answer["Parameters"][0]["Type"], "SecureString");
        assert_eq!(answer["InvalidParameters"], json!(["/gatehouse/none"]));
    }
}

#[test]
fn a_path_is_read_in_pages_of_ten() {
    let parameters = Parameters::default();
    for number in 0..23 {
        parameters.put_secret(&format!("/a/keys/{number:02}"), "x");
    }
    parameters.put_secret("/a/keys/deeper/1", "x");
    parameters.put_secret("/a/keysake", "x");
    let mut request = json!({ "Path": "/a/keys/", "WithDecryption": true });
    let mut sizes = Vec::new();
    loop {
        let (_, page) = ask(&parameters, "GetParametersByPath", &request);
        sizes.push(page["Parameters"].as_array().expect("a page").len());
        match &page["NextToken"] {
            Value::Null => break,
            token => request["NextToken"] = token.clone(),
        }
    }
    assert_eq!(sizes, [10, 10, 3]);
    let request = json!({ "Path": "/a", "Recursive": true, "MaxResults": 1 });
    let (_, page) = ask(&parameters, "GetParametersByPath", &request);
    assert_eq!(page["Parameters"][0]["Name"], "/a/keys/00");
}

#[test]
fn a_parameter_is_made_once_and_deleted_once() {
    let parameters = Parameters::default();
    let mut put = json!({ "Name": "/a", "Value": "1", "Type": "SecureString" });
    assert_eq!(ask(&parameters, "PutParameter", &put).1["Version"], 1);
    let (status, refused) = ask(&parameters, "PutParameter", &put);
    assert_eq!(
        (status, &refused["__type"]),
        (400, &json!("ParameterAlreadyExists"))
    );
    put["Overwrite"] = json!(true);
    assert_eq!(ask(&parameters, "PutParameter", &put).1["Version"], 2);
    put["Value"] = json!("x".repeat(4097));
    assert_eq!(ask(&parameters, "PutParameter", &put).0, 400);
    let delete = json!({ "Name": "/a" });
    assert_eq!(ask(&parameters, "DeleteParameter", &delete).0, 200);
    let (status, refused) = ask(&parameters, "DeleteParameter", &delete);
    assert_eq!(
        (status, &refused["__type"]),
        (400, &json!("ParameterNotFound"))
    );
}

#[test]
fn throttling_ends_after_so_many_calls() {
    let parameters = Parameters::default();
    parameters.throttle(2);
    let request = json!({ "Path": "/a" });
    let ask = || ask(&parameters, "GetParametersByPath", &request);
    for _ in 0..2 {
        let (status, refused) = ask();
        assert_eq!(
            (status, &refused["__type"]),
            (400, &json!("ThrottlingException"))
        );
    }
    assert_eq!(ask().0, 200);
}

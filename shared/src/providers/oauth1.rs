//! Signatures of OAuth 1.0a: HMAC-SHA1 over method, address and parameters (RFC 5849 §3.4).

use aws_lc_rs::hmac;
use data_encoding::BASE64;
use http::Uri;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, PercentEncode, utf8_percent_encode};

/// Everything but the unreserved characters (RFC 5849 §3.6).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// The secrets of client and token, which make the key.
#[derive(Clone, Copy)]
pub(super) struct Secrets<'a> {
    pub(super) client: &'a str,
    pub(super) token: &'a str,
}

/// The signature of a request without its query, which is among the parameters.
pub(super) fn signature(
    method: &str,
    uri: &Uri,
    parameters: &[(&str, &str)],
    secrets: Secrets<'_>,
) -> String {
    let base = format!(
        "{method}&{}&{}",
        encode(&base_uri(uri)),
        encode(&normalized(parameters))
    );
    let key = format!("{}&{}", encode(secrets.client), encode(secrets.token));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key.as_bytes());
    BASE64.encode(hmac::sign(&key, base.as_bytes()).as_ref())
}

/// The value of a header field that carries these parameters (RFC 5849 §3.5.1).
pub(super) fn header(parameters: &[(&str, &str)]) -> String {
    let parts: Vec<_> = parameters
        .iter()
        .map(|(name, value)| format!("{}=\"{}\"", encode(name), encode(value)))
        .collect();
    format!("OAuth {}", parts.join(", "))
}

fn encode(text: &str) -> PercentEncode<'_> {
    utf8_percent_encode(text, RESERVED)
}

/// Scheme and host in lower case, the port unless it goes without saying, the path (RFC 5849 §3.4.1.2).
fn base_uri(uri: &Uri) -> String {
    let scheme = uri.scheme_str().unwrap_or_default().to_ascii_lowercase();
    let host = uri.host().unwrap_or_default().to_ascii_lowercase();
    let port = match (scheme.as_str(), uri.port_u16()) {
        ("http", Some(80)) | ("https", Some(443)) | (_, None) => String::new(),
        (_, Some(port)) => format!(":{port}"),
    };
    format!("{scheme}://{host}{port}{}", uri.path())
}

/// The parameters, sorted as they are encoded (RFC 5849 §3.4.1.3.2).
fn normalized(parameters: &[(&str, &str)]) -> String {
    let mut encoded: Vec<_> = parameters
        .iter()
        .map(|(name, value)| (encode(name).to_string(), encode(value).to_string()))
        .collect();
    encoded.sort();
    let pairs: Vec<_> = encoded
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::{Secrets, base_uri, header, normalized, signature};

    fn uri(text: &str) -> http::Uri {
        text.parse().expect("an address")
    }

    #[test]
    fn the_example_of_rfc_5849() {
        let parameters = [
            ("oauth_consumer_key", "dpf43f3p2l4k3l03"),
            ("oauth_token", "nnch734d00sl2jdk"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "137131202"),
            ("oauth_nonce", "chapoH"),
            ("file", "vacation.jpg"),
            ("size", "original"),
        ];
        let secrets = Secrets {
            client: "kd94hf93k423kf44",
            token: "pfkkdhi9sl3r4s00",
        };
        let signature = signature(
            "GET",
            &uri("http://photos.example.net/photos"),
            &parameters,
            secrets,
        );
        assert_eq!(signature, "MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    }

    #[test]
    fn the_example_of_twitters_documentation() {
        let parameters = [
            (
                "status",
                "Hello Ladies + Gentlemen, a signed OAuth request!",
            ),
            ("include_entities", "true"),
            ("oauth_consumer_key", "xvz1evFS4wEEPTGEFPHBog"),
            ("oauth_nonce", "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", "1318622958"),
            (
                "oauth_token",
                "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
            ),
            ("oauth_version", "1.0"),
        ];
        let secrets = Secrets {
            client: "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
            token: "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
        };
        let address = uri("https://api.twitter.com/1.1/statuses/update.json");
        let signature = signature("POST", &address, &parameters, secrets);
        assert_eq!(signature, "hCtSmYh+iHYCEqBWrE7C7hYmtUk=");
    }

    #[test]
    fn parameters_are_sorted_as_they_are_encoded() {
        // RFC 5849 §3.4.1.3.2
        let parameters = [
            ("b5", "=%3D"),
            ("a3", "a"),
            ("c@", ""),
            ("a2", "r b"),
            ("oauth_nonce", "7d8f3e4a"),
            ("c2", ""),
            ("a3", "2 q"),
        ];
        let expected = "a2=r%20b&a3=2%20q&a3=a&b5=%3D%253D&c%40=&c2=&oauth_nonce=7d8f3e4a";
        assert_eq!(normalized(&parameters), expected);
    }

    #[test]
    fn an_address_has_one_form() {
        for (address, base) in [
            (
                "HTTP://EXAMPLE.COM:80/r%20v/X",
                "http://example.com/r%20v/X",
            ),
            (
                "https://www.example.net:8080/",
                "https://www.example.net:8080/",
            ),
            (
                "https://api.twitter.com:443/1.1/a.json",
                "https://api.twitter.com/1.1/a.json",
            ),
        ] {
            assert_eq!(base_uri(&uri(address)), base);
        }
    }

    #[test]
    fn a_header_quotes_encoded_values() {
        let value = header(&[("oauth_nonce", "n"), ("oauth_signature", "a+/=")]);
        assert_eq!(
            value,
            r#"OAuth oauth_nonce="n", oauth_signature="a%2B%2F%3D""#
        );
    }
}

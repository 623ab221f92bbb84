//! A proxy in front of the gateway, which alone may say where a request came from.

use std::fmt;

use aws_lc_rs::constant_time;
use http::{HeaderMap, HeaderName};
use secrecy::{ExposeSecret, SecretString};

use super::Client;

/// The header by which a proxy proves itself.
const PROOF: &str = "x-trusted-proxy-secret";

/// What a proxy must know, and the header in which it names the client.
#[derive(Clone)]
pub struct TrustedProxy {
    secret: SecretString,
    client_header: HeaderName,
}

impl TrustedProxy {
    /// A proxy that sends this secret in `X-Trusted-Proxy-Secret` and the client's address in that header.
    pub fn new(secret: SecretString, client_header: HeaderName) -> Self {
        Self {
            secret,
            client_header,
        }
    }

    /// The client that a proxy names; nothing unless the proxy proves itself and names one address.
    pub(super) fn client(&self, headers: &HeaderMap) -> Option<Client> {
        let proof = headers.get(PROOF)?.as_bytes();
        let secret = self.secret.expose_secret().as_bytes();
        constant_time::verify_slices_are_equal(proof, secret).ok()?;
        let address = headers.get(&self.client_header)?.to_str().ok()?;
        address.trim().parse().ok().map(Client::at)
    }
}

impl fmt::Debug for TrustedProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TrustedProxy")
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::TrustedProxy;

    fn named(headers: &[(&'static str, &'static str)]) -> Option<String> {
        let proxy = TrustedProxy::new("proxy-secret".into(), HeaderName::from_static("x-real-ip"));
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect();
        proxy
            .client(&headers)?
            .0
            .map(crate::domain::ClientAddress::as_text)
    }

    #[test]
    fn only_a_proxy_that_proves_itself_names_the_client() {
        let proof = ("x-trusted-proxy-secret", "proxy-secret");
        let client = ("x-real-ip", "203.0.113.9");
        assert_eq!(named(&[proof, client]).as_deref(), Some("203.0.113.9"));
        assert_eq!(named(&[client]), None);
        assert_eq!(named(&[proof]), None);
        assert_eq!(
            named(&[("x-trusted-proxy-secret", "proxy-secre"), client]),
            None
        );
        assert_eq!(
            named(&[proof, ("x-real-ip", "203.0.113.9, 198.51.100.1")]),
            None
        );
        assert_eq!(named(&[proof, ("x-forwarded-for", "203.0.113.9")]), None);
    }
}

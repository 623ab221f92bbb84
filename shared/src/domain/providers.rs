//! What a project knows of its providers (document 004): where they answer, as whom it calls them, which issuers it believes.

use std::fmt;

use http::Uri;
use secrecy::{ExposeSecret, SecretString};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::ProviderName;

const GOOGLE_ISSUER: &str = "https://accounts.google.com";
const GOOGLE_KEYS: &str = "https://www.googleapis.com/oauth2/v3/certs";
const FACEBOOK_GRAPH: &str = "https://graph.facebook.com";
const TWITTER_API: &str = "https://api.twitter.com";

/// The providers that a project has, each with what it needs. Those that are absent are off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Providers {
    #[serde(skip_serializing_if = "Option::is_none")]
    aws_cognito: Option<PoolSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    auth_zero: Option<IssuerSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymous: Option<NoSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    no_login: Option<NoSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    twitter: Option<TwitterSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    google: Option<IssuerSettings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    facebook: Option<FacebookSettings>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoSettings {}

/// All or nothing: without, there is no pool behind our own accounts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PoolSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<ProviderSecret>,
    /// In place of the region's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    jwks_uri: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    client_ids: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FacebookSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    graph_url: Option<String>,
    app_id: String,
    app_secret: ProviderSecret,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TwitterSettings {
    #[serde(skip_serializing_if = "Option::is_none")]
    api_url: Option<String>,
    consumer_key: String,
    consumer_secret: ProviderSecret,
    #[serde(default)]
    accept_unbound_tokens: bool,
}

/// A secret that a provider gave a project. Serialised only to be sealed.
#[derive(Clone)]
pub struct ProviderSecret(SecretString);

/// An issuer whose tokens a project takes (OpenID Connect Core §3.1.3.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrustedIssuer<'a> {
    /// `iss` of its tokens.
    pub issuer: &'a str,
    /// Where its keys are.
    pub jwks_uri: &'a str,
    /// One of them is in `aud`.
    pub client_ids: &'a [String],
}

/// An app at Facebook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FacebookApp<'a> {
    /// The Graph API, without a slash at the end.
    pub graph_url: &'a str,
    /// The app.
    pub app_id: &'a str,
    /// Its secret.
    pub app_secret: &'a ProviderSecret,
}

/// An app at Twitter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TwitterApp<'a> {
    /// The API, without a slash at the end.
    pub api_url: &'a str,
    /// The app's key (OAuth 1.0a).
    pub consumer_key: &'a str,
    /// Its secret.
    pub consumer_secret: &'a ProviderSecret,
    /// Whether OAuth 2 tokens are taken, which do not tell which app they were issued to.
    pub accept_unbound_tokens: bool,
}

/// A Cognito user pool whose users are taken over as they sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPool<'a> {
    /// Where it answers, without a slash at the end.
    pub endpoint: String,
    /// The app client.
    pub client_id: &'a str,
    /// Its secret, if it has one.
    pub client_secret: Option<&'a ProviderSecret>,
}

/// What is wrong with a project's providers: for whoever wrote them.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("providers: {0}")]
pub struct InvalidProviders(String);

impl Providers {
    /// Those that need nothing from outside.
    pub fn of_our_own() -> Self {
        Self {
            aws_cognito: Some(PoolSettings::default()),
            auth_zero: Some(IssuerSettings::default()),
            anonymous: Some(NoSettings {}),
            no_login: Some(NoSettings {}),
            ..Self::default()
        }
    }

    /// Reads what an operator wrote: an object from name to settings. `loopback` also takes plain http to this machine.
    ///
    /// # Errors
    /// [`InvalidProviders`] names what is missing, bad or unknown.
    pub fn read(settings: Value, loopback: bool) -> Result<Self, InvalidProviders> {
        // Serde would take a list for an object, and show any other value, which may be a secret.
        let Some(members) = settings.as_object() else {
            return Err(InvalidProviders("must be an object".to_owned()));
        };
        let is_shaped = |member: &Value| member.is_object() || member.is_null();
        if let Some((name, _)) = members.iter().find(|(_, member)| !is_shaped(member)) {
            return Err(InvalidProviders(format!("{name}: must be an object")));
        }
        let read: Self = serde_json::from_value(settings)
            .map_err(|fault| InvalidProviders(fault.to_string()))?;
        read.check(loopback)?;
        Ok(read)
    }

    /// Whether a project has this one.
    pub fn has(&self, provider: ProviderName) -> bool {
        match provider {
            ProviderName::AwsCognito => self.aws_cognito.is_some(),
            ProviderName::AuthZero => self.auth_zero.is_some(),
            ProviderName::Anonymous => self.anonymous.is_some(),
            ProviderName::NoLogin => self.no_login.is_some(),
            ProviderName::Twitter => self.twitter.is_some(),
            ProviderName::Google => self.google.is_some(),
            ProviderName::Facebook => self.facebook.is_some(),
        }
    }

    /// Those that a project has.
    pub fn names(&self) -> impl Iterator<Item = ProviderName> {
        ProviderName::ALL
            .into_iter()
            .filter(|provider| self.has(*provider))
    }

    /// Google, as an issuer.
    pub fn google(&self) -> Option<TrustedIssuer<'_>> {
        let settings = self.google.as_ref()?;
        Some(TrustedIssuer {
            issuer: settings.issuer.as_deref().unwrap_or(GOOGLE_ISSUER),
            jwks_uri: settings.jwks_uri.as_deref().unwrap_or(GOOGLE_KEYS),
            client_ids: &settings.client_ids,
        })
    }

    /// The issuer under the name of Auth0; nothing where our own accounts are all there is.
    pub fn auth_zero(&self) -> Option<TrustedIssuer<'_>> {
        let settings = self.auth_zero.as_ref()?;
        Some(TrustedIssuer {
            issuer: settings.issuer.as_deref()?,
            jwks_uri: settings.jwks_uri.as_deref()?,
            client_ids: &settings.client_ids,
        })
    }

    /// The app at Facebook.
    pub fn facebook(&self) -> Option<FacebookApp<'_>> {
        let settings = self.facebook.as_ref()?;
        Some(FacebookApp {
            graph_url: base(settings.graph_url.as_deref(), FACEBOOK_GRAPH),
            app_id: &settings.app_id,
            app_secret: &settings.app_secret,
        })
    }

    /// The app at Twitter.
    pub fn twitter(&self) -> Option<TwitterApp<'_>> {
        let settings = self.twitter.as_ref()?;
        Some(TwitterApp {
            api_url: base(settings.api_url.as_deref(), TWITTER_API),
            consumer_key: &settings.consumer_key,
            consumer_secret: &settings.consumer_secret,
            accept_unbound_tokens: settings.accept_unbound_tokens,
        })
    }

    /// The pool behind our own accounts, if there is one.
    pub fn user_pool(&self) -> Option<UserPool<'_>> {
        let settings = self.aws_cognito.as_ref()?;
        let region = settings.region.as_deref()?;
        let endpoint = match &settings.endpoint {
            Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
            None => format!("https://cognito-idp.{region}.amazonaws.com"),
        };
        Some(UserPool {
            endpoint,
            client_id: settings.client_id.as_deref()?,
            client_secret: settings.client_secret.as_ref(),
        })
    }

    /// The settings without their secrets, for whoever looks at them.
    pub fn shown(&self) -> Value {
        let mut shown = serde_json::to_value(self).unwrap_or_default();
        for settings in shown
            .as_object_mut()
            .into_iter()
            .flat_map(serde_json::Map::values_mut)
        {
            let settings = settings.as_object_mut().into_iter().flatten();
            for (name, value) in settings {
                if name.ends_with("_secret") {
                    *value = Value::from("set");
                }
            }
        }
        shown
    }

    fn check(&self, loopback: bool) -> Result<(), InvalidProviders> {
        self.check_pool()?;
        for (name, settings) in [("google", &self.google), ("authZero", &self.auth_zero)] {
            if let Some(settings) = settings {
                settings.check(name)?;
            }
        }
        let google_clients = self.google.as_ref().map(|google| google.client_ids.len());
        if google_clients == Some(0) {
            return Err(InvalidProviders(
                "google: client_ids must name one".to_owned(),
            ));
        }
        for (name, url) in self.urls() {
            let uri: Option<Uri> = url.parse().ok();
            if !uri.is_some_and(|uri| is_safe(&uri, loopback)) {
                return Err(InvalidProviders(format!("{name} must be an https URL")));
            }
        }
        Ok(())
    }

    fn check_pool(&self) -> Result<(), InvalidProviders> {
        let Some(pool) = &self.aws_cognito else {
            return Ok(());
        };
        let none = *pool == PoolSettings::default();
        let region = pool.region.as_deref().unwrap_or_default();
        let plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        let complete = !region.is_empty() && region.bytes().all(plain) && pool.client_id.is_some();
        if none || complete {
            return Ok(());
        }
        let text = "awsCognito: a pool has a region and a client_id";
        Err(InvalidProviders(text.to_owned()))
    }

    /// What is called, by its place.
    fn urls(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let google = self.google.as_ref();
        let auth_zero = self.auth_zero.as_ref();
        let facebook = self.facebook.as_ref();
        let twitter = self.twitter.as_ref();
        let pool = self.aws_cognito.as_ref();
        [
            (
                "google: jwks_uri",
                google.and_then(|set| set.jwks_uri.as_deref()),
            ),
            (
                "authZero: jwks_uri",
                auth_zero.and_then(|set| set.jwks_uri.as_deref()),
            ),
            (
                "facebook: graph_url",
                facebook.and_then(|set| set.graph_url.as_deref()),
            ),
            (
                "twitter: api_url",
                twitter.and_then(|set| set.api_url.as_deref()),
            ),
            (
                "awsCognito: endpoint",
                pool.and_then(|set| set.endpoint.as_deref()),
            ),
        ]
        .into_iter()
        .filter_map(|(name, url)| Some((name, url?)))
    }
}

impl IssuerSettings {
    /// Issuer and keys belong together, and a token that is for nobody in particular is for everybody.
    fn check(&self, name: &str) -> Result<(), InvalidProviders> {
        let whole = self.issuer.is_some() == self.jwks_uri.is_some();
        let named = self.issuer.is_none() || !self.client_ids.is_empty();
        if whole && named {
            return Ok(());
        }
        let text = "an issuer has a jwks_uri and client_ids";
        Err(InvalidProviders(format!("{name}: {text}")))
    }
}

impl ProviderSecret {
    /// The secret.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl PartialEq for ProviderSecret {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for ProviderSecret {}

impl fmt::Debug for ProviderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderSecret")
    }
}

impl Serialize for ProviderSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.expose())
    }
}

impl<'de> Deserialize<'de> for ProviderSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The library's own words would show what stands in a text's place.
        match Value::deserialize(deserializer)? {
            Value::String(text) => Ok(Self(text.into())),
            _ => Err(D::Error::custom("a secret must be a text")),
        }
    }
}

fn base<'a>(configured: Option<&'a str>, default: &'static str) -> &'a str {
    configured.unwrap_or(default).trim_end_matches('/')
}

fn is_safe(uri: &Uri, loopback: bool) -> bool {
    let local = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match uri.scheme_str() {
        Some("https") => uri.host().is_some(),
        Some("http") => loopback && local,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Providers;
    use crate::domain::ProviderName;

    #[test]
    fn a_secret_in_the_wrong_shape_is_not_repeated() {
        let app = |secret| json!({ "facebook": { "app_id": "1", "app_secret": secret } });
        let text = "a secret must be a text";
        for (settings, problem) in [
            (json!({ "facebook": "7331" }), "facebook: must be an object"),
            (
                json!({ "facebook": [null, "1", "7331"] }),
                "facebook: must be an object",
            ),
            (app(json!(7331)), text),
            (app(json!(["7331"])), text),
            (app(json!(null)), text),
        ] {
            let refused = Providers::read(settings, false).expect_err("no text");
            assert_eq!(refused.to_string(), format!("providers: {problem}"));
        }
    }

    #[test]
    fn what_is_left_out_has_its_public_address() {
        let providers = json!({
            "google": { "client_ids": ["ours"] },
            "facebook": { "app_id": "1", "app_secret": "hush" },
            "twitter": { "consumer_key": "k", "consumer_secret": "hush" },
            "awsCognito": { "region": "eu-west-1", "client_id": "c" },
        });
        let read = Providers::read(providers, false).expect("settings");
        let google = read.google().expect("an issuer");
        assert_eq!(google.issuer, "https://accounts.google.com");
        assert_eq!(
            google.jwks_uri,
            "https://www.googleapis.com/oauth2/v3/certs"
        );
        assert_eq!(
            read.facebook().expect("an app").graph_url,
            "https://graph.facebook.com"
        );
        assert_eq!(
            read.twitter().expect("an app").api_url,
            "https://api.twitter.com"
        );
        assert!(!read.twitter().expect("an app").accept_unbound_tokens);
        let pool = read.user_pool().expect("a pool");
        assert_eq!(pool.endpoint, "https://cognito-idp.eu-west-1.amazonaws.com");
        assert!(!read.has(ProviderName::Anonymous) && read.auth_zero().is_none());
    }

    #[test]
    fn secrets_are_not_shown() {
        let providers = json!({ "facebook": { "app_id": "1", "app_secret": "hush" } });
        let read = Providers::read(providers, false).expect("settings");
        assert_eq!(
            read.shown(),
            json!({ "facebook": { "app_id": "1", "app_secret": "set" } })
        );
        assert!(!format!("{read:?}").contains("hush"));
    }

    #[test]
    fn our_own_have_no_issuer_and_no_pool() {
        let own = Providers::of_our_own();
        let names: Vec<_> = own.names().map(ProviderName::as_str).collect();
        assert_eq!(names, ["awsCognito", "authZero", "anonymous", "noLogin"]);
        assert!(own.auth_zero().is_none() && own.user_pool().is_none());
        let same = Providers::read(serde_json::to_value(&own).expect("JSON"), false);
        assert_eq!(same, Ok(own));
    }

    #[test]
    fn bad_settings_are_named() {
        for (settings, problem) in [
            (json!([]), "providers: must be an object"),
            (
                json!({ "myspace": {} }),
                "providers: unknown field `myspace`",
            ),
            (
                json!({ "noLogin": { "x": 1 } }),
                "providers: unknown field `x`",
            ),
            (
                json!({ "facebook": {} }),
                "providers: missing field `app_id`",
            ),
            (
                json!({ "google": {} }),
                "providers: google: client_ids must name one",
            ),
            (
                json!({ "authZero": { "issuer": "https://i.example" } }),
                "providers: authZero: an issuer has a jwks_uri and client_ids",
            ),
            (
                json!({ "google": { "client_ids": ["c"], "issuer": "i", "jwks_uri": "http://127.0.0.1/k" } }),
                "providers: google: jwks_uri must be an https URL",
            ),
            (
                json!({ "awsCognito": { "region": "eu-west-1" } }),
                "providers: awsCognito: a pool has a region and a client_id",
            ),
            (
                json!({ "awsCognito": { "region": "evil.example/", "client_id": "c" } }),
                "providers: awsCognito: a pool has a region and a client_id",
            ),
        ] {
            let fault = Providers::read(settings, false).expect_err(problem);
            assert!(fault.to_string().starts_with(problem), "{fault}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_alone() {
        let at = |url: &str| json!({ "google": { "client_ids": ["c"], "issuer": "i", "jwks_uri": url } });
        assert!(Providers::read(at("http://127.0.0.1:9/k"), true).is_ok());
        assert!(Providers::read(at("http://127.0.0.1:9/k"), false).is_err());
        assert!(Providers::read(at("http://example.com/k"), true).is_err());
        assert!(Providers::read(at("https://example.com/k"), false).is_ok());
    }
}

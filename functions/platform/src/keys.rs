//! The public keys (RFC 7517), where to find them (OpenID Connect Discovery 1.0), and the OpenAPI documents. Cacheable: services
//! verify tokens without asking us.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use http::StatusCode;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use serde_json::json;
use shared::error::Error;
use shared::http::Fault;
use shared::runtime::{Algorithm, Foundation};

/// A new key is published for longer than this before it signs.
const CACHEABLE: [(http::HeaderName, &str); 1] = [(CACHE_CONTROL, "public, max-age=300")];
const USER_SERVICE: &str = include_str!("../../../docs/openapi/user-service.json");
const SECURITY: &str = include_str!("../../../docs/openapi/security.json");
const RBAC: &str = include_str!("../../../docs/openapi/rbac.json");
const SESSION: &str = include_str!("../../../docs/openapi/session.json");
const IDENTIFY: &str = include_str!("../../../docs/openapi/identify.json");

pub(crate) fn router(foundation: &Foundation) -> Router {
    let jwks = json!({ "keys": foundation.key_set.to_jwks() });
    let issuer = &foundation.config.tokens.issuer;
    let mut algorithms = Algorithm::ALL.to_vec();
    let published = &foundation.key_set.keys;
    algorithms.retain(|one| published.iter().any(|key| key.algorithm == *one));
    let algorithms: Vec<_> = algorithms.into_iter().map(Algorithm::as_str).collect();
    let discovery = json!({
        "issuer": issuer,
        "jwks_uri": format!("{}/.well-known/jwks.json", foundation.config.public_url),
        "id_token_signing_alg_values_supported": algorithms,
        "response_types_supported": ["token"],
        "subject_types_supported": ["public"],
    });
    Router::new()
        .route(
            "/.well-known/jwks.json",
            get(|| async { (CACHEABLE, Json(jwks)) }),
        )
        .route(
            "/.well-known/openid-configuration",
            get(|| async { (CACHEABLE, Json(discovery)) }),
        )
        .route("/openapi/{document}", get(openapi))
}

async fn openapi(request: Request) -> Response {
    let document = match request.uri().path() {
        "/openapi/user-service.json" => USER_SERVICE,
        "/openapi/security.json" => SECURITY,
        "/openapi/rbac.json" => RBAC,
        "/openapi/session.json" => SESSION,
        "/openapi/identify.json" => IDENTIFY,
        _ => return render_fault(&Fault::NotFound),
    };
    let json = [(CONTENT_TYPE, "application/json")];
    (CACHEABLE, json, document).into_response()
}

/// Writes a fault to the log, if it is ours, and to the caller.
pub fn render_fault(fault: &Fault) -> Response {
    fault.log();
    let body = Json(json!({ "error": fault.to_string() }));
    match fault {
        Fault::NotFound => (StatusCode::NOT_FOUND, body).into_response(),
        Fault::MethodNotAllowed(methods) => {
            let allow = [(ALLOW, methods.clone())];
            (StatusCode::METHOD_NOT_ALLOWED, allow, body).into_response()
        }
        Fault::Core(Error::Unavailable(_)) | Fault::DeadlinePassed => {
            let later = [(RETRY_AFTER, "5")];
            (StatusCode::SERVICE_UNAVAILABLE, later, body).into_response()
        }
        Fault::Core(Error::Internal(_)) => {
            (StatusCode::INTERNAL_SERVER_ERROR, body).into_response()
        }
        // Nothing is read here but paths, so no other refusal says more.
        Fault::BodyTooLarge | Fault::UnsupportedMediaType | Fault::Core(_) => {
            (StatusCode::BAD_REQUEST, body).into_response()
        }
    }
}

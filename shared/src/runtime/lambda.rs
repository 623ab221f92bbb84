//! AWS Lambda: the SDK's configuration, logs, and the loop that feeds a router with API Gateway events.

use aws_config::BehaviorVersion;
use aws_sdk_dynamodb::Client;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use http::StatusCode;
use lambda_http::request::RequestContext::ApiGatewayV2;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, LambdaEvent, Service as _, service_fn};
use serde_json::json;
use tracing_subscriber::EnvFilter;

use super::gate;

use crate::http::{Client as HttpClient, RequestId};
use crate::store::Store;

/// A client of DynamoDB as the environment describes it: credentials and region as Lambda gives them;
/// `AWS_ENDPOINT_URL_DYNAMODB` names another database.
#[expect(
    clippy::disallowed_methods,
    reason = "the one place that loads the SDK's configuration"
)]
pub async fn dynamodb_client() -> Client {
    let environment = aws_config::defaults(BehaviorVersion::latest()).load().await;
    let config = aws_sdk_dynamodb::config::Builder::from(&environment);
    Client::from_conf(config.timeout_config(Store::timeouts()).build())
}

/// JSON log lines at this level for our own code, warnings for the rest.
pub fn init_logs(level: &str) {
    let ours = ["shared", "user_service", "platform", "local"]
        .map(|target| format!("{target}={level}"))
        .join(",");
    let filter = EnvFilter::new(format!("warn,{ours}"));
    let logs = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false);
    // A second call finds the first one's subscriber in place: that one stays.
    let _ = logs
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .try_init();
}

/// Why a function ended.
pub type ServeError = Box<dyn std::error::Error + Send + Sync>;

/// Serves a router to the Lambda runtime until the environment ends.
///
/// # Errors
/// The runtime API fails.
pub async fn serve(router: Router) -> Result<(), ServeError> {
    let adapter = Adapter::from(router.layer(from_fn(take_context)));
    let handler = service_fn(move |mut event: LambdaEvent<LambdaRequest>| {
        if let LambdaRequest::ApiGatewayV2(request) = &mut event.payload {
            gate::tame(request);
        }
        adapter.clone().call(event)
    });
    lambda_http::lambda_runtime::run(handler).await
}

/// Client address and request id from the gateway's request context, never from a header.
async fn take_context(mut request: Request, next: Next) -> Response {
    if gate::is_refused(request.headers()) {
        let body = Json(json!({ "error": "the path or the query is not valid" }));
        return (StatusCode::BAD_REQUEST, body).into_response();
    }
    if let Some(ApiGatewayV2(context)) = request.extensions().get::<RequestContext>().cloned() {
        let address = context
            .http
            .source_ip
            .as_deref()
            .and_then(|address| address.parse().ok());
        request
            .extensions_mut()
            .insert(address.map_or(HttpClient(None), HttpClient::at));
        if let Some(id) = context.request_id {
            request.extensions_mut().insert(RequestId(id));
        }
    }
    next.run(request).await
}

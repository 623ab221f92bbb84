//! The Lambda loop: feeds a router with API Gateway events, or a handler with events of any other kind.

use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use futures::future::{BoxFuture, join};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use serde_json::value::RawValue;
use tower::ServiceExt as _;
use tracing::{Instrument as _, Span};

use super::aws::Aws;
use super::function::Connect;
use super::gateway::{self, Answer};
use super::log::{LogFilter, init_logs};
use super::{Foundation, Function, Live, Operator, Source, StartError, aws};
use crate::config::Place;
use crate::error::causes;
use crate::http::RequestId;
use crate::keys::{SecretName, Secrets};

/// Why a function ended.
pub type ServeError = Box<dyn std::error::Error + Send + Sync>;

/// Serves a function to the Lambda runtime until the environment ends.
pub async fn serve(function: &'static Function) -> ExitCode {
    ended(run(function).await)
}

async fn run(function: &'static Function) -> Result<(), ServeError> {
    let (mut source, aws) = Source::from_environment(function.secrets, function.vault)?;
    if let Some(senders) = function.messengers {
        source.messengers = Some(Arc::new(move |config| senders(&aws, config)));
    }
    let bases = Place::read(source.environment.clone())?.base_paths;
    let live = Live::start(source, function.build).await?;
    let (bases, live) = (&bases, &live);
    let handler = service_fn(|event: LambdaEvent<Box<RawValue>>| async move {
        match gateway::request(event.payload.get(), bases) {
            Ok(request) => answered(live, request).await,
            Err(fault) => Err(fault),
        }
        .map_err(|fault| told(&fault))
    });
    lambda_runtime::run(handler).await
}

/// Serves events that are no HTTP requests, with what `build` makes of the installation.
pub async fn serve_events<T: Clone + Send + Sync + 'static>(
    secrets: &'static [SecretName],
    build: fn(&Aws, &Foundation, &Secrets) -> Result<T, StartError>,
    answer: fn(T, Value) -> BoxFuture<'static, Result<Value, ServeError>>,
) -> ExitCode {
    let started = async {
        let connect: Connect = aws::vault;
        let (source, aws) = Source::from_environment(secrets, Some(connect))?;
        Live::start(source, move |foundation, secrets| {
            build(&aws, foundation, secrets)
        })
        .await
    };
    let live = match started.await {
        Ok(live) => Arc::new(live),
        Err(fault) => return ended(Err(fault.into())),
    };
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let live = Arc::clone(&live);
        let span = span_of(&event.context.request_id);
        let answered = async move {
            live.catch_up().await;
            let work = answer(live.current(), event.payload);
            let (answer, ()) = join(work, live.keep_up()).await;
            answer.map_err(|fault| told(&fault))
        };
        answered.instrument(span)
    });
    ended(lambda_runtime::run(handler).await)
}

/// Serves events of the function that sets an installation up: it has what the environment alone gives.
pub async fn serve_operator(
    secrets: &'static [SecretName],
    answer: fn(Operator, Value) -> BoxFuture<'static, Result<Value, ServeError>>,
) -> ExitCode {
    let operator = match Operator::from_environment(secrets) {
        Ok(operator) => operator,
        Err(fault) => return ended(Err(fault.into())),
    };
    let handler = service_fn(move |event: LambdaEvent<Value>| {
        let span = span_of(&event.context.request_id);
        let answer = answer(operator.clone(), event.payload);
        let answered = async move { answer.await.map_err(|fault| told(&fault)) };
        answered.instrument(span)
    });
    ended(lambda_runtime::run(handler).await)
}

/// What lines tell of the invocation that they belong to.
fn span_of(id: &str) -> Span {
    tracing::error_span!("invocation", request.id = id)
}

/// An error as its text alone, for the runtime to answer and to log: of any other it would write all that Rust can show. What is
/// behind it goes to the log here.
fn told(fault: &ServeError) -> Diagnostic {
    let causes = causes(&**fault);
    if !causes.is_empty() {
        tracing::error!(
            outcome = "failed",
            "an event was not answered: {fault}{causes}"
        );
    }
    Diagnostic {
        error_type: "NotDone".to_owned(),
        error_message: fault.to_string(),
    }
}

fn ended(end: Result<(), ServeError>) -> ExitCode {
    match end {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            // There is no log yet if it could not be told at which level.
            init_logs(LogFilter::at("error"));
            let causes = causes(&*fault);
            tracing::error!(outcome = "failed", "the function ended: {fault}{causes}");
            ExitCode::FAILURE
        }
    }
}

/// Serves with what is current, and keeps up beside it.
async fn answered(live: &Live<Router>, request: Request) -> Result<Answer, ServeError> {
    let id = request.extensions().get::<RequestId>();
    let span = id.map_or_else(Span::none, |id| span_of(&id.0));
    let method = request.method().clone();
    let answered = async {
        live.catch_up().await;
        let answer = live.current().oneshot(request);
        let (answer, ()) = join(answer, live.keep_up()).await;
        // Does nothing unless the request has told the process to reload: then the next one finds it done.
        live.keep_up().await;
        Answer::to(&method, answer?).await
    };
    answered.instrument(span).await
}

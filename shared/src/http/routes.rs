//! A dialect's whole route table, known to each of its functions, so that a wrong method is 405 whichever function it reaches.

use http::Method;

/// One operation: method and path, with parameters as axum writes them.
pub type Route = (Method, &'static str);

/// A group's operations, each once: the table that the shell knows them by, the router that serves them, and the document that is
/// told of them. Only who asks for the document links it, which no function does.
///
/// ```ignore
/// operations! { State;
///     POST "/user-service/{v}/users/login" => login,
///     POST "/user-service/{v}/users/register" => register,
/// }
/// ```
///
/// makes `ROUTES`, `router()` and `Document`, of handlers over `State` that `utoipa::path` describes.
#[macro_export]
macro_rules! operations {
    ($state:ty; $($method:ident $path:literal => $($handler:ident)::+,)+) => {
        /// The group's operations.
        pub(crate) const ROUTES: &[$crate::http::Route] =
            &[$((::http::Method::$method, $path)),+];

        /// What serves them.
        pub(crate) fn router() -> ::axum::Router<$state> {
            ::axum::Router::new()$(.route(
                $path,
                ::axum::routing::on(::axum::routing::MethodFilter::$method, $($handler)::+),
            ))+
        }

        /// What is told of them.
        #[derive(::utoipa::OpenApi)]
        #[openapi(paths($($($handler)::+),+))]
        pub(crate) struct Document;
    };
}

pub use operations;

/// Finds the methods of a path, literals before parameters.
#[derive(Clone)]
pub struct RouteTable {
    paths: matchit::Router<usize>,
    entries: Vec<(&'static str, Vec<Method>)>,
}

impl RouteTable {
    /// A table of these operations.
    ///
    /// # Panics
    /// If two paths cannot stand beside each other.
    pub fn new(routes: impl IntoIterator<Item = Route>) -> Self {
        let mut entries: Vec<(&'static str, Vec<Method>)> = Vec::new();
        for (method, path) in routes {
            match entries.iter_mut().find(|(known, _)| *known == path) {
                Some((_, methods)) => methods.push(method),
                None => entries.push((path, vec![method])),
            }
        }
        let mut paths = matchit::Router::new();
        for (index, (path, _)) in entries.iter().enumerate() {
            paths
                .insert(*path, index)
                .expect("the paths of a dialect do not clash");
        }
        Self { paths, entries }
    }

    /// Whether an operation of the table answers this. GET answers HEAD, too.
    pub fn serves(&self, method: &Method, path: &str) -> bool {
        let find = self.find(path);
        find.is_some_and(|(_, methods)| is_among(method, methods))
    }

    /// The path's template and methods.
    pub fn find(&self, path: &str) -> Option<(&'static str, &[Method])> {
        let index = *self.paths.at(path).ok()?.value;
        let (template, methods) = &self.entries[index];
        Some((template, methods))
    }
}

pub(super) fn is_among(method: &Method, methods: &[Method]) -> bool {
    methods.contains(method) || (method == Method::HEAD && methods.contains(&Method::GET))
}

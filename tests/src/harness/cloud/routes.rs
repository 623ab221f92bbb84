//! The routes of an HTTP API, and which of them a request takes.
//!
//! Follows "Routes for HTTP APIs" in the guide to API Gateway: a full match goes before a greedy one, that before `$default`, and
//! a method before `ANY`.

use std::collections::BTreeMap;

use crate::template::{Route, Template};

/// All routes, each with the binary that serves it.
#[derive(Debug)]
pub(crate) struct Routes(Vec<(Route, String)>);

/// The route that a request takes.
#[derive(Debug)]
pub(crate) struct Matched<'a> {
    route: &'a Route,
    pub(crate) binary: &'a str,
    pub(crate) parameters: BTreeMap<String, String>,
}

/// How well a route fits: the greater, the better.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    is_default: std::cmp::Reverse<bool>,
    is_full: bool,
    segments: Vec<Segment>,
    names_the_method: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Greedy,
    Parameter,
    Literal,
}

impl Routes {
    pub(crate) fn of(template: &Template) -> Self {
        let functions = template.functions().into_iter();
        let routes = functions.flat_map(|function| {
            let binary = function.binary;
            let routes = function.routes.into_iter();
            routes.map(move |route| (route, binary.clone()))
        });
        Self(routes.collect())
    }

    /// The best route for a method and a path as it was sent; nothing if none fits.
    pub(crate) fn find(&self, method: &str, path: &str) -> Option<Matched<'_>> {
        let fitting = self.0.iter().filter_map(|(route, binary)| {
            let (fit, parameters) = fit(route, method, path)?;
            let matched = Matched {
                route,
                binary,
                parameters,
            };
            Some((fit, matched))
        });
        let best = fitting.max_by(|(one, _), (other, _)| one.cmp(other));
        best.map(|(_, matched)| matched)
    }
}

impl Matched<'_> {
    /// Method and path, as the event names the route.
    pub(crate) fn route_key(&self) -> String {
        match self.route.path.as_str() {
            "$default" => "$default".to_owned(),
            path => format!("{} {path}", self.route.method),
        }
    }
}

fn fit(route: &Route, method: &str, path: &str) -> Option<(Fit, BTreeMap<String, String>)> {
    let mut fit = Fit {
        is_default: std::cmp::Reverse(route.path == "$default"),
        is_full: true,
        segments: Vec::new(),
        names_the_method: route.method == method,
    };
    let mut parameters = BTreeMap::new();
    if fit.is_default.0 {
        return Some((fit, parameters));
    }
    if !fit.names_the_method && route.method != "ANY" {
        return None;
    }
    let mut rest = path.strip_prefix('/').map(|path| path.split('/'))?;
    for expected in route.path.trim_start_matches('/').split('/') {
        let parameter = expected
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'));
        if let Some(name) = parameter.and_then(|name| name.strip_suffix('+')) {
            // Nothing behind a slash is enough: HTTP APIs make no difference by a slash at the end.
            let all = std::iter::once(rest.next()?).chain(rest.by_ref());
            let all = all.collect::<Vec<_>>().join("/");
            parameters.insert(name.to_owned(), all);
            fit.is_full = false;
            fit.segments.push(Segment::Greedy);
            continue;
        }
        let found = rest.next()?;
        match parameter {
            Some(name) if !found.is_empty() => {
                parameters.insert(name.to_owned(), found.to_owned());
                fit.segments.push(Segment::Parameter);
            }
            None if found == expected => fit.segments.push(Segment::Literal),
            _ => return None,
        }
    }
    rest.next().is_none().then_some((fit, parameters))
}

//! The paths of BigCommerce's management API, served here or not: what is known and left out is answered
//! 501 by name, so that nobody takes a gap of the simulated store for a missing record.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::Serialize;

use super::Route;
use crate::declare::{Endpoint, resources};

/// Path and methods a line.
const FILE: &str = include_str!("../../resources/paths.txt");

/// A path of the API.
#[derive(Debug)]
pub(crate) struct Known {
    /// For instance `/v3/themes/{theme_id}`.
    pub path: &'static str,
    /// What the API serves there.
    pub methods: Vec<&'static str>,
    /// Those among them that this store leaves out.
    pub left_out: Vec<&'static str>,
}

impl Known {
    /// The most literal entry for a path.
    pub fn find(path: &str) -> Option<&'static Self> {
        let path = path.trim_end_matches('/');
        all()
            .iter()
            .filter(|known| fits(known.path, path))
            .min_by_key(|known| known.path.matches('{').count())
    }

    /// Whether the store leaves a method out here.
    pub fn lacks(&self, method: &str) -> bool {
        self.left_out.contains(&method)
    }
}

/// Every path of the API, in the order of the file.
pub(crate) fn all() -> &'static [Known] {
    static ALL: OnceLock<Vec<Known>> = OnceLock::new();
    ALL.get_or_init(|| FILE.lines().filter(|line| !line.starts_with('#')).filter_map(read).collect())
}

fn read(line: &'static str) -> Option<Known> {
    let mut words = line.split_whitespace();
    let path = words.next()?;
    let methods: Vec<&str> = words.collect();
    let left_out = methods.iter().copied().filter(|method| !served(path, method)).collect();
    Some(Known { path, methods, left_out })
}

fn served(path: &str, method: &str) -> bool {
    let mut endpoints = resources().iter().flat_map(|resource| &resource.endpoints);
    endpoints.any(|endpoint| {
        same(&endpoint.path, path) && endpoint.methods.iter().any(|(verb, _)| verb.name() == method)
    })
}

/// Whether two templates are one path, whatever its parameters are called.
fn same(one: &str, other: &str) -> bool {
    let (mut left, mut right) = (one.split('/'), other.split('/'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || (a.starts_with('{') && b.starts_with('{')) => {}
            _ => return false,
        }
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (mut left, mut right) = (template.split('/'), path.split('/'));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return true,
            (Some(a), Some(b)) if a == b || (a.starts_with('{') && !b.is_empty()) => {}
            _ => return false,
        }
    }
}

/// The methods a client may use at a path: what is served and what the API has besides.
pub(crate) fn allow(route: Option<&Route>, known: Option<&Known>) -> String {
    let mut names: Vec<&str> = Vec::new();
    if let Some(route) = route {
        names.extend(route.endpoint.methods.iter().map(|(verb, _)| verb.name()));
    }
    for method in known.map_or(&[][..], |known| &known.methods) {
        if !names.contains(method) {
            names.push(method);
        }
    }
    names.join(", ")
}

/// Checks the name of a route, `GET /v3/catalog/products`: a method and a path as [`paths`] tells them.
pub(crate) fn route(name: &str) -> Result<(), String> {
    let wrong = |why: String| Err(format!("'{name}' is no route: {why}"));
    let Some((method, path)) = name.split_once(' ') else {
        return wrong("write METHOD PATH, such as GET /v3/catalog/products".into());
    };
    let endpoints = || resources().iter().flat_map(|resource| &resource.endpoints);
    if let Some(endpoint) = endpoints().find(|endpoint| endpoint.path == path) {
        let verbs: Vec<&str> = endpoint.methods.iter().map(|(verb, _)| verb.name()).collect();
        return match verbs.contains(&method) || (method == "HEAD" && verbs.contains(&"GET")) {
            true => Ok(()),
            false => wrong(format!("{path} is served for {}", verbs.join(", "))),
        };
    }
    // An id where the name has a parameter, a parameter of another name, or a store before the path.
    let rest = path.strip_prefix("/stores/").and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    let tried = rest.unwrap_or(path).trim_end_matches('/');
    let meant = Route::find(tried)
        .map(|route| route.endpoint.path.as_str())
        .or_else(|| endpoints().map(|endpoint| endpoint.path.as_str()).find(|known| same(known, tried)));
    match meant {
        Some(meant) => wrong(format!("it is probably '{method} {meant}'")),
        None => wrong("GET /_sim/paths lists those that are served".into()),
    }
}

/// Every path with its methods: `served` ones by their declarations, `left_out` ones answer 501.
#[derive(Debug, Serialize)]
pub(crate) struct Paths {
    served: BTreeMap<&'static str, Vec<&'static str>>,
    left_out: BTreeMap<&'static str, Vec<&'static str>>,
}

/// What is served and what is not.
pub(crate) fn paths() -> Paths {
    let endpoints = resources().iter().flat_map(|resource| &resource.endpoints);
    let methods = |endpoint: &'static Endpoint| endpoint.methods.iter().map(|(verb, _)| verb.name());
    Paths {
        served: endpoints.map(|endpoint| (endpoint.path.as_str(), methods(endpoint).collect())).collect(),
        left_out: all()
            .iter()
            .filter(|known| !known.left_out.is_empty())
            .map(|known| (known.path, known.left_out.clone()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_names_a_path_once_with_methods() {
        for (at, known) in all().iter().enumerate() {
            assert!(known.path.starts_with('/') && !known.methods.is_empty(), "{known:?}");
            for other in &all()[..at] {
                assert!(!same(known.path, other.path), "{} is there twice", known.path);
            }
        }
        assert!(all().len() > 300);
    }

    #[test]
    fn the_most_literal_path_wins() {
        assert_eq!(Known::find("/v2/orders/count").unwrap().path, "/v2/orders/count");
        assert_eq!(Known::find("/v2/orders/7/").unwrap().path, "/v2/orders/{order_id}");
        assert!(Known::find("/v3/nowhere").is_none() && Known::find("/v2/orders//products").is_none());
    }
}

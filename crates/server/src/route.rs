//! One path of the API with its operations, and how its placeholders are read.

use axum::http::HeaderValue;
use percent_encoding::percent_decode_str;

use crate::metrics::{Meter, Metrics};
use crate::ops::scope::GoesTo;
use crate::ops::{Method, Operation, Root, is_reserved};
use crate::versions::ApiVersion;

/// A path with what can be done there.
pub(crate) struct Route {
    pub(crate) path: String,
    pub(crate) allow: HeaderValue,
    operations: [Option<Served>; Method::COUNT],
    parts: Vec<Part>,
    root: Root,
    names_record: bool,
    is_of_settings: bool,
}

/// An operation with the meter that counts its calls.
#[derive(Clone)]
pub(crate) struct Served {
    pub(crate) operation: &'static Operation,
    pub(crate) meter: Meter,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Fixed,
    Version,
    /// The module of a record path.
    Module,
    Placeholder,
}

/// What the path of a request says.
pub(crate) struct Place {
    pub(crate) version: ApiVersion,
    /// Values of the placeholders, decoded.
    pub(crate) values: Vec<String>,
}

impl Route {
    /// All routes of the registry. Operations that are not built yet share one meter.
    pub(crate) fn all(metrics: &Metrics) -> Vec<Self> {
        let not_yet = metrics.meter("not_yet");
        let mut routes: Vec<Self> = Vec::new();
        for operation in crate::ops::operations() {
            let path = operation.route();
            let meter = if operation.is_served() { metrics.meter(operation.id) } else { not_yet.clone() };
            let at = routes.iter().position(|route| route.path == path).unwrap_or_else(|| {
                routes.push(Self::new(path, operation.root));
                routes.len() - 1
            });
            routes[at].operations[operation.method as usize] = Some(Served { operation, meter });
        }
        for route in &mut routes {
            let methods: Vec<_> =
                route.operations.iter().flatten().map(|s| s.operation.method.text()).collect();
            let allow = HeaderValue::try_from(format!("{}, OPTIONS", methods.join(", ")));
            route.allow = allow.expect("names of methods are a header value");
        }
        routes
    }

    fn new(path: String, root: Root) -> Self {
        let parts: Vec<_> = path
            .split('/')
            .map(|part| match part {
                "{version}" => Part::Version,
                "{module}" => Part::Module,
                other if other.starts_with('{') => Part::Placeholder,
                _ => Part::Fixed,
            })
            .collect();
        Self {
            names_record: parts.windows(2).any(|parts| parts == [Part::Module, Part::Placeholder]),
            is_of_settings: path.contains("/{version}/settings/"),
            path,
            allow: HeaderValue::from_static(""),
            operations: [const { None }; Method::COUNT],
            parts,
            root,
        }
    }

    pub(crate) fn operation(&self, method: Method) -> Option<&Served> {
        self.operations[method as usize].as_ref()
    }

    /// Reads the path of a request that matched this route. `None` when it names a version that does not exist,
    /// or a reserved word in place of a module.
    pub(crate) fn read(&self, path: &str) -> Option<Place> {
        let mut version = (self.root == Root::Unversioned).then_some(ApiVersion::V8);
        let mut values = Vec::with_capacity(3);
        for (part, segment) in self.parts.iter().zip(path.split('/')) {
            match part {
                Part::Fixed => {}
                Part::Version => version = ApiVersion::parse(segment),
                Part::Module if is_reserved(segment) => return None,
                Part::Module | Part::Placeholder => {
                    values.push(percent_decode_str(segment).decode_utf8_lossy().into_owned());
                }
            }
        }
        Some(Place { version: version?, values })
    }

    /// The module that a scope is checked against; empty when the path has none.
    pub(crate) fn module<'a>(&self, place: &'a Place) -> &'a str {
        if self.parts.contains(&Part::Module) { place.values.first().map_or("", String::as_str) } else { "" }
    }

    /// Where the path goes, for what its operation's scope stands for.
    pub(crate) fn goes_to<'a>(&self, place: &'a Place) -> GoesTo<'a> {
        GoesTo {
            module: self.module(place),
            names_record: self.names_record,
            is_of_settings: self.is_of_settings,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::body::Body;
    use axum::http::Request;
    use axum::routing::any;
    use tower::ServiceExt as _;

    /// The route that a path comes to, and the values of its placeholders.
    async fn find(path: &str) -> Option<(String, Vec<String>)> {
        let routes = Route::all(&Metrics::new().unwrap());
        let mut router = Router::new();
        for route in &routes {
            let name = route.path.clone();
            router = router.route(&route.path, any(move || async move { name }));
        }
        let response = router.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        if response.status() != 200 {
            return None;
        }
        let name = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let route = routes.iter().find(|route| route.path.as_bytes() == name).unwrap();
        let place = route.read(path)?;
        Some((route.path.replace("/crm/{version}/", ""), place.values))
    }

    #[tokio::test]
    async fn paths_come_to_the_most_exact_route() {
        for (path, route, values) in [
            ("/crm/v8/coql", "coql", vec![]),
            ("/crm/v2.1/settings/fields/12", "settings/fields/{id}", vec!["12"]),
            ("/crm/v8/users/actions/count", "users/actions/count", vec![]),
            ("/crm/v8/Contacts/roles", "Contacts/roles", vec![]),
            ("/crm/v8/Leads/12/Notes", "{module}/{id}/Notes", vec!["Leads", "12"]),
            ("/crm/v8/Contacts/12/Deals", "{module}/{id}/{related_list}", vec!["Contacts", "12", "Deals"]),
            ("/crm/v8/a%20b/12", "{module}/{id}", vec!["a b", "12"]),
            ("/crm/bulk/v8/read/12", "/crm/bulk/{version}/read/{id}", vec!["12"]),
            ("/crm/graphql", "/crm/graphql", vec![]),
        ] {
            let values = values.into_iter().map(str::to_owned).collect();
            assert_eq!(find(path).await, Some((route.to_owned(), values)), "{path}");
        }
    }

    #[tokio::test]
    async fn unknown_paths_versions_and_reserved_words_are_nowhere() {
        for path in [
            "/crm/v9/Leads",
            "/crm/v8/users/5/x",
            "/crm/v8/settings/nothing",
            "/crm/v8/Leads/",
            "/crm/v8",
            "/x",
        ] {
            assert_eq!(find(path).await, None, "{path}");
        }
    }

    #[test]
    fn every_operation_is_reachable_by_its_method() {
        let routes = Route::all(&Metrics::new().unwrap());
        for operation in crate::ops::operations() {
            let route = routes.iter().find(|route| route.path == operation.route()).unwrap();
            assert_eq!(route.operation(operation.method).unwrap().operation.id, operation.id);
            assert!(route.allow.to_str().unwrap().contains(operation.method.text()));
        }
    }
}

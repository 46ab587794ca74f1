//! The operations that are tried: those of the registry that are served.

use dealwright_server::ops::{self, Root};
use reqwest::Method;

/// An operation as the matrix and the sweep need it.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    pub(super) id: String,
    pub(super) method: Method,
    /// Below the version, with placeholders.
    pub(super) path: String,
    /// Whether its description says what it takes.
    pub(super) is_described: bool,
}

/// All operations that are served.
pub(super) fn served() -> Vec<Listed> {
    let served = ops::operations().filter(|operation| operation.is_served());
    served
        .map(|operation| {
            assert!(matches!(operation.root, Root::Crm), "{}: write how its root is called", operation.id);
            Listed {
                id: operation.id.to_owned(),
                method: operation.method.text().parse().expect("methods have their usual names"),
                path: operation.path.to_owned(),
                is_described: operation.outline.is_some(),
            }
        })
        .collect()
}

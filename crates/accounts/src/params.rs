//! Parameters of an OAuth request, wherever they stood: query, form or multipart body.

use crate::OAuthError;

/// Names and values in the order they came. The first value of a name counts; an empty value is no value.
///
/// Has no `Debug`: it carries secrets.
#[derive(Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    pub fn push(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.push((name.into(), value.into()));
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        // A NUL is in no stored text, and PostgreSQL refuses to compare with one.
        let says = |v: &str| !v.trim().is_empty() && !v.contains('\0');
        self.0.iter().find(|(n, v)| n == name && says(v)).map(|(_, value)| value.trim())
    }

    /// The value as it came, untrimmed: `state` must be echoed untouched.
    pub fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The value, or the error for a missing parameter.
    pub fn require(&self, name: &str) -> Result<&str, OAuthError> {
        self.get(name).ok_or(OAuthError::General)
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Params {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

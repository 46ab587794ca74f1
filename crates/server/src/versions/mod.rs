//! The versions of the API, and everything in which they differ.
//!
//! - [`profile`]: how each version treats records, as plain flags that the engine reads

pub mod profile;

use dealwright_wire::Profile;

/// A version that clients can name in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ApiVersion {
    V2,
    V2_1,
    V3,
    V4,
    V5,
    V6,
    V7,
    V8,
}

impl ApiVersion {
    /// Reads the path segment: `v2.1`. `None` for versions that do not exist.
    pub fn parse(segment: &str) -> Option<Self> {
        Some(match segment {
            "v2" => Self::V2,
            "v2.1" => Self::V2_1,
            "v3" => Self::V3,
            "v4" => Self::V4,
            "v5" => Self::V5,
            "v6" => Self::V6,
            "v7" => Self::V7,
            "v8" => Self::V8,
            _ => return None,
        })
    }

    pub fn profile(self) -> &'static Profile {
        &profile::PROFILES[self as usize]
    }

    /// As error details name it: `6`, `2.1`.
    pub fn number(self) -> serde_json::Number {
        let order = self.profile().order;
        if order.is_multiple_of(10) {
            (order / 10).into()
        } else {
            serde_json::Number::from_f64(f64::from(order) / 10.0).unwrap_or_else(|| (order / 10).into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ApiVersion, profile::PROFILES};

    #[test]
    fn every_profile_is_found_by_its_name() {
        for profile in &PROFILES {
            assert_eq!(ApiVersion::parse(profile.name).map(ApiVersion::profile), Some(profile));
        }
    }

    #[test]
    fn other_versions_do_not_exist() {
        for segment in ["", "v1", "v2.0", "v2.5", "v9", "v99", "V8", "8"] {
            assert_eq!(ApiVersion::parse(segment), None, "{segment}");
        }
    }

    #[test]
    fn numbers_look_as_in_the_documentation() {
        assert_eq!(ApiVersion::V6.number().to_string(), "6");
        assert_eq!(ApiVersion::V2_1.number().to_string(), "2.1");
    }
}

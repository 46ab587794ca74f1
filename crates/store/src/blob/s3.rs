//! A bucket of a service that speaks the protocol of S3.

use std::fmt;
use std::time::Duration;

use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ClientOptions, RetryConfig};

use crate::error::StoreError;

/// How long a connection to the service may take, and one request with its answer.
const CONNECT: Duration = Duration::from_secs(5);
const REQUEST: Duration = Duration::from_secs(30);
/// How often a request that failed is tried again, and until when since the first.
const RETRIES: usize = 3;
const RETRY: Duration = Duration::from_secs(20);

/// Which bucket, and what opens it.
#[derive(Debug, Clone)]
pub struct S3 {
    pub bucket: String,
    /// Goes before the names of all blobs; may be empty.
    pub prefix: String,
    pub region: String,
    /// Base URL of the service; Amazon's own without one. Plain HTTP if it says so.
    pub endpoint: Option<String>,
    pub access_key_id: String,
    pub secret_access_key: Secret,
}

/// A text that is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("…")
    }
}

pub(super) fn open(settings: &S3) -> Result<AmazonS3, StoreError> {
    // The HTTP client wants a TLS provider of the process, also for plain HTTP. Another may be there already.
    let _known_already = rustls::crypto::ring::default_provider().install_default();
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&settings.bucket)
        .with_region(&settings.region)
        .with_access_key_id(&settings.access_key_id)
        .with_secret_access_key(&settings.secret_access_key.0)
        // Blobs go one at a time, and not every service knows how to delete many.
        .with_disable_bulk_delete(true)
        .with_client_options(ClientOptions::new().with_connect_timeout(CONNECT).with_timeout(REQUEST))
        .with_retry(RetryConfig { max_retries: RETRIES, retry_timeout: RETRY, ..RetryConfig::default() });
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    builder.build().map_err(StoreError::blob("opening the bucket of blobs"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_not_shown() {
        let settings = S3 {
            bucket: "crm".to_owned(),
            prefix: String::new(),
            region: "eu-central-1".to_owned(),
            endpoint: None,
            access_key_id: "AKIA".to_owned(),
            secret_access_key: Secret("topsecret".to_owned()),
        };
        assert!(!format!("{settings:?}").contains("topsecret"));
        let blobs = super::super::BlobStore::s3(&settings).unwrap();
        assert!(!format!("{blobs:?}").contains("topsecret"));
    }
}

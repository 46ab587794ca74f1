//! Calls of the API as a client makes them.

use std::sync::Once;

use reqwest::Method;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::records::Record;
use crate::{Answer, traffic};

/// A client with its version, token and headers. Cheap to clone; `version`, `with_token` and `header` make another.
#[derive(Clone)]
pub struct Api {
    http: reqwest::Client,
    url: String,
    version: String,
    token: Option<String>,
    headers: HeaderMap,
}

impl Api {
    pub fn new(url: &str, version: &str, token: Option<String>) -> Self {
        Self {
            http: http(),
            url: url.to_owned(),
            version: version.to_owned(),
            token,
            headers: HeaderMap::new(),
        }
    }

    #[must_use]
    pub fn version(&self, version: &str) -> Self {
        Self { version: version.to_owned(), ..self.clone() }
    }

    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same calls to another server.
    #[must_use]
    pub fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    #[must_use]
    pub fn without_token(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// The same client, with one header more in each call.
    #[must_use]
    pub fn header(&self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a name of a header");
        let value: HeaderValue = value.parse().expect("a value of a header");
        let mut other = self.clone();
        other.headers.insert(name, value);
        other
    }

    /// The same caller, whose calls have the header once more, beside what is there of that name.
    #[must_use]
    pub fn header_again(&self, name: &str, value: &str) -> Self {
        let name: HeaderName = name.parse().expect("a name of a header");
        let value: HeaderValue = value.parse().expect("a value of a header");
        let mut other = self.clone();
        other.headers.append(name, value);
        other
    }

    pub fn token(&self) -> &str {
        self.token.as_deref().unwrap_or_default()
    }

    /// `GET` of a path below the version: `Deals?fields=Deal_Name`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Vec::new()).await
    }

    /// `GET` with parameters that are encoded here.
    pub async fn get_with(&self, path: &str, params: &[(&str, &str)]) -> Answer {
        self.get(&with_params(path, params)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body.to_string().into_bytes()).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, body.to_string().into_bytes()).await
    }

    pub async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, body.to_string().into_bytes()).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Vec::new()).await
    }

    /// Any method, any bytes, below the version.
    pub async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Answer {
        let path = format!("/crm/{}/{path}", self.version);
        self.send_to(method, &path, body).await
    }

    /// [`Api::send`] for servers that may be gone before they have answered.
    pub async fn try_send(&self, method: Method, path: &str, body: Vec<u8>) -> Option<Answer> {
        let request = self.request(method, &format!("/crm/{}/{path}", self.version), body);
        Answer::try_read(request.send().await.ok()?).await
    }

    /// Any method, any bytes, anywhere on the server.
    pub async fn send_to(&self, method: Method, path: &str, body: Vec<u8>) -> Answer {
        let answer = self.request(method.clone(), path, body).send().await.expect("the server answers");
        let answer = Answer::try_read(answer).await.expect("an answer comes whole");
        traffic::note(method.as_str(), path, self.headers.contains_key("x-external"), &answer);
        answer
    }

    fn request(&self, method: Method, path: &str, body: Vec<u8>) -> reqwest::RequestBuilder {
        let mut request =
            self.http.request(method, format!("{}{path}", self.url)).headers(self.headers.clone());
        if let Some(token) = &self.token
            && !self.headers.contains_key(AUTHORIZATION)
        {
            request = request.header(AUTHORIZATION, format!("Zoho-oauthtoken {token}"));
        }
        if !body.is_empty() && !self.headers.contains_key(CONTENT_TYPE) {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        request.body(body)
    }

    /// A form to a path of the accounts server.
    pub async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = self.header("content-type", "application/x-www-form-urlencoded");
        form.send_to(Method::POST, path, encode(fields).into_bytes()).await
    }

    /// A file as the multipart part of that name.
    pub async fn upload(&self, path: &str, part: &str, name: &str, bytes: &[u8]) -> Answer {
        let (api, body) = self.multipart(part, name, bytes);
        api.send(Method::POST, path, body).await
    }

    /// [`Api::upload`] to servers that may be gone before they have answered.
    pub async fn try_upload(&self, path: &str, part: &str, name: &str, bytes: &[u8]) -> Option<Answer> {
        let (api, body) = self.multipart(part, name, bytes);
        api.try_send(Method::POST, path, body).await
    }

    fn multipart(&self, part: &str, name: &str, bytes: &[u8]) -> (Self, Vec<u8>) {
        let mut body = format!(
            "--limit\r\nContent-Disposition: form-data; name=\"{part}\"; filename=\"{name}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        )
        .into_bytes();
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n--limit--\r\n");
        (self.header("content-type", "multipart/form-data; boundary=limit"), body)
    }

    /// Inserts one record, which has to succeed, and gives its id.
    pub async fn insert(&self, record: Record) -> String {
        let module = record.module;
        self.insert_all(module, &[record.value()]).await.remove(0)
    }

    /// Inserts records, which all have to succeed, and gives their ids in order.
    pub async fn insert_all(&self, module: &str, records: &[Value]) -> Vec<String> {
        let mut ids = Vec::with_capacity(records.len());
        for part in records.chunks(100) {
            let answer = self.post(module, &json!({ "data": part })).await;
            assert_eq!(answer.status, 201, "{}", answer.text);
            ids.extend(answer.ids());
        }
        ids
    }

    /// The record of that id, which has to be there.
    pub async fn record(&self, module: &str, id: &str) -> Value {
        let answer = self.get(&format!("{module}/{id}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()["data"][0].clone()
    }

    /// Values of one field among all records that the criteria find, sorted.
    pub async fn found(&self, module: &str, criteria: &str, field: &str) -> Vec<String> {
        let answer = self.get_with(&format!("{module}/search"), &[("criteria", criteria)]).await;
        if answer.status == 204 {
            return Vec::new();
        }
        assert_eq!(answer.status, 200, "{criteria}: {}", answer.text);
        let mut values: Vec<String> = answer
            .rows()
            .iter()
            .map(|row| row[field].as_str().map_or_else(|| row[field].to_string(), str::to_owned))
            .collect();
        values.sort();
        values
    }

    /// How many records of a module there are.
    pub async fn count(&self, module: &str) -> u64 {
        let answer = self.get(&format!("{module}/actions/count")).await;
        answer.json()["count"].as_u64().unwrap_or_else(|| panic!("no count: {}", answer.text))
    }
}

/// A path with parameters behind it.
pub fn with_params(path: &str, params: &[(&str, &str)]) -> String {
    format!("{path}?{}", encode(params))
}

fn encode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// A client that follows no redirects. It wants to know a TLS provider although every call here is plain.
pub(crate) fn http() -> reqwest::Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _known_already = rustls::crypto::ring::default_provider().install_default();
    });
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    client.build().expect("a client can be made")
}

//! The pages for people, as a browser meets them: cookies are kept, redirects are not followed.

use reqwest::header::{COOKIE, SET_COOKIE};
use reqwest::{Method, RequestBuilder};

use crate::Answer;
use crate::api::{http, with_params};

/// A browser with its cookies.
pub struct Browser {
    http: reqwest::Client,
    url: String,
    cookies: Vec<(String, String)>,
    /// The address that a proxy says it calls for.
    from: Option<String>,
}

impl Browser {
    pub fn new(url: &str) -> Self {
        Self { http: http(), url: url.to_owned(), cookies: Vec::new(), from: None }
    }

    /// The same browser behind a proxy that names its address.
    #[must_use]
    pub fn at(self, address: &str) -> Self {
        Self { from: Some(address.to_owned()), ..self }
    }

    /// Forgets a cookie.
    pub fn forget(&mut self, cookie: &str) {
        self.cookies.retain(|(known, _)| known != cookie);
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.http.request(Method::GET, format!("{}{path}", self.url));
        self.send(request).await
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.http.request(Method::POST, format!("{}{path}", self.url)).form(fields);
        self.send(request).await
    }

    /// Sends a form and goes on to the page that tells what became of it.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, fields).await;
        if answer.status != 303 {
            return answer;
        }
        let page = answer.location().to_owned();
        self.get(&page).await
    }

    async fn send(&mut self, request: RequestBuilder) -> Answer {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) };
        let request = match &self.from {
            Some(address) => request.header("x-forwarded-for", address),
            None => request,
        };
        let answer = Answer::try_read(request.send().await.expect("the server answers")).await;
        let answer = answer.expect("an answer comes whole");
        for cookie in answer.headers.get_all(SET_COOKIE) {
            let text = cookie.to_str().expect("a cookie is text");
            let (name, rest) = text.split_once('=').expect("a cookie has a value");
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), rest.split(';').next().unwrap_or_default().to_owned()));
        }
        answer
    }

    /// Signs in by the form and gives the answer, which leads to `next`.
    pub async fn sign_in(&mut self, next: &str, email: &str, password: &str) -> Answer {
        let page = self.get(&with_params("/oauth/signin", &[("next", next)])).await;
        let form_token = page.field("form_token");
        let fields =
            [("form_token", form_token.as_str()), ("next", next), ("email", email), ("password", password)];
        self.post("/oauth/signin", &fields).await
    }
}

impl Answer {
    /// Where a redirect leads.
    pub fn location(&self) -> &str {
        self.header("location").unwrap_or_default()
    }

    /// Value of the form field of that name on a page.
    pub fn field(&self, name: &str) -> String {
        let found = self
            .text
            .split_once(&format!("name=\"{name}\" value=\""))
            .and_then(|(_, rest)| rest.split('"').next());
        let value = found.unwrap_or_else(|| panic!("no field {name} on the page: {}", self.text));
        value.replace("&#38;", "&").replace("&amp;", "&")
    }
}

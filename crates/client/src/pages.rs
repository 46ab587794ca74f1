//! Lists page by page: by the token of the next page where the API gives one, by number where it does not.

use std::marker::PhantomData;

use futures::stream::{self, Stream, TryStreamExt as _};
use reqwest::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::client::{Call, Client};
use crate::error::Error;

/// A list about to be read. Rows come newest first unless said otherwise.
pub struct List {
    client: Client,
    doing: String,
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
}

/// One page.
#[derive(Debug, Clone, Deserialize)]
pub struct Page<T> {
    #[serde(rename = "data")]
    pub rows: Vec<T>,
    pub info: PageInfo,
}

/// What the API says about a page.
#[derive(Debug, Clone, Deserialize)]
pub struct PageInfo {
    pub page: u32,
    pub per_page: u32,
    pub count: u32,
    pub more_records: bool,
    /// Good for 24 hours; searches have none.
    #[serde(default)]
    pub next_page_token: Option<String>,
}

impl List {
    pub(crate) fn new(
        client: Client,
        doing: String,
        path: Vec<String>,
        query: Vec<(&'static str, String)>,
    ) -> Self {
        Self { client, doing, path, query }
    }

    /// Rows of a page; the server gives 200 at most, and when nothing is said.
    #[must_use]
    pub fn per_page(self, rows: u32) -> Self {
        self.with("per_page", rows.to_string())
    }

    /// The order: by `id`, `Created_Time` or `Modified_Time`.
    #[must_use]
    pub fn sort_by(self, field: &str, descending: bool) -> Self {
        let order = if descending { "desc" } else { "asc" };
        self.with("sort_by", field.to_owned()).with("sort_order", order.to_owned())
    }

    /// Any other parameter of the API. `page` and `page_token` are set by [`Pages`].
    #[must_use]
    pub fn with(mut self, name: &'static str, value: String) -> Self {
        self.query.retain(|(known, _)| *known != name);
        self.query.push((name, value));
        self
    }

    /// The pages, with rows read as `T`; `serde_json::Value` takes any.
    pub fn pages<T: DeserializeOwned>(self) -> Pages<T> {
        Pages { list: self, next: Next::First, rows: PhantomData }
    }
}

/// Pages of a list, fetched one by one as they are asked for.
pub struct Pages<T> {
    list: List,
    next: Next,
    rows: PhantomData<fn() -> T>,
}

enum Next {
    First,
    Number(u32),
    Token(String),
    End,
}

impl<T: DeserializeOwned> Pages<T> {
    /// The next page; `None` after the last. After an error the same page is asked for again.
    pub async fn next_page(&mut self) -> Result<Option<Page<T>>, Error> {
        let mut query = self.list.query.clone();
        match &self.next {
            Next::First => {}
            Next::Number(number) => query.push(("page", number.to_string())),
            Next::Token(token) => query.push(("page_token", token.clone())),
            Next::End => return Ok(None),
        }
        let List { client, doing, path, .. } = &self.list;
        let call = Call { doing: doing.clone(), method: Method::GET, path: path.clone(), query, body: None };
        let page: Option<Page<T>> = client.call(&call).await?.read()?;
        self.next = match page.as_ref().map(|page| &page.info) {
            Some(PageInfo { more_records: true, next_page_token: Some(token), .. }) => {
                Next::Token(token.clone())
            }
            Some(PageInfo { more_records: true, page, .. }) => Next::Number(page + 1),
            _ => Next::End,
        };
        Ok(page)
    }

    /// The pages as a stream. It ends with the last page or the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<Page<T>, Error>> {
        stream::try_unfold(self, |mut pages| async move {
            let page = pages.next_page().await?;
            Ok(page.map(|page| (page, pages)))
        })
    }

    /// The rows of all pages as a stream. It ends with the last row or the first error.
    pub fn into_rows(self) -> impl Stream<Item = Result<T, Error>> {
        self.into_stream().map_ok(|page| stream::iter(page.rows.into_iter().map(Ok))).try_flatten()
    }
}

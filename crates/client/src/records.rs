//! Reading and writing the records of one module.

use dealwright_wire::Id;
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::client::{Call, Client};
use crate::error::Error;
use crate::outcome::{Outcome, WriteAnswer};
use crate::pages::List;

/// The records of one module.
pub struct Records {
    client: Client,
    module: String,
}

/// What to search by. The API uses one of these at a time.
#[derive(Debug, Clone, Copy)]
pub enum Search<'a> {
    /// `((Last_Name:equals:Burns)and(Company:starts_with:Spring))`
    Criteria(&'a str),
    /// Part of an address, in any e-mail field.
    Email(&'a str),
    /// Digits of a number, in any phone field.
    Phone(&'a str),
    /// Beginnings of words, in any text field.
    Word(&'a str),
}

/// The body of a write.
#[derive(Serialize)]
struct WriteBody<'a, T> {
    data: &'a [T],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    duplicate_check_fields: &'a [&'a str],
}

/// The body of a single record's answer.
#[derive(Deserialize)]
struct One<T> {
    data: Vec<T>,
}

impl Records {
    pub(crate) fn new(client: Client, module: String) -> Self {
        Self { client, module }
    }

    /// A list of these fields, by `api_name`. The API wants some to be named, and 50 at most.
    pub fn list(&self, fields: &[&str]) -> List {
        self.rows("listing", &[], vec![("fields", fields.join(","))])
    }

    /// The records a search finds: whole ones, or with [`List::with`] some fields. It reaches 2 000 records.
    pub fn search(&self, by: Search<'_>) -> List {
        let (name, value) = match by {
            Search::Criteria(text) => ("criteria", text),
            Search::Email(text) => ("email", text),
            Search::Phone(text) => ("phone", text),
            Search::Word(text) => ("word", text),
        };
        self.rows("searching", &["search"], vec![(name, value.to_owned())])
    }

    /// One whole record; `None` when there is none with that id.
    pub async fn get<T: DeserializeOwned>(&self, id: Id) -> Result<Option<T>, Error> {
        let call = self.call(Method::GET, "reading one of", &[&id.to_string()], Vec::new(), None);
        let found: Option<One<T>> = self.client.call(&call).await?.read()?;
        Ok(found.and_then(|found| found.data.into_iter().next()))
    }

    /// Makes new records, 100 at most.
    pub async fn insert<T: Serialize>(&self, records: &[T]) -> Result<Vec<Outcome>, Error> {
        self.write(Method::POST, "inserting into", &[], records, &[]).await
    }

    /// Changes records, 100 at most. Each names its `id`; what it does not name stays as it is.
    pub async fn update<T: Serialize>(&self, records: &[T]) -> Result<Vec<Outcome>, Error> {
        self.write(Method::PUT, "updating", &[], records, &[]).await
    }

    /// Changes the record that each one matches by the first of `checks` that fits, or makes a new one. Without
    /// `checks` the server uses the module's own.
    pub async fn upsert<T: Serialize>(&self, records: &[T], checks: &[&str]) -> Result<Vec<Outcome>, Error> {
        self.write(Method::POST, "upserting into", &["upsert"], records, checks).await
    }

    /// Moves records to the recycle bin, 100 at most.
    pub async fn delete(&self, ids: &[Id]) -> Result<Vec<Outcome>, Error> {
        let text: Vec<String> = ids.iter().map(Id::to_string).collect();
        let call = self.call(Method::DELETE, "deleting from", &[], vec![("ids", text.join(","))], None);
        self.outcomes(&call, ids.len()).await
    }

    fn rows(&self, doing: &str, below: &[&str], query: Vec<(&'static str, String)>) -> List {
        let Call { doing, path, query, .. } = self.call(Method::GET, doing, below, query, None);
        List::new(self.client.clone(), doing, path, query)
    }

    async fn write<T: Serialize>(
        &self,
        method: Method,
        doing: &str,
        below: &[&str],
        records: &[T],
        checks: &[&str],
    ) -> Result<Vec<Outcome>, Error> {
        let body = serde_json::to_vec(&WriteBody { data: records, duplicate_check_fields: checks }).map_err(
            |source| Error::Config(format!("{doing} {}: writing the records: {source}", self.module)),
        )?;
        let call = self.call(method, doing, below, Vec::new(), Some(body));
        self.outcomes(&call, records.len()).await
    }

    /// Sends a write. Refused records come with status 400 or 207 and are outcomes like the others, but one failure
    /// that answers several records is about the call.
    async fn outcomes(&self, call: &Call, records: usize) -> Result<Vec<Outcome>, Error> {
        let answer = self.client.call(call).await?;
        let status = answer.status();
        let WriteAnswer { mut data } = answer.read_any()?;
        if data.len() == 1
            && records != 1
            && let Some(Outcome::Failed(failure)) =
                data.pop_if(|outcome| matches!(outcome, Outcome::Failed(_)))
        {
            return Err(Error::Api { doing: call.doing.clone(), status, failure: Box::new(failure) });
        }
        Ok(data)
    }

    fn call(
        &self,
        method: Method,
        doing: &str,
        below: &[&str],
        query: Vec<(&'static str, String)>,
        body: Option<Vec<u8>>,
    ) -> Call {
        let mut path = vec![self.module.clone()];
        path.extend(below.iter().map(|&segment| segment.to_owned()));
        Call { doing: format!("{doing} {}", self.module), method, path, query, body }
    }
}

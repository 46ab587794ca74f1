//! `Entity_Scores__s`: what scoring rules gave to records. Source: "Entity scores" of the published API.
//!
//! Scores are rows of a module of their own, which only rules write.

use dealwright_schema::standard::SCORES;
use dealwright_wire::ApiError;

use super::get::parse_id;
use super::list;
use crate::cx::Cx;
use crate::error::Error;
use crate::request::{Answer, Params, Reply, Request};

/// Lists scores with the `fields` that are asked for: 200 with rows, 204 when there are none.
pub fn list_scores<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { scores(cx, request, None).await })
}

/// Reads one score, in the form of a list: 204 when there is none with that id.
pub fn get_score<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let id = parse_id(request.segment(0))?;
        scores(cx, request, Some(id.to_string())).await
    })
}

async fn scores(cx: &Cx, request: &Request, id: Option<String>) -> Result<Reply, Error> {
    if request.params.get("fields").is_none() {
        return Err(ApiError::missing_param("fields").into());
    }
    let mut params: Vec<(String, String)> =
        request.params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    if let Some(id) = id {
        params.retain(|(name, _)| name != "ids");
        params.push(("ids".to_owned(), id));
    }
    // When a score changed is not known: nobody is told that it did not.
    let request =
        Request { path: vec![SCORES.to_owned()], params: Params::new(params), ..Request::default() };
    list::list(cx, &request).await
}

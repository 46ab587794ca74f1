//! `…/actions/fetch_full_data`: rich text in full length, of one record or of several; with `display=html` as HTML that
//! is safe to show.

use dealwright_wire::ApiError;

use crate::cx::Cx;
use crate::display;
use crate::records::filter::Filter;
use crate::records::list_query::{Kind, ListQuery};
use crate::records::selection::Shape;
use crate::records::{get, page};
use crate::request::{Answer, Request};

/// `GET /{module}/{id}/actions/fetch_full_data`
pub fn full_data_one<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move { get::read(cx, request, shape(request)?).await })
}

/// `GET /{module}/actions/fetch_full_data?ids=…`
pub fn full_data_many<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let grant = page::grant_to_view(cx, request.segment(0))?;
        if request.params.list("ids").is_none() {
            return Err(ApiError::missing_param("ids").into());
        }
        let query = ListQuery::parse(cx, &grant.module, &request.params, Kind::Search)?;
        let shape = shape(request)?;
        let page = page::fetch_shape(cx, &grant, &query, Filter::default(), shape).await?;
        Ok(page.reply(cx, &query, &request.params, false))
    })
}

fn shape(request: &Request) -> Result<Shape, ApiError> {
    Ok(if display::wants_html(request)? { Shape::Html } else { Shape::Full })
}

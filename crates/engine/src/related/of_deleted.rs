//! `GET /{module}/deleted/{id}/{related_list}`: what hung on a record that lies in the recycle bin.
//!
//! Lookups still point to a deleted record, so most lists are read as before. Its links and its notes went with it:
//! they are named in its image.

use dealwright_store::{Row, Sql, Weight};
use dealwright_wire::{Code, Id};
use serde_json::Value;

use crate::access::{Action, Grant};
use crate::cx::Cx;
use crate::error::Error;
use crate::records::filter::Filter;
use crate::records::json_criteria;
use crate::records::linked as links;
use crate::records::list_query::{Kind as Listing, ListQuery};
use crate::records::page::{self, Info};
use crate::records::parent::{self, Parent};
use crate::related::notes;
use crate::related::relation::{Kind, Relation};
use crate::related::{list, view};
use crate::request::{Answer, Request};

/// Lists the records related to a deleted one: 200, or 204 when there are none.
///
/// Fails with `INVALID_DATA` when the recycle bin has no such record (`resource_path_index` 2).
pub fn of_deleted<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        let module = cx.snapshot.module(request.segment(0))?;
        let grant = cx.grant(module, Action::View)?;
        let id: Id = request.segment(1).parse().map_err(|_| parent::unknown(2))?;
        let relation = Relation::find(cx, module, request.segment(2)).map_err(|error| match error.code {
            Code::InvalidData => error.detail("resource_path_index", 3),
            _ => error,
        })?;
        let image = image(cx, &grant, id).await?.ok_or_else(|| parent::unknown(2))?;
        let parent = Parent { grant, id };
        let info = Info { tokens: cx.profile.related_page_tokens, sort: false, flags: false };
        let within = format!("deleted/{}", parent.list_key(&relation.name));
        let Some(rows) = relation.module().cloned() else {
            list::refuse_unbuilt(&request.params)?;
            let query = ListQuery::parse_within(cx, module, &request.params, Listing::List, &within)?;
            let page = view::fetch_of(cx, request, &parent, &relation, &query, false).await?;
            return Ok(page.reply_with(cx, &query, &request.params, info));
        };
        let grant = cx.grant(&rows, Action::View)?;
        if rows.api_name == notes::MODULE {
            // They are shown from their images, which no condition can be put to.
            list::refuse_unbuilt(&request.params)?;
            return notes::of_deleted(cx, request, &rows, &image).await;
        }
        let query = ListQuery::parse_within(cx, &rows, &request.params, Listing::List, &within)?;
        page::check_reach(cx, &query, query.fields.is_none())?;
        let mut filter = Filter::default();
        filter.bind(id);
        if let Kind::Link(_, linked) = relation.kind {
            let ids = links::linked_in(&image, id, linked);
            // The parent is named too, because its argument is numbered already.
            let argument = filter.bind(dealwright_schema::Cell::Ids(ids.into()));
            let test = cx.org.store.dialect().in_ids("t.id", &argument);
            filter.and(&format!("t.id <> ?1 AND {test}"));
        } else {
            relation.condition(cx, module, &mut filter);
        }
        if let Some(filters) = request.params.get("filters") {
            json_criteria::add_param(cx, &rows, "filters", filters, &mut filter)?;
        }
        let page = page::fetch(cx, &grant, &query, filter).await?;
        Ok(page.reply_with(cx, &query, &request.params, info))
    })
}

/// The image of a deleted record; `None` when the recycle bin has none for the caller.
async fn image(cx: &Cx, grant: &Grant, id: Id) -> Result<Option<Value>, Error> {
    let mut args = vec![id.into(), grant.module.id.into()];
    let scope = grant.and_deleted_rows("b", &mut args);
    let sql = Sql::from(format!(
        "SELECT b.image FROM {{_recycle_bin}} b WHERE b.id = ?1 AND b.module_id = ?2{scope}"
    ));
    let text: Option<String> = cx
        .org
        .store
        .read(Weight::Point, move |conn| {
            Box::pin(async move {
                let read = |row: &Row<'_>| Row::must(row.text(0)?.map(str::to_owned), 0);
                Ok::<_, Error>(conn.first(&sql, &args, read).await?)
            })
        })
        .await?;
    text.map(|text| {
        serde_json::from_str(&text).map_err(Error::internal("reading the image of a deleted record"))
    })
    .transpose()
}

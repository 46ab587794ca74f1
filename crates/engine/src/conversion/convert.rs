//! `POST /{module}/{id}/actions/convert`: a lead becomes a contact, an account and a deal; a quote an order or an
//! invoice; an order an invoice.

use dealwright_wire::{ApiError, Code, json as write};
use serde_json::json;

use super::inventory::{InventoryConversion, InventoryConverter};
use super::lead::{Converted, LeadConversion};
use super::lead_converter::LeadConverter;
use crate::cx::Cx;
use crate::error::Error;
use crate::records::body::WriteBody;
use crate::records::get;
use crate::records::outcome::{self, Outcome, Said};
use crate::request::{Answer, Reply, Request};

const MESSAGE: &str = "The record has been converted successfully";

/// Converts one record: 200. What is wrong with the record of the path is an error of the request, what is wrong with
/// the body one of `data[0]`.
pub fn convert<'a>(cx: &'a Cx, request: &'a Request) -> Answer<'a> {
    Box::pin(async move {
        match cx.snapshot.module(request.segment(0))?.api_name.as_str() {
            "Leads" => lead(cx, request).await,
            "Quotes" | "Sales_Orders" => inventory(cx, request).await,
            _ => Err(ApiError::new(Code::NotSupportedHere).detail("resource_path_index", 0).into()),
        }
    })
}

/// The one element of `data`.
fn one<'a>(body: &WriteBody<'a>) -> Result<&'a serde_json::value::RawValue, ApiError> {
    let records = body.records()?;
    match records.as_slice() {
        [one] => Ok(one),
        _ => Err(ApiError::new(Code::InvalidData)
            .detail("maximum_length", 1)
            .field("data", "$.data".to_owned())),
    }
}

/// True for errors that stand alone in the answer.
fn is_top_level(error: &ApiError) -> bool {
    error.details.contains_key("resource_path_index")
        || matches!(error.code, Code::NoPermission | Code::OauthScopeMismatch)
}

/// The answer to a refusal: in place, unless it is about the record of the path.
fn refused(cx: &Cx, error: Error) -> Result<Reply, Error> {
    match error {
        Error::Api(error) if !is_top_level(&error) => {
            Ok(outcome::reply(cx, 200, vec![Outcome::Failed(error)]))
        }
        other => Err(other),
    }
}

async fn lead(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let id = get::parse_id(request.segment(1))?;
    let body = WriteBody::parse(&request.body)?;
    let raw = one(&body)?;
    let converter = match LeadConverter::read(cx, raw, "$.data[0]") {
        Ok(converter) => converter,
        Err(error) => return refused(cx, error.into()),
    };
    let unit = LeadConversion::new(cx, converter, body.features()?)?;
    let made = cx.org.write(move |tx| Box::pin(async move { unit.write(tx, id).await })).await;
    match made {
        Ok(made) if cx.profile.bare_conversion => Ok(bare(&made)),
        Ok(made) => {
            let said = Said::new(MESSAGE)
                .detail("Contacts", made.contact.json())
                .detail("Deals", made.deal.map(|deal| deal.json()))
                .detail("Accounts", made.account.map(|account| account.json()));
            Ok(outcome::reply(cx, 200, vec![Outcome::Said(said)]))
        }
        Err(error) => refused(cx, error),
    }
}

/// The answer of the oldest versions: ids and nothing else.
fn bare(made: &Converted) -> Reply {
    let mut out = Vec::with_capacity(128);
    let row = json!({
        "Contacts": made.contact.id,
        "Deals": made.deal.as_ref().map(|deal| deal.id),
        "Accounts": made.account.as_ref().map(|account| account.id),
    });
    write::value(&mut out, &json!({ "data": [row] }));
    Reply::json(200, out)
}

async fn inventory(cx: &Cx, request: &Request) -> Result<Reply, Error> {
    let module = cx.snapshot.module(request.segment(0))?;
    let id = get::parse_id(request.segment(1))?;
    let body = WriteBody::parse(&request.body)?;
    let raw = one(&body)?;
    let converter = match InventoryConverter::read(cx, module, raw, "$.data[0]") {
        Ok(converter) => converter,
        Err(error) => return refused(cx, error.into()),
    };
    let target = converter.target.api_name.clone();
    let unit = InventoryConversion::new(cx, module, converter, body.features()?)?;
    let made = cx.org.write(move |tx| Box::pin(async move { unit.write(tx, id).await })).await;
    match made {
        Ok(made) => {
            let said = Said::new(MESSAGE).detail(&target, made.json());
            Ok(outcome::reply(cx, 200, vec![Outcome::Said(said)]))
        }
        Err(error) => refused(cx, error),
    }
}

//! `consent_lookup`: on what basis a person's data are processed, and how the person may be contacted.

use dealwright_wire::{Instant, time};
use serde_json::{Map, Value as Json};

use super::document::{object, stored, text};
use super::read::{expected, within};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::Storage;
use crate::field::FieldDef;

const TEXTS: [(&str, u32); 3] =
    [("Data_Processing_Basis", 120), ("Consent_Through", 120), ("Consent_Remarks", 2_000)];
const FLAGS: [&str; 4] =
    ["Contact_Through_Email", "Contact_Through_Phone", "Contact_Through_Social", "Contact_Through_Survey"];

pub(super) static CONSENT_LOOKUP: FieldType = FieldType {
    key: "consent_lookup",
    name: "consent_lookup",
    json_type: "jsonobject",
    storage: Some(Storage::Text),
    form: Form::Json,
    ui_type: 133,
    custom_length: None,
    parse,
};

/// Every key is kept in its usual form; those that are not sent are empty.
fn parse<'a>(_: &FieldDef, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let keys = object(raw)?;
    let mut kept = Map::new();
    for (key, longest) in TEXTS {
        let text = text(&keys, key)?;
        text.map_or(Ok(()), |text| within(text, longest)).map_err(|error| error.inside(key.to_owned()))?;
        kept.insert(key.to_owned(), text.into());
    }
    let day = text(&keys, "Consent_Date")?;
    if day.is_some_and(|day| time::parse_date(day).is_none()) {
        return Err(expected("date").inside("Consent_Date".to_owned()));
    }
    kept.insert("Consent_Date".to_owned(), day.into());
    for key in FLAGS {
        let flag = match keys.get(key) {
            None | Some(Json::Null) => false,
            Some(Json::Bool(flag)) => *flag,
            Some(_) => return Err(expected("boolean").inside(key.to_owned())),
        };
        kept.insert(key.to_owned(), flag.into());
    }
    let sent = match text(&keys, "Mail_Sent_Time")? {
        Some(sent) => {
            let sent = Instant::parse(sent, cx.zone);
            Some(sent.ok_or_else(|| expected("datetime").inside("Mail_Sent_Time".to_owned()))?.text(cx.zone))
        }
        None => None,
    };
    kept.insert("Mail_Sent_Time".to_owned(), sent.into());
    if let Some(id) = keys.get("id").filter(|id| !id.is_null()) {
        kept.insert("id".to_owned(), id.clone());
    }
    stored(&Json::Object(kept))
}

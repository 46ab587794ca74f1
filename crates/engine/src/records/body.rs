//! The body of a write: `{"data":[{…}], …}`, taken apart without building a tree.
//!
//! Each value stays JSON text until its field reads it, so one bad field spoils one record and not the body.

use std::borrow::Cow;
use std::fmt;

use dealwright_schema::ModuleDef;
use dealwright_wire::{ApiError, Code};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::records::features::{FeatureKeys, Features};
use crate::records::line_items;
use crate::records::selection::alias;

/// Records in one request at most.
pub(crate) const RECORDS: usize = 100;

/// The keys of a body that writes read. Others are passed over.
#[derive(Deserialize)]
pub(crate) struct WriteBody<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(default)]
    pub duplicate_check_fields: Option<Vec<String>>,
    #[serde(borrow)]
    trigger: Option<&'a RawValue>,
    #[serde(borrow)]
    wf_trigger: Option<&'a RawValue>,
    #[serde(borrow)]
    lar_id: Option<&'a RawValue>,
    #[serde(borrow)]
    apply_feature_execution: Option<&'a RawValue>,
    #[serde(borrow)]
    skip_feature_execution: Option<&'a RawValue>,
}

/// One record as it was sent: field positions with the JSON text of their values, and the keys beside them.
#[derive(Debug, Default)]
pub(crate) struct RecordInput<'a> {
    pub id: Option<&'a str>,
    pub values: Vec<(usize, &'a str)>,
    /// Module that a polymorphic lookup of the record points to.
    pub se_module: Option<String>,
    /// Multi-select fields whose options are added instead of replaced.
    pub append: Vec<usize>,
    /// Row of a subform that shall go.
    pub delete: bool,
    /// The guide's second name of a field was used.
    pub second_name: bool,
}

impl<'a> WriteBody<'a> {
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, ApiError> {
        let invalid = || ApiError::new(Code::InvalidData).message("body");
        let text = std::str::from_utf8(body).map_err(|_| invalid())?;
        let text = text.trim_start_matches('\u{feff}');
        // A body that is JSON but no object has the wrong type, not the wrong syntax.
        if !text.trim_start().starts_with('{') {
            return Err(match serde_json::from_str::<serde::de::IgnoredAny>(text) {
                Ok(_) => ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonobject"),
                Err(_) => invalid(),
            });
        }
        serde_json::from_str(text).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => ApiError::new(Code::InvalidData)
                .field("duplicate_check_fields", "$.duplicate_check_fields".to_owned()),
            _ => invalid(),
        })
    }

    /// What the write may set off.
    pub(crate) fn features(&self) -> Result<Features, ApiError> {
        Features::read(&FeatureKeys {
            trigger: self.trigger,
            wf_trigger: self.wf_trigger,
            lar_id: self.lar_id,
            apply_feature_execution: self.apply_feature_execution,
            skip_feature_execution: self.skip_feature_execution,
        })
    }

    /// The elements of `data`: at least one, at most [`RECORDS`].
    pub(crate) fn records(&self) -> Result<Vec<&'a RawValue>, ApiError> {
        let at_data = |error: ApiError| error.field("data", "$.data".to_owned());
        let data = self.data.filter(|data| data.get() != "null");
        let data = data.ok_or_else(|| at_data(ApiError::new(Code::MandatoryNotFound)))?;
        let records: Vec<&RawValue> = serde_json::from_str(data.get()).map_err(|_| {
            at_data(ApiError::new(Code::InvalidData).detail("expected_data_type", "jsonarray"))
        })?;
        if records.is_empty() {
            return Err(at_data(ApiError::new(Code::InvalidData).detail("minimum_length", 1)));
        }
        Ok(records)
    }
}

/// Takes one record apart. `None` when it is no JSON object.
pub(crate) fn record<'a>(raw: &'a RawValue, module: &ModuleDef, lenient: bool) -> Option<RecordInput<'a>> {
    let mut record = RecordInput::default();
    let mut flat = Vec::new();
    let mut read = |key: Cow<'a, str>, value: &'a RawValue| match key.as_ref() {
        "id" => record.id = Some(value.get()),
        "_delete" => record.delete = true,
        "$se_module" | "se_module" => record.se_module = serde_json::from_str(value.get()).ok(),
        "$append_values" => {
            let names: serde_json::Map<String, serde_json::Value> =
                serde_json::from_str(value.get()).unwrap_or_default();
            let on = names.iter().filter(|(_, on)| on.as_bool() == Some(true));
            record.append.extend(on.filter_map(|(name, _)| module.field_index(name)));
        }
        name => {
            if let Some(field) = module.field_index(name) {
                record.values.push((field, value.get()));
                return;
            }
            let other = alias(module, name, lenient);
            record.second_name |= other != name;
            if other != name {
                record.values.extend(module.field_index(other).map(|field| (field, value.get())));
            } else if let Some(other) = line_items::row_key(module, name) {
                flat.extend(module.field_index(other).map(|field| (field, value.get())));
            }
        }
    };
    let mut text = serde_json::Deserializer::from_str(raw.get());
    text.deserialize_any(Fields(&mut read)).ok()?;
    // Rows in the form of version 2 may carry the product's name beside the product: it is no key of that version.
    flat.retain(|(at, raw)| *raw != "null" || !record.values.iter().any(|(other, _)| other == at));
    record.values.retain(|(at, _)| !flat.iter().any(|(other, _)| other == at));
    record.values.append(&mut flat);
    Some(record)
}

/// Hands over the entries of an object.
struct Fields<'f, F>(&'f mut F);

impl<'de, F: FnMut(Cow<'de, str>, &'de RawValue)> Visitor<'de> for Fields<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(key)) = map.next_key()? {
            (self.0)(key, map.next_value()?);
        }
        Ok(())
    }
}

/// A key, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Key<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Cow<'de, str>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }
            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }
            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }
        }
        deserializer.deserialize_str(Text).map(Key)
    }
}

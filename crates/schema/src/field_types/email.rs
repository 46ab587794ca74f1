//! `email`: an address; one `@`, a domain with a dot, no spaces.

use super::read::{expected, string, within};
use super::{FieldType, Form, Value, ValueCx, ValueError};
use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

pub(super) static EMAIL: FieldType = FieldType {
    key: "email",
    name: "email",
    json_type: "string",
    storage: Some(Storage::Text),
    form: Form::Text,
    ui_type: 25,
    custom_length: Some((100, 100)),
    parse,
};

fn parse<'a>(field: &FieldDef, raw: &'a str, _: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
    let text = string(raw).filter(|text| is_address(text)).ok_or_else(|| expected("email"))?;
    within(&text, field.length.unwrap_or(100))?;
    Ok(Value::Cell(Cell::Text(text)))
}

pub(super) fn is_address(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    let clean = |part: &str| {
        !part.is_empty()
            && !part.chars().any(|c| c.is_whitespace() || c.is_control() || "<>()[],;:\\\"@".contains(c))
    };
    let labels_filled = domain.split('.').all(|label| !label.is_empty() && !label.starts_with('-'));
    clean(local) && clean(domain) && domain.contains('.') && labels_filled
}

#[cfg(test)]
mod tests {
    #[test]
    fn addresses_are_told_from_other_text() {
        for good in ["a@b.co", "first.last+tag@sub.example.com", "ü@exämple.de", "o'neil@x.io"] {
            assert!(super::is_address(good), "{good}");
        }
        for bad in ["", "a", "a@", "@b.co", "a@b", "a b@c.de", "a@b..c", "a@@b.c", "a@b.c,d@e.f"] {
            assert!(!super::is_address(bad), "{bad}");
        }
    }
}

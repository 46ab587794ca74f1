//! Reading JSON text for the types, and the refusals they share.

use std::borrow::Cow;

use dealwright_wire::{ApiError, Code};

use super::ValueError;

/// `INVALID_DATA` with the type that was expected.
pub(super) fn expected(data_type: &str) -> ValueError {
    ApiError::new(Code::InvalidData).detail("expected_data_type", data_type).into()
}

/// `INVALID_DATA` with the largest length.
pub(super) fn too_long(maximum: u32) -> ValueError {
    ApiError::new(Code::InvalidData).detail("maximum_length", maximum).into()
}

/// The text of a JSON string.
pub(super) fn string(raw: &str) -> Option<Cow<'_, str>> {
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    if inner.contains('\\') {
        // PostgreSQL stores no NUL, so no text has one.
        return serde_json::from_str::<String>(raw).ok().filter(|text| !text.contains('\0')).map(Cow::Owned);
    }
    Some(Cow::Borrowed(inner))
}

/// A JSON string, or the text of a number or boolean, as lenient senders give it.
pub(super) fn text_or_scalar(raw: &str) -> Option<Cow<'_, str>> {
    match raw.as_bytes().first()? {
        b'"' => string(raw),
        b'{' | b'[' | b'n' => None,
        _ => Some(Cow::Borrowed(raw)),
    }
}

/// The numeral of a JSON number or of a string that holds one.
pub(super) fn numeral(raw: &str) -> Option<Cow<'_, str>> {
    let text = match raw.as_bytes().first()? {
        b'"' => match string(raw)? {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
            Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
        },
        b'-' | b'0'..=b'9' => Cow::Borrowed(raw),
        _ => return None,
    };
    let bytes = text.as_bytes();
    let numeric = !bytes.is_empty()
        && bytes.iter().all(|b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'))
        && bytes.iter().any(u8::is_ascii_digit);
    numeric.then_some(text)
}

/// A whole number; `7.0` is one, `7.5` is not.
pub(super) fn whole(raw: &str) -> Option<i64> {
    let text = numeral(raw)?;
    if let Ok(number) = text.parse() {
        return Some(number);
    }
    let thousandths = dealwright_wire::decimal::parse(&text, 3)?;
    (thousandths % 1000 == 0).then_some(thousandths / 1000)
}

/// Refuses a text that has more characters than the field keeps.
pub(super) fn within(text: &str, maximum: u32) -> Result<(), ValueError> {
    // Bytes bound characters from above, so most values need no count.
    if text.len() > maximum as usize && text.chars().count() > maximum as usize {
        return Err(too_long(maximum));
    }
    Ok(())
}

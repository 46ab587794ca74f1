//! What each data type accepts, stores and shows. One file per type, one line in [`FIELD_TYPES`].

mod autonumber;
mod bigint;
mod boolean;
mod comments;
mod computed;
mod consent_lookup;
mod date;
mod dates;
mod datetime;
mod decimal;
mod document;
mod email;
mod files;
mod integer;
mod layout;
mod linetax;
mod links;
mod lookup;
mod multiselectpicklist;
mod participants;
mod phone;
mod picklist;
mod pricing_details;
mod read;
mod reminders;
mod rrule;
mod structured;
mod subform;
mod tax;
mod text;
mod textarea;
mod time_range;
mod user;
mod website;

use std::fmt;

use dealwright_wire::{ApiError, Compat, Id, Zone};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::cell::{Cell, Storage};
use crate::field::FieldDef;

/// Every data type. Several entries share a wire name when the API uses one name for two JSON forms.
pub static FIELD_TYPES: &[&FieldType] = &[
    &text::TEXT,
    &textarea::TEXTAREA,
    &email::EMAIL,
    &phone::PHONE,
    &website::WEBSITE,
    &picklist::PICKLIST,
    &multiselectpicklist::MULTISELECTPICKLIST,
    &boolean::BOOLEAN,
    &integer::INTEGER,
    &bigint::BIGINT,
    &decimal::DOUBLE,
    &decimal::CURRENCY,
    &decimal::PERCENT,
    &date::DATE,
    &datetime::DATETIME,
    &lookup::LOOKUP,
    &lookup::MULTI_MODULE_LOOKUP,
    &user::OWNERLOOKUP,
    &user::USERLOOKUP,
    &subform::SUBFORM,
    &layout::LAYOUT,
    &autonumber::AUTONUMBER,
    &computed::FORMULA,
    &computed::FORMULA_TEXT,
    &computed::FORMULA_DATE,
    &computed::FORMULA_DATETIME,
    &computed::FORMULA_BOOLEAN,
    &computed::ROLLUP_SUMMARY,
    &computed::ROLLUP_SUMMARY_INTEGER,
    &computed::ROLLUP_SUMMARY_DATE,
    &computed::ROLLUP_SUMMARY_DATETIME,
    &computed::PROFILEIMAGE,
    &files::FILEUPLOAD,
    &files::IMAGEUPLOAD,
    &links::MULTISELECTLOOKUP,
    &links::MULTIUSERLOOKUP,
    &structured::TEXT_LIST,
    &structured::BIGINT_LIST,
    &dates::DATE_LIST,
    &structured::TERRITORIES,
    &linetax::LINETAX,
    &reminders::MULTIREMINDER,
    &reminders::EVENT_REMINDER,
    &structured::MULTIUSERLOOKUP,
    &time_range::TIME_RANGE,
    &rrule::RRULE,
    &rrule::ALARM,
    &participants::PARTICIPANTS,
    &pricing_details::PRICING_DETAILS,
    &comments::COMMENTS,
    &tax::TAX,
    &consent_lookup::CONSENT_LOOKUP,
];

/// One data type.
#[derive(Debug)]
pub struct FieldType {
    /// Unique name inside the product; the wire name, that with `[]` for its array form, or that with the kind of
    /// value behind a colon.
    pub key: &'static str,
    /// `data_type` on the wire.
    pub name: &'static str,
    /// `json_type` on the wire.
    pub json_type: &'static str,
    /// `None`: the type has no column of its own.
    pub storage: Option<Storage>,
    pub form: Form,
    pub ui_type: i64,
    /// Length of a new custom field when none is given, and the largest that may be given.
    /// `None`: people cannot create fields of this type.
    pub custom_length: Option<(u32, u32)>,
    pub parse: Parse,
}

/// Reads the JSON text of one value. `null` and the empty string never come here: they clear the field.
pub type Parse = for<'a> fn(&FieldDef, &'a str, &ValueCx<'_>) -> Result<Value<'a>, ValueError>;

impl FieldType {
    /// Points to a record of another module.
    pub fn is_lookup(&self) -> bool {
        matches!(self.form, Form::Lookup | Form::AnyLookup)
    }

    /// Compared as text without regard to case.
    pub fn is_text(&self) -> bool {
        self.form == Form::Text
    }

    /// One option of several, or several.
    pub fn has_options(&self) -> bool {
        self.is_picklist() || self.is_multi_select()
    }

    /// Rows of a module that came with the field: of a subform, or links.
    pub fn has_rows(&self) -> bool {
        self.name == "subform" || self.links_records() || self.links_users()
    }

    /// Values are files, which are kept beside the record.
    pub fn holds_anything(&self) -> bool {
        self.is_record_image() || self.holds_images() || self.name == "fileupload"
    }

    /// Values can be compared for being the same, so that a field can be unique.
    pub fn can_be_unique(&self) -> bool {
        matches!(self.name, "text" | "email" | "phone" | "integer" | "bigint")
    }

    /// The length is that of the type, whoever made the field.
    pub fn has_fixed_length(&self) -> bool {
        self.is_long_text() || self.has_options() || self.is_lookup_of_one()
    }

    /// The other is of the type too, whatever form it has in JSON.
    pub fn is_like(&self, other: &Self) -> bool {
        self.name == other.name
    }

    /// Worked out from other values by the server: a formula or a rollup.
    pub fn is_worked_out(&self) -> bool {
        matches!(self.name, "formula" | "rollup_summary")
    }
}

/// What a type is, asked by its name in one place.
macro_rules! kinds {
    ($($question:ident $name:literal $about:literal;)*) => {
        impl FieldType {
            $(#[doc = $about]
            pub fn $question(&self) -> bool {
                self.name == $name
            })*
        }
    };
}

kinds! {
    is_picklist "picklist" "One of its options.";
    is_multi_select "multiselectpicklist" "Several of its options.";
    is_plain_text "text" "One line of text.";
    is_long_text "textarea" "Text of several lines.";
    is_email "email" "An e-mail address; parts of it are found by `email`.";
    is_phone "phone" "A telephone number; parts of it are found by `phone`.";
    is_currency "currency" "An amount of money.";
    is_auto_number "autonumber" "Counted up by the server.";
    is_record_image "profileimage" "The picture of the record itself, which has calls of its own.";
    holds_images "imageupload" "Images, with what they show.";
    is_territories "territories" "The territories of a record.";
    is_lookup_of_one "lookup" "One record of one module.";
    is_multi_module_lookup "multi_module_lookup" "One record of one of several modules.";
    links_records "multiselectlookup" "Records of another module, linked by rows.";
    links_users "multiuserlookup" "Users, linked by rows or listed.";
}

/// How a stored value is written as JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Text,
    Bool,
    Int,
    /// A whole number in quotes.
    BigInt,
    /// Units of 10^-scale as a number.
    Decimal,
    Date,
    Instant,
    /// Stored as JSON text, shown as it is.
    Json,
    /// As `Json`, but empty shows as `[]`.
    JsonList,
    /// As `Json`; the oldest versions show the numbers in it as text.
    Reminders,
    /// Names in a JSON list, shown as options with their ids.
    Taxes,
    /// `{"name","id"}`.
    Lookup,
    /// `{"name","id"}` of a record in a module named beside the id.
    AnyLookup,
    /// `{"name","id","email"}`.
    User,
    /// `{"name","id"}` of the layout.
    Layout,
    /// Rows of another table.
    Subform,
    /// Rows that name uploaded files; stored as JSON text that is shown in the form of each version.
    Files,
}

impl Form {
    /// The column holds JSON text.
    pub fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::JsonList | Self::Reminders | Self::Taxes | Self::Files)
    }
}

/// What the rules for a value need to know besides the field.
#[derive(Debug, Clone, Copy)]
pub struct ValueCx<'a> {
    /// Zone of times given without an offset.
    pub zone: &'a Zone,
    pub compat: Compat,
}

/// A value that has the right form. References still have to be found.
#[derive(Debug, Clone, PartialEq)]
pub enum Value<'a> {
    Cell(Cell<'a>),
    Record(Reference<'a>),
    User(Reference<'a>),
    /// JSON text of a subform's rows.
    Rows(&'a str),
    /// JSON text of rows that name files.
    Files(&'a str),
    /// The field cannot be written; what was sent is passed over.
    Ignored,
}

/// How a lookup names its target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference<'a> {
    pub by: By<'a>,
    /// Module given beside the value.
    pub module: Option<std::borrow::Cow<'a, str>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By<'a> {
    Id(Id),
    Name(std::borrow::Cow<'a, str>),
    Email(std::borrow::Cow<'a, str>),
}

/// Why a value was refused.
#[derive(Debug)]
pub struct ValueError {
    /// `INVALID_DATA` with what was expected; the caller adds the field and its place.
    pub error: ApiError,
    /// Where inside the value the fault is, if it is not the value as a whole: `id`, `[2].type`.
    pub inside: Option<String>,
}

impl ValueError {
    /// The fault is at that place inside the value.
    fn inside(self, place: String) -> Self {
        Self { inside: Some(place), ..self }
    }

    /// What holds the fault stands at that place itself.
    fn below(self, place: String) -> Self {
        let inside = match self.inside {
            Some(inside) if inside.starts_with('[') => format!("{place}{inside}"),
            Some(inside) => format!("{place}.{inside}"),
            None => place,
        };
        Self { error: self.error, inside: Some(inside) }
    }

    /// The path below the field, and the key it ends with, if it ends with one.
    pub fn place(&self) -> (String, Option<&str>) {
        let Some(inside) = self.inside.as_deref() else { return (String::new(), None) };
        let key = inside.rsplit('.').next().filter(|key| !key.ends_with(']'));
        let dot = if inside.starts_with('[') { "" } else { "." };
        (format!("{dot}{inside}"), key)
    }
}

impl From<ApiError> for ValueError {
    fn from(error: ApiError) -> Self {
        Self { error, inside: None }
    }
}

/// A data type by reference into [`FIELD_TYPES`].
#[derive(Clone, Copy)]
pub struct DataType(&'static FieldType);

impl DataType {
    /// By the name that is unique inside the product.
    pub(crate) fn by_key(key: &str) -> Option<Self> {
        FIELD_TYPES.iter().find(|t| t.key == key).map(|t| Self(t))
    }

    /// By wire name and JSON form.
    pub fn find(name: &str, json_type: Option<&str>) -> Option<Self> {
        let fits = |t: &&&FieldType| t.name == name && json_type.is_none_or(|json| t.json_type == json);
        let any = |t: &&&FieldType| t.name == name;
        FIELD_TYPES.iter().find(fits).or_else(|| FIELD_TYPES.iter().find(any)).map(|t| Self(t))
    }

    /// By key. Only for keys that stand in the program itself.
    pub(crate) fn keyed(key: &str) -> Self {
        Self::by_key(key).expect("keys in the program name types of the table; a test reads them all")
    }

    pub fn get(self) -> &'static FieldType {
        self.0
    }

    /// `data_type` on the wire.
    pub fn name(self) -> &'static str {
        self.0.name
    }
}

impl std::ops::Deref for DataType {
    type Target = FieldType;

    fn deref(&self) -> &FieldType {
        self.0
    }
}

impl PartialEq for DataType {
    fn eq(&self, other: &Self) -> bool {
        self.0.key == other.0.key
    }
}

impl fmt::Debug for DataType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.key)
    }
}

impl Serialize for DataType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.key)
    }
}

impl<'de> Deserialize<'de> for DataType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::by_key(&key).ok_or_else(|| serde::de::Error::custom(format!("no data type {key:?}")))
    }
}

impl FieldDef {
    /// Reads the JSON text of a value for this field.
    pub fn parse<'a>(&self, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
        let field_type = self.data_type.get();
        if field_type.is_worked_out() {
            return Ok(Value::Ignored);
        }
        if raw == "null" || raw == "\"\"" {
            return Ok(match field_type.form {
                Form::Bool => Value::Cell(Cell::Bool(false)),
                Form::Subform => Value::Rows("[]"),
                Form::Files => Value::Files("[]"),
                _ => Value::Cell(Cell::Null),
            });
        }
        (field_type.parse)(self, raw, cx)
    }

    /// Reads the JSON text of a value to compare stored ones with, also of fields that cannot be written.
    pub fn parse_to_compare<'a>(&self, raw: &'a str, cx: &ValueCx<'_>) -> Result<Value<'a>, ValueError> {
        // Addresses that were kept before some were refused can still be looked for.
        if self.data_type.name() == "website" && raw.len() > 2 && raw != "null" {
            return text::parse(self, raw, cx);
        }
        let plain = match self.data_type.get().form {
            Form::Decimal => &decimal::DOUBLE,
            Form::Int => &integer::INTEGER,
            Form::Date => &date::DATE,
            Form::Instant => &datetime::DATETIME,
            Form::Bool => &boolean::BOOLEAN,
            _ => &text::TEXT,
        };
        match self.parse(raw, cx)? {
            Value::Ignored => (plain.parse)(self, raw, cx),
            value => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{DataType, FIELD_TYPES};
    use crate::worked_out::ReturnType;

    #[test]
    fn keys_are_unique_and_found() {
        let keys: HashSet<&str> = FIELD_TYPES.iter().map(|t| t.key).collect();
        assert_eq!(keys.len(), FIELD_TYPES.len());
        for t in FIELD_TYPES {
            assert_eq!(DataType::keyed(t.key).get().key, t.key);
        }
    }

    #[test]
    fn formulas_have_the_json_type_of_what_they_give() {
        for (gives, json_type) in [
            (ReturnType::Currency, "double"),
            (ReturnType::Text, "string"),
            (ReturnType::Datetime, "string"),
            (ReturnType::Boolean, "boolean"),
        ] {
            let found = gives.data_type().get();
            assert_eq!((found.name, found.json_type), ("formula", json_type));
        }
    }
}

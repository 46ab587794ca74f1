//! What cannot be asked for, in the words of the language it was asked in.

use dealwright_query::Condition;
use dealwright_wire::{ApiError, Code};

use super::{Language, Translator};

impl Translator<'_> {
    pub(super) fn unknown_field(&self, condition: &Condition) -> ApiError {
        match self.language {
            Language::Text => ApiError::new(Code::InvalidQuery)
                .detail("reason", "the field is not available for search")
                .detail("api_name", condition.field.as_str()),
            Language::Json { .. } => self
                .at(condition, ".field.api_name")
                .message("No field found")
                .detail("field", condition.field.as_str()),
            Language::Coql { column, .. } => ApiError::new(Code::InvalidQuery)
                .message("column given seems to be invalid")
                .detail("column_name", column),
        }
    }

    pub(super) fn unfit_operator(&self, condition: &Condition) -> ApiError {
        match self.language {
            Language::Text => ApiError::new(Code::InvalidQuery)
                .message("invalid operator found")
                .detail("operator", condition.operator.name())
                .detail("reason", "The operator is not valid for the field type")
                .detail("api_name", condition.field.as_str()),
            Language::Json { .. } => {
                self.at(condition, ".comparator").message("Please provide a valid comparator")
            }
            Language::Coql { column, operator } => ApiError::new(Code::InvalidQuery)
                .detail("reason", "invalid operator found")
                .detail("column_name", column)
                .detail("operator", operator),
        }
    }

    pub(super) fn wrong_value(&self, condition: &Condition, expected: &str) -> ApiError {
        match self.language {
            Language::Text => ApiError::new(Code::InvalidQuery)
                .message("invalid value for search")
                .detail("reason", "Please check the value of the field")
                .detail("api_name", condition.field.as_str())
                .detail("value", condition.values.join(","))
                .detail("expected_data_type", expected),
            Language::Json { .. } => self.at(condition, ".value").detail("expected_data_type", expected),
            Language::Coql { column, .. } => ApiError::new(Code::InvalidQuery)
                .message("value given seems to be invalid for the column")
                .detail("column_name", column)
                .detail("expected_data_type", expected),
        }
    }

    /// An error of JSON criteria at a key of a condition.
    fn at(&self, condition: &Condition, key: &str) -> ApiError {
        let Language::Json { place, paths } = self.language else {
            return ApiError::new(Code::InvalidData);
        };
        let path = paths.get(condition.at).map_or("", String::as_str);
        place.error(Code::InvalidData, &format!("{path}{key}"))
    }
}

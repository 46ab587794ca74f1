//! The one table of codes: variant, text on the wire, HTTP status, usual message.
//!
//! Sources: the published status-code page of the API and, per operation, its error tables.

macro_rules! codes {
    ($($variant:ident $text:literal $status:literal $message:literal;)*) => {
        /// A documented code. `SUCCESS` and `SCHEDULED` are not errors and are written where they occur.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code { $($variant),* }

        impl Code {
            /// Every code, in table order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The code as clients read it.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text),* }
            }
            /// HTTP status when the code stands alone at the top of an answer.
            pub const fn status(self) -> u16 {
                match self { $(Self::$variant => $status),* }
            }
            /// Message used unless the place that fails has a documented text of its own.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message),* }
            }
        }
    };
}

codes! {
    AlreadyModified "ALREADY_MODIFIED" 412 "record updated time has already passed if-unmodified-since time";
    AmbiguityDuringProcessing "AMBIGUITY_DURING_PROCESSING" 400 "ambiguity while processing the request";
    ApiNotSupported "API_NOT_SUPPORTED" 400 "api not supported in this version";
    AuthenticationFailure "AUTHENTICATION_FAILURE" 401 "Authentication failed";
    AuthorizationFailed "AUTHORIZATION_FAILED" 400 "User does not have sufficient privilege to perform this action";
    CannotDelete "CANNOT_DELETE" 400 "record not deletable";
    CriteriaLimitExceeded "CRITERIA_LIMIT_EXCEEDED" 400 "no of criterium that can be given exceed the limit 15";
    DependentFieldMissing "DEPENDENT_FIELD_MISSING" 400 "Dependent Fields missing";
    DependentMismatch "DEPENDENT_MISMATCH" 400 "dependent mismatch";
    DiscretePaginationLimitExceeded "DISCRETE_PAGINATION_LIMIT_EXCEEDED" 400 "You can only get the first 2000 records without using page_token param";
    DuplicateData "DUPLICATE_DATA" 400 "duplicate data";
    ExpectedDependentFieldMissing "EXPECTED_DEPENDENT_FIELD_MISSING" 400 "one of the expected dependent fields is missing";
    ExpectedFieldMissing "EXPECTED_FIELD_MISSING" 400 "Specify Atleast one field";
    ExpectedParamMissing "EXPECTED_PARAM_MISSING" 400 "one of the expected parameter is missing";
    ExpiredValue "EXPIRED_VALUE" 400 "Page token expired";
    FeatureNotSupported "FEATURE_NOT_SUPPORTED" 400 "Your License does not support this feature";
    FieldTypeUnavailable "FIELD_TYPE_UNAVAILABLE" 400 "this data type is not found in this module";
    FileSizeMoreThanAllowedSize "FILE_SIZE_MORE_THAN_ALLOWED_SIZE" 413 "file size is more than allowed size";
    InternalError "INTERNAL_ERROR" 500 "Internal Server Error";
    InvalidData "INVALID_DATA" 400 "invalid data";
    InvalidModule "INVALID_MODULE" 400 "the module name given seems to be invalid";
    InvalidQuery "INVALID_QUERY" 400 "Invalid query formed";
    InvalidRequest "INVALID_REQUEST" 400 "unable to process your request. please verify whether you have entered proper method name, parameter and parameter values.";
    InvalidRequestMethod "INVALID_REQUEST_METHOD" 400 "The http request method type is not a valid one";
    InvalidToken "INVALID_TOKEN" 401 "invalid oauth token";
    InvalidUrlPattern "INVALID_URL_PATTERN" 404 "Please check if the URL trying to access is a correct one";
    LimitExceeded "LIMIT_EXCEEDED" 400 "limit exceeded";
    LimitReached "LIMIT_REACHED" 400 "maximum response iteration limit reached";
    MandatoryNotFound "MANDATORY_NOT_FOUND" 400 "required field not found";
    MappingMismatch "MAPPING_MISMATCH" 400 "Pipeline doesn't contain the Stage";
    MultipleErrors "MULTIPLE_OR_MULTI_ERRORS" 400 "Multiple errors in the request";
    NoPermission "NO_PERMISSION" 403 "permission denied";
    NotAllowed "NOT_ALLOWED" 403 "not allowed";
    NotSupported "NOT_SUPPORTED" 501 "this operation is known but not served yet";
    NotSupportedHere "NOT_SUPPORTED" 400 "the given module is not supported in api";
    OauthScopeMismatch "OAUTH_SCOPE_MISMATCH" 401 "invalid oauth scope to access this URL";
    PaginationLimitExceeded "PAGINATION_LIMIT_EXCEEDED" 400 "You can only get upto 100000 records using page_token param";
    PatternNotMatched "PATTERN_NOT_MATCHED" 400 "Please check whether the input values are correct";
    RecordLocked "RECORD_LOCKED" 400 "Sorry, you cannot perform this operation as the record is locked.";
    RequestEntityTooLarge "REQUEST_ENTITY_TOO_LARGE" 413 "the request body is larger than this operation accepts";
    RequiredParamMissing "REQUIRED_PARAM_MISSING" 400 "One of the expected parameter is missing";
    ReservedKeyword "RESERVED_KEYWORD_NOT_ALLOWED" 400 "the api_name is reserved";
    TokenBoundDataMismatch "TOKEN_BOUND_DATA_MISMATCH" 400 "The page_token given seems to be invalid or input param is added or altered or deleted";
    TooManyRequests "TOO_MANY_REQUESTS" 429 "Too many requests. Please try again later.";
    UnableToParseDataType "UNABLE_TO_PARSE_DATA_TYPE" 400 "either the request body or parameters is in wrong format";
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_look_like_codes_and_have_an_error_status() {
        for code in Code::ALL {
            assert!(code.text().bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{}", code.text());
            assert!((400..=599).contains(&code.status()), "{}", code.text());
            assert!(!code.message().is_empty());
        }
    }
}

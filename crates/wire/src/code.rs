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
    AlreadyScheduled "ALREADY_SCHEDULED" 400 "Already a Mass Action scheduler is running for the given cvid";
    AlreadyShared "ALREADY_SHARED" 400 "Emails are already shared to the colleagues already";
    AlreadyUsed "ALREADY_USED" 400 "Given Territory id already exists for that record";
    AmbiguityDuringProcessing "AMBIGUITY_DURING_PROCESSING" 400 "ambiguity while processing the request";
    ApiNotSupported "API_NOT_SUPPORTED" 400 "api not supported in this version";
    AuthenticationFailure "AUTHENTICATION_FAILURE" 401 "Authentication failed";
    AuthorizationFailed "AUTHORIZATION_FAILED" 400 "User does not have sufficient privilege to perform this action";
    BodySizeReached "BODY_SIZE_REACHED" 413 "Request body size exceeds the maximum limit of 100MB";
    CannotBeUpdated "CANNOT_BE_UPDATED" 400 "the record cannot be updated";
    CannotDelete "CANNOT_DELETE" 400 "record not deletable";
    CannotPerformAction "CANNOT_PERFORM_ACTION" 400 "the action cannot be performed";
    CannotProcess "CANNOT_PROCESS" 400 "the request cannot be processed";
    CannotRestoreWithoutParent "CANNOT_RESTORE_WITHOUT_PARENT" 400 "the record cannot be restored without its parent";
    CannotUpdateDeletedUser "CANNOT_UPDATE_DELETED_USER" 400 "Deleted user cannot be updated";
    ConvertedRecord "CONVERTED_RECORD" 400 "can't update the converted record";
    CriteriaLimitExceeded "CRITERIA_LIMIT_EXCEEDED" 400 "no of criterium that can be given exceed the limit 15";
    DataMismatch "DATA_MISMATCH" 400 "the id given is mismatched with the data";
    DependentFieldMissing "DEPENDENT_FIELD_MISSING" 400 "Dependent Fields missing";
    DependentMismatch "DEPENDENT_MISMATCH" 400 "dependent mismatch";
    DiscretePaginationLimitExceeded "DISCRETE_PAGINATION_LIMIT_EXCEEDED" 400 "You can only get the first 2000 records without using page_token param";
    DownloadNotAllowed "DOWNLOAD_NOT_ALLOWED" 400 "As it is a linked attachment, you can not download it";
    DuplicateAlias "DUPLICATE_ALIAS" 400 "same alias cannot refer more than one column";
    DuplicateData "DUPLICATE_DATA" 400 "duplicate data";
    DuplicateLinkingData "DUPLICATE_LINKING_DATA" 400 "duplicate association";
    // The code is misspelt in the reference.
    EmailUpdateNotAllowed "EMAIL_UPDATE_NOT_ALOWED" 400 "Cannot update email of a confirmed CRM User";
    ExpectedDependentFieldMissing "EXPECTED_DEPENDENT_FIELD_MISSING" 400 "one of the expected dependent fields is missing";
    ExpectedFieldMissing "EXPECTED_FIELD_MISSING" 400 "Specify Atleast one field";
    ExpectedParamMissing "EXPECTED_PARAM_MISSING" 400 "one of the expected parameter is missing";
    ExpiredValue "EXPIRED_VALUE" 400 "Page token expired";
    FailureInAttachmentHandling "failure_in_attachment_handling" 400 "Problem in uploading attachment. kindly upload the file properly";
    FeatureNotEnabled "FEATURE_NOT_ENABLED" 400 "the feature is not enabled";
    FeatureNotSupported "FEATURE_NOT_SUPPORTED" 400 "Your License does not support this feature";
    FieldTypeUnavailable "FIELD_TYPE_UNAVAILABLE" 400 "this data type is not found in this module";
    FileSizeExceeds "FILE_SIZE_EXCEEDS" 400 "the size of the file exceeds the limit";
    FileSizeMoreThanAllowedSize "FILE_SIZE_MORE_THAN_ALLOWED_SIZE" 413 "file size is more than allowed size";
    FileTooLarge "FILE_SIZE_MORE_THAN_ALLOWED_SIZE" 415 "Please check if the size of the file is in the correct range";
    IdAlreadyActive "ID_ALREADY_ACTIVE" 400 "User is already active";
    IdAlreadyConverted "ID_ALREADY_CONVERTED" 400 "id already converted";
    IdAlreadyDeactivated "ID_ALREADY_DEACTIVATED" 400 "User is already deactivated";
    IdAlreadyDeleted "ID_ALREADY_DELETED" 400 "User is already deleted";
    InternalError "INTERNAL_ERROR" 500 "Internal Server Error";
    InvalidAlias "INVALID_ALIAS" 400 "alias name cannot be an empty string";
    InvalidAttachmentUrl "INVALID_URL_PATTERN" 400 "the given attachment URL is incorrect";
    InvalidData "INVALID_DATA" 400 "invalid data";
    InvalidModule "INVALID_MODULE" 400 "the module name given seems to be invalid";
    InvalidQuery "INVALID_QUERY" 400 "Invalid query formed";
    InvalidRequest "INVALID_REQUEST" 400 "unable to process your request. please verify whether you have entered proper method name, parameter and parameter values.";
    InvalidRequestMethod "INVALID_REQUEST_METHOD" 400 "The http request method type is not a valid one";
    InvalidToken "INVALID_TOKEN" 401 "invalid oauth token";
    InvalidUrlPattern "INVALID_URL_PATTERN" 404 "Please check if the URL trying to access is a correct one";
    LicenseLimitExceeded "LICENSE_LIMIT_EXCEEDED" 400 "tags edition limit exceeded";
    LimitExceeded "LIMIT_EXCEEDED" 400 "limit exceeded";
    LimitReached "LIMIT_REACHED" 400 "maximum response iteration limit reached";
    LowerLimitReached "LOWER_LIMIT_REACHED" 400 "at least one has to be left";
    MandatoryNotFound "MANDATORY_NOT_FOUND" 400 "required field not found";
    MappingMismatch "MAPPING_MISMATCH" 400 "Pipeline doesn't contain the Stage";
    MultipleErrors "MULTIPLE_OR_MULTI_ERRORS" 400 "Multiple errors in the request";
    NoPermission "NO_PERMISSION" 403 "permission denied";
    NoRecordsFound "NO_RECORDS_FOUND" 400 "no record found to update";
    NotAllowed "NOT_ALLOWED" 403 "not allowed";
    NotAllowedHere "NOT_ALLOWED" 400 "not allowed";
    NotApproved "NOT_APPROVED" 400 "record not approved";
    NotFound "NOT_FOUND" 400 "There is no data for the ID specified or there is no matching record in the given module.";
    NotReviewed "NOT_REVIEWED" 400 "record in review";
    NotShared "NOT_SHARED" 400 "Emails are not  shared to the colleagues already";
    NotSupported "NOT_SUPPORTED" 501 "this operation is known but not served yet";
    NotSupportedForUser "NOT_SUPPORTED" 403 "This API is supported only for admin users";
    NotSupportedHere "NOT_SUPPORTED" 400 "the given module is not supported in api";
    OauthScopeMismatch "OAUTH_SCOPE_MISMATCH" 401 "invalid oauth scope to access this URL";
    PaginationLimitExceeded "PAGINATION_LIMIT_EXCEEDED" 400 "You can only get upto 100000 records using page_token param";
    PatternNotMatched "PATTERN_NOT_MATCHED" 400 "Please check whether the input values are correct";
    RecordInBlueprint "RECORD_IN_BLUEPRINT" 400 "The record is in blue print";
    RecordLimitExceeded "RECORD_LIMIT_EXCEEDED" 400 "record limit exceeded";
    RecordLocked "RECORD_LOCKED" 400 "Sorry, you cannot perform this operation as the record is locked.";
    RecordNotInProcess "RECORD_NOT_IN_PROCESS" 400 "record not in process";
    RequestEntityTooLarge "REQUEST_ENTITY_TOO_LARGE" 413 "the request body is larger than this operation accepts";
    // No code of the reference: there the connection is closed.
    RequestTimeout "REQUEST_TIMEOUT" 408 "the request body came too slowly";
    RequiredParamMissing "REQUIRED_PARAM_MISSING" 400 "One of the expected parameter is missing";
    ReservedKeyword "RESERVED_KEYWORD_NOT_ALLOWED" 400 "the api_name is reserved";
    // No code of the reference: a server that is starting, that another one has taken over from, or whose database is away.
    ServiceUnavailable "SERVICE_UNAVAILABLE" 503 "the server cannot answer at the moment; please try again";
    ShareLimitExceeded "SHARE_LIMIT_EXCEEDED" 400 "Cannot share a record to more than 10 users.";
    SyntaxError "SYNTAX_ERROR" 400 "error occured while parsing the query";
    // No code of the reference: the disk is full, nothing was written, reads go on.
    StorageFull "STORAGE_FULL" 507 "there is no room left to store this";
    TagIdNotFound "TAG_ID_NOT_FOUND" 400 "invalid tag id";
    TerritoryNotEnabled "TERRITORY_NOT_ENABLED" 400 "the territory feature is not enabled";
    TokenBoundDataMismatch "TOKEN_BOUND_DATA_MISMATCH" 400 "The page_token given seems to be invalid or input param is added or altered or deleted";
    TooManyRequests "TOO_MANY_REQUESTS" 429 "Too many requests. Please try again later.";
    UnableToParseDataType "UNABLE_TO_PARSE_DATA_TYPE" 400 "either the request body or parameters is in wrong format";
    VirusDetected "VIRUS_DETECTED" 400 "the file is infected";
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn codes_look_like_codes_and_have_an_error_status() {
        for code in Code::ALL {
            assert!(
                code.text().bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
                    || *code == Code::FailureInAttachmentHandling,
                "{}",
                code.text()
            );
            assert!((400..=599).contains(&code.status()), "{}", code.text());
            assert!(!code.message().is_empty());
        }
    }
}

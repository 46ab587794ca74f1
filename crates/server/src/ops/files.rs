//! Attachments, files, and fields that hold files. Source: "Attachments", "Files", "Field attachments".

use dealwright_engine::attachments::{self as files, on_record as attachments};
use dealwright_wire::Code;

use super::operation::Method::{Delete, Get, Post};
use super::operation::{Operation, Uploads, run};
use super::scope::ScopeRule::{Beside, Fixed, Module};
use crate::versions::ApiVersion::{V2, V2_1};

const ATTACHMENTS: &str = "{module}/{id}/Attachments";
const ATTACHMENT: &str = "{module}/{id}/Attachments/{related_id}";

/// Largest file, in bytes: 20 MB.
const FILE: usize = 20 << 20;
const ONE_FILE: Uploads = Uploads::new(1, FILE);
const TEN_FILES: Uploads = Uploads {
    too_large: Code::FileTooLarge,
    malformed: Code::FailureInAttachmentHandling,
    ..Uploads::new(10, FILE)
};

/// The scope of attachments, beside that of the module they hang on.
const SCOPE: &str = "attachments";

pub(super) static OPERATIONS: &[Operation] = &[
    Operation::new("attachments.list", Get, ATTACHMENTS, Beside(SCOPE, "READ"), V2, run!(attachments::list)),
    Operation::new(
        "attachments.create",
        Post,
        ATTACHMENTS,
        Beside(SCOPE, "CREATE"),
        V2,
        run!(attachments::create),
    )
    .uploads(ONE_FILE),
    Operation::new(
        "attachments.delete_many",
        Delete,
        ATTACHMENTS,
        Beside(SCOPE, "DELETE"),
        V2,
        run!(attachments::delete_many),
    ),
    Operation::new("attachments.get", Get, ATTACHMENT, Beside(SCOPE, "READ"), V2, run!(attachments::get)),
    Operation::new(
        "attachments.delete_one",
        Delete,
        ATTACHMENT,
        Beside(SCOPE, "DELETE"),
        V2,
        run!(attachments::delete_one),
    ),
    Operation::new("files.create", Post, "files", Fixed("zohocrm.files", "CREATE"), V2, run!(files::create))
        .uploads(TEN_FILES),
    Operation::new("files.get", Get, "files", Fixed("zohocrm.files", "READ"), V2, run!(files::get)),
    Operation::new(
        "field_attachment.get",
        Get,
        "{module}/{id}/actions/download_fields_attachment",
        Module("READ"),
        V2_1,
        run!(files::field_attachment),
    ),
];

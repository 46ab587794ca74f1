//! Attachments, uploaded files, and the fields that hold files.
//!
//! Every file is a blob with a row in `_files`. The row is there before the first byte and goes after the last, so a
//! blob that nothing names any more can always be found. An opaque handle stands for the file towards clients.
//!
//! - [`upload`]: a file on its way in; it goes again unless an operation keeps it
//! - `download()`: a file on its way out
//! - `stored_file`: the rows of `_files`; [`sweep`]: removing what nobody needs; [`inventory`]: which blobs must be there
//! - [`create`], [`get`]: `POST` and `GET /files`
//! - `/{module}/{id}/Attachments`: [`attachments`]
//! - `given`, `held`, `fields`: values of file and image upload fields, as they are sent, as they are stored, and the
//!   way between; [`field_attachment`]: reading one of them
//! - `of_record`: what becomes of the files of a record that is deleted, restored, moved or forgotten
//! - `content_type`, `file_name`: what a client says about a file, made safe

pub mod attachments;
pub(crate) mod content_type;
pub(crate) mod download;
pub(crate) mod field_attachment;
pub(crate) mod fields;
pub(crate) mod file_name;
pub(crate) mod files_api;
pub(crate) mod given;
pub(crate) mod held;
pub mod inventory;
pub(crate) mod of_record;
pub(crate) mod stored_file;
pub mod sweep;
pub mod upload;

pub use download::Download;
pub use field_attachment::field_attachment;
pub use files_api::{create, get};
pub use upload::{Receiving, Upload};

//! Files that are held: uploads, and what stands for them.
//!
//! Every file is a blob with a row in `_files`. The row is there before the first byte and goes after the last, so a
//! blob that nothing names any more can always be found. An opaque handle stands for the file towards clients.
//!
//! - [`upload`]: a file on its way in; it goes again unless an operation keeps it
//! - `download()`: a file on its way out
//! - `stored_file`: the rows of `_files`; [`sweep`]: removing what nobody needs; [`inventory`]: which blobs must be there
//! - `given`, `held`: values of file and image upload fields, as they are sent and as they are stored; `moves`: files that
//!   change hands
//! - `content_type`, `file_name`: what a client says about a file, made safe

pub(crate) mod content_type;
pub(crate) mod download;
pub(crate) mod file_name;
pub(crate) mod given;
pub(crate) mod held;
pub mod inventory;
pub(crate) mod moves;
pub(crate) mod stored_file;
pub mod sweep;
pub mod upload;

pub use download::Download;
pub(crate) use download::download;
pub use upload::{Receiving, Upload};

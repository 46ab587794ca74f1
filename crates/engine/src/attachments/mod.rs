//! Attachments of records, files by themselves, and the fields that hold files.
//!
//! - `/{module}/{id}/Attachments`: [`on_record`]
//! - [`create`], [`get`]: `POST` and `GET /files`
//! - `values`: values of file and image upload fields, from what is sent to what is stored; [`field_attachment`]: reading one
//!   of them
//! - `of_record`: what becomes of the files of a record that is deleted, restored, moved or forgotten

pub(crate) mod field_attachment;
pub(crate) mod files_api;
pub(crate) mod of_record;
pub mod on_record;
pub(crate) mod values;

pub use field_attachment::field_attachment;
pub use files_api::{create, get};

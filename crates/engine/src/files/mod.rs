//! Attachments, files, photos, and the fields that hold files.

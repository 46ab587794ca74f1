//! What a file is, by its first bytes. The content type a client states is not believed.
//!
//! Only types that the official clients know how to read are ever given; the rest is `application/octet-stream`. None
//! of them runs in a browser: pages, scripts and SVG come back as bytes.

use super::file_name;

/// Extension of what has none.
pub(crate) const NO_EXTENSION: &str = "bin";

/// First bytes that are looked at.
pub(crate) const HEAD: usize = 16;

/// First bytes, and what must stand at the place behind them; the type; the extension.
struct Format {
    start: &'static [u8],
    more: Option<(usize, &'static [u8])>,
    name: &'static str,
    extension: &'static str,
}

const fn format(start: &'static [u8], name: &'static str, extension: &'static str) -> Format {
    Format { start, more: None, name, extension }
}

static FORMATS: &[Format] = &[
    format(b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    format(b"\xff\xd8\xff", "image/jpeg", "jpg"),
    format(b"GIF87a", "image/gif", "gif"),
    format(b"GIF89a", "image/gif", "gif"),
    format(b"BM", "image/bmp", "bmp"),
    Format { start: b"RIFF", more: Some((8, b"WEBP")), name: "image/webp", extension: "webp" },
    format(b"%PDF-", "application/pdf", "pdf"),
    format(b"PK\x03\x04", "application/zip", "zip"),
];

/// Types by extension, for what has no mark of its own.
static EXTENSIONS: [(&str, &str); 3] = [("txt", "text/plain"), ("log", "text/plain"), ("csv", "text/csv")];

/// Formats whose first bytes are those of an archive, by extension: documents that are called by their own type.
const IN_ARCHIVES: [&str; 1] = ["zip"];

/// The type of a file from its first bytes and its name.
pub(crate) fn of(head: &[u8], name: &str) -> &'static str {
    const OTHER: &str = "application/octet-stream";
    let extension = file_name::extension(name).unwrap_or_default().to_ascii_lowercase();
    let found = FORMATS.iter().find(|format| {
        head.starts_with(format.start)
            && format
                .more
                .is_none_or(|(at, bytes)| head.get(at..).is_some_and(|rest| rest.starts_with(bytes)))
    });
    match found {
        // An office document is an archive too, but nobody wants to unpack it.
        Some(format) if format.extension == "zip" && !IN_ARCHIVES.contains(&extension.as_str()) => OTHER,
        Some(format) => format.name,
        None => EXTENSIONS.iter().find(|(known, _)| *known == extension).map_or(OTHER, |(_, name)| name),
    }
}

/// True for a type that [`of`] gives to pictures.
pub(crate) fn is_image(content_type: &str) -> bool {
    content_type.starts_with("image/")
}

/// The extension that goes with a type.
pub(crate) fn extension(content_type: &str) -> &'static str {
    let found = FORMATS.iter().find(|format| format.name == content_type);
    found.map_or(NO_EXTENSION, |format| format.extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_bytes_decide() {
        for (head, name, wanted) in [
            (&b"\x89PNG\r\n\x1a\nmore"[..], "a.exe", "image/png"),
            (b"GIF89a", "a", "image/gif"),
            (b"RIFF\0\0\0\0WEBPVP8 ", "a.webp", "image/webp"),
            (b"RIFF\0\0\0\0WAVEfmt ", "a.webp", "application/octet-stream"),
            (b"%PDF-1.7", "a.txt", "application/pdf"),
            (b"PK\x03\x04", "a.zip", "application/zip"),
            (b"PK\x03\x04", "a.docx", "application/octet-stream"),
            (b"name,age", "a.CSV", "text/csv"),
            (b"<svg onload=alert(1)>", "a.svg", "application/octet-stream"),
            (b"<svg onload=alert(1)>", "a.png", "application/octet-stream"),
            (b"<html>", "a.html", "application/octet-stream"),
            (b"MZ", "a.exe", "application/octet-stream"),
            (b"", "", "application/octet-stream"),
        ] {
            assert_eq!(of(head, name), wanted, "{name}");
        }
    }
}

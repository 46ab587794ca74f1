//! File names as clients send them, made fit to be shown, stored and sent back.

/// Characters of a file name at most.
pub(crate) const LONGEST: usize = 255;
/// Characters of an extension that is kept when a name is cut.
const LONGEST_EXTENSION: usize = 16;

/// The last part of a path, without characters that cannot be seen, and no longer than [`LONGEST`]. Never empty.
///
/// Names are never used as names of files here; what remains to fear is what a client does with one.
pub(crate) fn clean(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible: String = last.chars().filter(|&c| !c.is_control() && !is_hidden(c)).collect();
    // Windows drops dots and spaces at the end, so that a name would come to mean another file.
    let name = visible.trim().trim_end_matches(['.', ' ']);
    if name.is_empty() {
        return "file".to_owned();
    }
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let extension = extension(name).filter(|extension| extension.chars().count() <= LONGEST_EXTENSION);
    let tail = extension.map(|extension| format!(".{extension}")).unwrap_or_default();
    let head: String = name.chars().take(LONGEST - tail.chars().count()).collect();
    head + &tail
}

/// What stands behind the last dot.
pub(crate) fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').map(|(_, extension)| extension).filter(|extension| !extension.is_empty())
}

/// Marks of text direction and of no width: they make `gnp.exe` look like `exe.png`.
fn is_hidden(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_what_cannot_be_seen_are_left_out() {
        for (given, wanted) in [
            ("report v1.pdf", "report v1.pdf"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\ada\\boat.png", "boat.png"),
            ("/", "file"),
            ("..", "file"),
            ("", "file"),
            (" a\r\nSet-Cookie: b.txt ", "aSet-Cookie: b.txt"),
            ("photo\u{202e}gnp.exe", "photognp.exe"),
            ("a\0b", "ab"),
            ("invoice.pdf. . ", "invoice.pdf"),
            ("日本語.txt", "日本語.txt"),
        ] {
            assert_eq!(clean(given), wanted, "{given:?}");
        }
    }

    #[test]
    fn long_names_keep_their_extension() {
        let name = clean(&format!("{}.pdf", "ä".repeat(400)));
        assert_eq!(name.chars().count(), LONGEST);
        assert_eq!(extension(&name), Some("pdf"));
        assert_eq!(clean(&format!("a.{}", "b".repeat(400))).chars().count(), LONGEST);
    }
}

//! A script cut into its statements: PostgreSQL gets each in a message of its own.
//!
//! Several in one message are one unit that the server takes apart; what stands between it and us (a distributed
//! database, a pooler) often takes one statement at a time and nothing else.

/// The statements of a script, without the semicolons between them. Semicolons within quotes, dollar quotes and comments
/// are part of their statement.
pub(crate) fn split(script: &str) -> Vec<&str> {
    let mut statements = Vec::new();
    let (mut begin, mut at) = (0, 0);
    while at < script.len() {
        let rest = &script[at..];
        if rest.starts_with(';') {
            push(&mut statements, &script[begin..at]);
            begin = at + 1;
        }
        at += token(rest);
    }
    push(&mut statements, &script[begin..]);
    statements
}

fn push<'s>(statements: &mut Vec<&'s str>, statement: &'s str) {
    let statement = statement.trim();
    if !statement.is_empty() {
        statements.push(statement);
    }
}

/// Length of what stands at the beginning: a quoted piece, a comment, or one character.
fn token(text: &str) -> usize {
    let first = text.chars().next().map_or(1, char::len_utf8);
    let until =
        |skip: usize, end: &str| text[skip..].find(end).map_or(text.len(), |at| skip + at + end.len());
    if text.starts_with('\'') || text.starts_with('"') {
        // A doubled quote ends one piece and begins the next, which comes to the same.
        until(1, &text[..1])
    } else if text.starts_with("--") {
        until(2, "\n")
    } else if text.starts_with("/*") {
        until(2, "*/")
    } else if let Some(tag) = dollar_tag(text) {
        until(tag.len(), tag)
    } else {
        first
    }
}

/// `$$` or `$word$`; not `$1`, which is an argument.
fn dollar_tag(text: &str) -> Option<&str> {
    let end = text.strip_prefix('$')?.find('$')? + 2;
    let word = &text[1..end - 1];
    let is_word = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    (is_word && !word.bytes().next().is_some_and(|byte| byte.is_ascii_digit())).then_some(&text[..end])
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn semicolons_end_statements_where_they_are_no_text() {
        for (script, wanted) in [
            ("", &[][..]),
            (" ; ;\n", &[]),
            ("BEGIN", &["BEGIN"]),
            ("A; B ;\nC;", &["A", "B", "C"]),
            ("SELECT ';'; SELECT 'it''s;', \"a;b\"", &["SELECT ';'", "SELECT 'it''s;', \"a;b\""]),
            ("A -- x; y\n; B /* ; */", &["A -- x; y", "B /* ; */"]),
            (
                "DO $make$ BEGIN x; EXECUTE $text$ a; $body$ b; $body$ $text$; END $make$; C",
                &["DO $make$ BEGIN x; EXECUTE $text$ a; $body$ b; $body$ $text$; END $make$", "C"],
            ),
            ("SELECT $1; SELECT $2, '$'; D", &["SELECT $1", "SELECT $2, '$'", "D"]),
            ("DO $$ a; b $$; ä;", &["DO $$ a; b $$", "ä"]),
            ("SELECT 'open; end", &["SELECT 'open; end"]),
        ] {
            assert_eq!(split(script), wanted, "{script}");
        }
    }
}

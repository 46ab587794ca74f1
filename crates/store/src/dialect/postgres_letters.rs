//! Folding on PostgreSQL: a function made from the tables of [`dealwright_wire::letters`], so that it folds as they do.
//! It is one expression, which the planner puts in its place, in statements and in indexes alike.

use dealwright_wire::letters::{ALIKE, AS_TWO};

/// Name of the function. The number rises when what it does changes, and so must the names of indexes over it.
pub(super) const FUNCTION: &str = "_letters_1";

pub(super) fn function() -> String {
    let alike = |side: fn(&(char, char)) -> char| ALIKE.iter().map(side).collect::<String>();
    let lower = "lower(normalize($1, NFKD) COLLATE CASED)".to_owned();
    let one = format!("translate({lower}, '{}', '{}')", alike(|pair| pair.0), alike(|pair| pair.1));
    let folded = AS_TWO.iter().fold(one, |text, (one, two)| format!("replace({text}, '{one}', '{two}')"));
    cased(&format!(
        r#"CREATE FUNCTION {{{FUNCTION}}}(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN octet_length($1) = length($1) THEN lower($1 COLLATE "C")
    ELSE normalize({folded}, NFKC) COLLATE "C" END
$body$"#
    ))
}

/// The statement that makes a function, with a collation in place of each `CASED` in it: lower case beyond ASCII needs one
/// that knows it, and which there is depends on the server.
pub(super) fn cased(function: &str) -> String {
    format!(
        r#"DO $make$
DECLARE
  cased text := coalesce((SELECT quote_ident(collname) FROM pg_collation
    WHERE collname IN ('und-x-icu', 'pg_c_utf8') ORDER BY collname DESC LIMIT 1), '"default"');
BEGIN
  EXECUTE replace($text$
{function}
$text$, 'CASED', cased);
END
$make$"#
    )
}

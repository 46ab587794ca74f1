//! Folding on PostgreSQL: a function made from the tables of [`dealwright_wire::letters`], so that it folds as they do.
//! It is one expression, which the planner puts in its place, in statements and in indexes alike.

use dealwright_wire::letters::{ALIKE, AS_TWO};

use super::postgres_full_text::CASED;

/// Name of the function. The number rises when what it does changes, and so must the names of indexes over it.
pub(super) const FUNCTION: &str = "_letters_1";

pub(super) fn function() -> String {
    let alike = |side: fn(&(char, char)) -> char| ALIKE.iter().map(side).collect::<String>();
    let lower = "lower(normalize($1, NFKD) COLLATE CASED)".to_owned();
    let one = format!("translate({lower}, '{}', '{}')", alike(|pair| pair.0), alike(|pair| pair.1));
    let folded = AS_TWO.iter().fold(one, |text, (one, two)| format!("replace({text}, '{one}', '{two}')"));
    format!(
        r#"DO $make$
DECLARE
  cased text := {CASED};
BEGIN
  EXECUTE replace($text$
CREATE FUNCTION {{{FUNCTION}}}(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $body$
  SELECT CASE WHEN octet_length($1) = length($1) THEN lower($1 COLLATE "C")
    ELSE normalize({folded}, NFKC) COLLATE "C" END
$body$
$text$, 'CASED', cased);
END
$make$"#
    )
}

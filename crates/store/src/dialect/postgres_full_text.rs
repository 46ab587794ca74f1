//! Full text on PostgreSQL: a GIN index over a function that cuts a record's text into terms. As an index over an
//! expression it is in step with its rows by itself. The function is made from the tables of
//! [`dealwright_full_text::fold`], so both databases fold and cut alike.

use std::fmt::Write as _;

use dealwright_schema::full_text::FullText;

use super::postgres_letters::cased;
use crate::full_text::fold::{ALIKE, AS_TWO, MARKS, Range, SEPARATORS, SPACELESS};
use crate::full_text::{self, Asked, Words};

/// Name of the function. The number rises when what it does changes.
pub(super) const FUNCTION: &str = "_search_terms_1";

/// The function. Its cost tells the planner to use the index where it can.
pub(super) fn function() -> String {
    let alike = |side: fn(&(char, char)) -> char| ALIKE.iter().map(side).collect::<String>();
    let (from, to) = (alike(|pair| pair.0), alike(|pair| pair.1));
    let letters = AS_TWO.iter().fold(format!("translate(folded, '{from}', '{to}')"), |text, (one, two)| {
        format!("replace({text}, '{one}', '{two}')")
    });
    let (marks, separators, spaceless) = (class(MARKS), class(SEPARATORS), class(SPACELESS));
    let (word, text, run) = (full_text::WORD, full_text::TEXT, full_text::SPACELESS);
    let (mail, phone) = (full_text::MAIL, full_text::PHONE);
    cased(&format!(
        r#"CREATE FUNCTION {{{FUNCTION}}}(words text, mails text, phones text) RETURNS tsvector
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 5000 AS $body$
DECLARE
  folded text := lower(words COLLATE "C");
  found text[] := ARRAY[]::text[];
BEGIN
  IF octet_length(folded) <> length(folded) THEN
    folded := lower(regexp_replace(normalize(folded, NFKD), '{marks}', '', 'g') COLLATE CASED);
    folded := left({letters}, {text});
    IF folded ~ '{spaceless}' THEN
      SELECT found || array_agg('w' || substr(run[1], at, {run})) INTO found
        FROM regexp_matches(folded, '{spaceless}+', 'g') AS run, generate_series(1, length(run[1])) AS at;
      folded := regexp_replace(folded, '{spaceless}+', ' ', 'g');
    END IF;
    folded := regexp_replace(folded, '{separators}+', ' ', 'g');
  ELSE
    folded := regexp_replace(left(folded, {text}), '[^0-9a-z]+', ' ', 'g');
  END IF;
  SELECT found || array_agg('w' || left(word, {word})) INTO found
    FROM unnest(string_to_array(folded, ' ')) AS word WHERE word <> '';
  IF mails <> '' THEN
    SELECT found || array_agg('m' || substr(one, at, {mail})) INTO found
      FROM unnest(string_to_array(regexp_replace(regexp_replace(lower(mails COLLATE "C"),
        '[\u0001-\u001F\u007F]', ' ', 'g'), '[!-/:-@\[-`\u007B-~]', '·', 'g'), ' ')) AS one,
      generate_series(1, length(one)) AS at;
  END IF;
  IF phones <> '' THEN
    SELECT found || array_agg('p' || substr(one, at, {phone})) INTO found
      FROM (SELECT regexp_replace(one, '[^0-9]', '', 'g') AS one
        FROM unnest(string_to_array(phones, chr(31))) AS one) AS numbers,
      generate_series(1, length(one)) AS at;
  END IF;
  RETURN array_to_tsvector(found);
END
$body$"#
    ))
}

/// A record's terms, of the columns of the table alias (`t.`) or of the table itself.
pub(super) fn terms(text: &FullText, alias: &str) -> String {
    let join = |columns: &[String], between: &str| {
        let columns: Vec<String> =
            columns.iter().map(|column| format!("coalesce({alias}\"{column}\", '')")).collect();
        if columns.is_empty() { "''".to_owned() } else { columns.join(&format!(" || {between} || ")) }
    };
    let (words, mails) = (join(&text.words, "' '"), join(&text.mails, "' '"));
    format!("{{{FUNCTION}}}({words}, {mails}, {})", join(&text.phones, "chr(31)"))
}

/// What is asked as a `tsquery`. Terms hold no quotes or backslashes.
pub(super) fn query(asked: &Asked) -> String {
    let words = Words { and: " & ", or: " | ", but: " & !" };
    asked.write(&words, &|term| format!("'{}'{}", term.text, if term.is_prefix { ":*" } else { "" }))
}

fn class(ranges: &[Range]) -> String {
    let mut out = String::from("[");
    for (from, to) in ranges {
        // Writing to a string does not fail.
        let _ = write!(out, "\\U{:08X}-\\U{:08X}", u32::from(*from), u32::from(*to));
    }
    out.push(']');
    out
}

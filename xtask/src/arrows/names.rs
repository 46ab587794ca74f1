//! What a file of Rust names, read from its tokens: macros and paths in the code count as imports do.

use std::collections::BTreeMap;

use anyhow::{Result, anyhow};
use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// What a file names, with the lines.
#[derive(Default)]
pub(super) struct Names {
    /// Modules at the top of the crate.
    pub(super) top: Vec<(String, usize)>,
    /// Texts.
    pub(super) texts: Vec<(String, usize)>,
    /// Where the name of a data type is compared or chosen by.
    pub(super) types: Vec<usize>,
}

/// Names that the root of a crate shows again, with the module at its top that has them.
pub(super) type Shown = BTreeMap<String, String>;

/// What `pub use module::{…};` of the root shows.
pub(super) fn shown_again(library: &str) -> Result<Shown> {
    let tokens = lexed(library)?;
    let mut shown = Shown::new();
    for (at, token) in tokens.iter().enumerate() {
        if !is_word(Some(token), "use") {
            continue;
        }
        let Some(module) = word(tokens.get(at + 1)) else { continue };
        let until = tokens[at..]
            .iter()
            .position(|token| is_sign(Some(token), ';'))
            .map_or(tokens.len(), |end| at + end);
        for name in words_in(&tokens[at + 2..until]) {
            shown.insert(name, module.clone());
        }
    }
    Ok(shown)
}

impl Names {
    /// What a file names that is the module `own`, such as `["records", "insert"]`. Tests in the file do not count.
    pub(super) fn of(text: &str, own: &[String], shown: &Shown) -> Result<Self> {
        let mut names = Self::default();
        names.read(&lexed(text)?, own.len(), shown);
        Ok(names)
    }

    /// `depth`: how many `super` it takes to be at the top.
    fn read(&mut self, tokens: &[TokenTree], depth: usize, shown: &Shown) {
        let mut at = 0;
        while at < tokens.len() {
            if is_for_tests(&tokens[at..]) {
                at = end_of_item(tokens, at + 2);
                continue;
            }
            match &tokens[at] {
                TokenTree::Ident(name) if name == "crate" => self.path(&tokens[at + 1..], shown),
                TokenTree::Ident(name) if name == "super" => {
                    let mut levels = 1;
                    while is_path(&tokens[at + 1..]) && is_word(tokens.get(at + 3), "super") {
                        levels += 1;
                        at += 3;
                    }
                    if levels >= depth {
                        self.path(&tokens[at + 1..], shown);
                    }
                }
                TokenTree::Ident(name) if name == "mod" && is_braced(tokens.get(at + 2)) => {
                    if let Some(TokenTree::Group(group)) = tokens.get(at + 2) {
                        self.read(&inside(group), depth + 1, shown);
                        at += 2;
                    }
                }
                TokenTree::Group(group) => self.read(&inside(group), depth, shown),
                TokenTree::Literal(literal) => {
                    let text = literal.to_string();
                    if let Some(text) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
                        self.texts.push((text.to_owned(), line(&tokens[at])));
                    }
                }
                TokenTree::Ident(name) if name == "data_type" && is_name_call(&tokens[at + 1..]) => {
                    self.types.push(line(&tokens[at]));
                }
                _ => {}
            }
            at += 1;
        }
    }

    /// What follows `crate`: `::module…`, or `::{module…, module…}`.
    fn path(&mut self, rest: &[TokenTree], shown: &Shown) {
        if !is_path(rest) {
            return;
        }
        let mut add = |token: &TokenTree, name: String| {
            let module = shown.get(&name).cloned().unwrap_or(name);
            self.top.push((module, line(token)));
        };
        match rest.get(2) {
            Some(token @ TokenTree::Ident(name)) => add(token, name.to_string()),
            Some(TokenTree::Group(group)) => {
                let mut is_first = true;
                for token in inside(group) {
                    match &token {
                        TokenTree::Ident(name) if is_first => {
                            add(&token, name.to_string());
                            is_first = false;
                        }
                        TokenTree::Punct(sign) if sign.as_char() == ',' => is_first = true,
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

fn lexed(text: &str) -> Result<Vec<TokenTree>> {
    let stream: TokenStream = text.parse().map_err(|error| anyhow!("this is no Rust: {error}"))?;
    Ok(stream.into_iter().collect())
}

fn inside(group: &proc_macro2::Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn line(token: &TokenTree) -> usize {
    token.span().start().line
}

/// `#[cfg(test)]`.
fn is_for_tests(tokens: &[TokenTree]) -> bool {
    let [TokenTree::Punct(sign), TokenTree::Group(group), ..] = tokens else { return false };
    sign.as_char() == '#' && group.stream().to_string().replace(' ', "") == "cfg(test)"
}

/// Behind the item that begins here: its braces, or its semicolon.
fn end_of_item(tokens: &[TokenTree], from: usize) -> usize {
    let ends = |token: &TokenTree| is_braced(Some(token)) || is_sign(Some(token), ';');
    tokens[from..].iter().position(ends).map_or(tokens.len(), |end| from + end + 1)
}

/// `.name()`, or `().name()`, and something that is done with the name but to show it.
fn is_name_call(rest: &[TokenTree]) -> bool {
    let rest = match rest {
        [TokenTree::Group(group), rest @ ..] if group.stream().is_empty() => rest,
        rest => rest,
    };
    is_sign(rest.first(), '.')
        && is_word(rest.get(1), "name")
        && match rest.get(3) {
            // Compared with `==` or `!=`.
            Some(TokenTree::Punct(sign)) if matches!(sign.as_char(), '=' | '!') => true,
            // Chosen by, as in `match … {`.
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
            Some(TokenTree::Punct(sign)) if sign.as_char() == '.' => is_word(rest.get(4), "ends_with"),
            _ => false,
        }
}

fn is_path(tokens: &[TokenTree]) -> bool {
    is_sign(tokens.first(), ':') && is_sign(tokens.get(1), ':')
}

fn is_braced(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace)
}

fn is_sign(token: Option<&TokenTree>, wanted: char) -> bool {
    matches!(token, Some(TokenTree::Punct(sign)) if sign.as_char() == wanted)
}

fn is_word(token: Option<&TokenTree>, wanted: &str) -> bool {
    matches!(token, Some(TokenTree::Ident(name)) if name == wanted)
}

fn word(token: Option<&TokenTree>) -> Option<String> {
    match token {
        Some(TokenTree::Ident(name)) => Some(name.to_string()),
        _ => None,
    }
}

fn words_in(tokens: &[TokenTree]) -> Vec<String> {
    let mut words = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Ident(name) => words.push(name.to_string()),
            TokenTree::Group(group) => words.extend(words_in(&inside(group))),
            _ => {}
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn top(text: &str, own: &[&str]) -> Vec<String> {
        let shown = shown_again("pub use cx::{Actor, Cx};\nuse error::Error;").unwrap();
        let own: Vec<String> = own.iter().map(|part| (*part).to_owned()).collect();
        let names = Names::of(text, &own, &shown).unwrap();
        names.top.into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn imports_paths_and_macros_count() {
        assert_eq!(
            top("use crate::tags::Tag; use crate::{records::{a, b}, Cx};", &["mail"]),
            ["tags", "records", "cx"]
        );
        assert_eq!(
            top("fn f() { crate::jobs::start(vec![crate::mass::KIND]) }", &["mail"]),
            ["jobs", "mass"]
        );
        assert_eq!(top("pub(crate) use crate::Error;", &["mail"]), ["error"]);
    }

    #[test]
    fn super_counts_when_it_is_the_top() {
        assert_eq!(top("use super::super::tags::Tag; use super::draft;", &["mail", "send"]), ["tags"]);
        assert_eq!(top("use super::tags::Tag;", &["mail"]), ["tags"]);
        assert_eq!(top("mod inner { use super::super::tags; use super::draft; }", &["mail"]), ["tags"]);
    }

    #[test]
    fn tests_do_not_count() {
        assert!(
            top("#[cfg(test)] mod tests { use crate::tags; }\n#[cfg(test)] use crate::mass;", &["mail"])
                .is_empty()
        );
    }

    #[test]
    fn names_of_types_that_are_compared_count() {
        let text = r#"fn f() { if field.data_type.name() == "email" {} match a.data_type.name() { _ => {} }; show(field.data_type.name()); }"#;
        let names = Names::of(text, &["mail".to_owned()], &Shown::new()).unwrap();
        assert_eq!(names.types.len(), 2);
        assert_eq!(names.texts, [("email".to_owned(), 1)]);
    }
}

use super::{Condition, Criteria, CriteriaError, CriteriaErrorKind, Operator};

/// How large a criteria text may be. The defaults are those of the reference service's record search, but for
/// `depth`, which it does not state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub conditions: usize,
    /// Values of one `in`.
    pub values: usize,
    /// Characters of the whole text, before escapes are dropped.
    pub length: usize,
    /// Brackets open at one place, those of a condition included and those inside a value not. Parsing, printing and
    /// dropping a tree recurse this deep.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { conditions: 15, values: 100, length: 3000, depth: 32 }
    }
}

/// The tree of a criteria text, in time linear to its length.
///
/// `and` binds tighter than `or`; both may be in upper case. A single condition needs no brackets. In a value, a
/// backslash escapes `(`, `)`, `,` and `\`, and balanced brackets may stand unescaped.
pub fn parse(text: &str, limits: &Limits) -> Result<Criteria, CriteriaError> {
    if let Some((at, _)) = text.char_indices().nth(limits.length) {
        let expected = format!("the end after {} characters", limits.length);
        return Err(CriteriaError::new(CriteriaErrorKind::TooLong, at, expected));
    }
    let mut parser = Parser { text, limits, at: 0, conditions: 0, depth: 0 };
    let criteria = parser.any_or_condition()?;
    if parser.at < text.len() {
        return Err(CriteriaError::syntax(parser.at, "`and`, `or` or the end"));
    }
    Ok(criteria)
}

struct Parser<'a> {
    text: &'a str,
    limits: &'a Limits,
    /// Byte offset of the next unread character.
    at: usize,
    /// Conditions read so far.
    conditions: usize,
    /// Brackets open now.
    depth: usize,
}

impl<'a> Parser<'a> {
    /// What may stand in brackets or be the whole text. Reads the white space on both sides too.
    fn any_or_condition(&mut self) -> Result<Criteria, CriteriaError> {
        self.skip_whitespace();
        let criteria =
            if self.rest().starts_with('(') { self.any()? } else { Criteria::Test(self.condition()?) };
        self.skip_whitespace();
        Ok(criteria)
    }

    fn any(&mut self) -> Result<Criteria, CriteriaError> {
        let first = self.all()?;
        if !self.eat_keyword("or") {
            return Ok(first);
        }
        let mut parts = vec![first, self.all()?];
        while self.eat_keyword("or") {
            parts.push(self.all()?);
        }
        Ok(Criteria::Any(parts))
    }

    fn all(&mut self) -> Result<Criteria, CriteriaError> {
        let first = self.group()?;
        if !self.eat_keyword("and") {
            return Ok(first);
        }
        let mut parts = vec![first, self.group()?];
        while self.eat_keyword("and") {
            parts.push(self.group()?);
        }
        Ok(Criteria::All(parts))
    }

    fn group(&mut self) -> Result<Criteria, CriteriaError> {
        self.skip_whitespace();
        if self.depth == self.limits.depth && self.rest().starts_with('(') {
            let expected = format!("at most {} brackets inside each other", self.limits.depth);
            return Err(CriteriaError::new(CriteriaErrorKind::TooDeep, self.at, expected));
        }
        self.expect('(', "`(`")?;
        self.depth += 1;
        self.skip_whitespace();
        let holds_groups = self.rest().starts_with('(');
        let inner = self.any_or_condition()?;
        self.expect(')', if holds_groups { "`and`, `or` or `)`" } else { "`)`" })?;
        self.depth -= 1;
        Ok(inner)
    }

    fn condition(&mut self) -> Result<Condition, CriteriaError> {
        let at = self.at;
        let field = self.field()?;
        if self.conditions == self.limits.conditions {
            let expected = format!("at most {} conditions", self.limits.conditions);
            return Err(CriteriaError::new(CriteriaErrorKind::TooManyConditions, at, expected));
        }
        self.conditions += 1;
        let operator = self.operator().map_err(|error| error.with_field(field))?;
        let values =
            self.values(operator).map_err(|error| error.with_field(field).with_operator(operator.name()))?;
        Ok(Condition { field: field.to_owned(), operator, values, at })
    }

    fn field(&mut self) -> Result<&'a str, CriteriaError> {
        let at = self.at;
        let field = self.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '.'));
        if field.is_empty() || field.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
            return Err(CriteriaError::syntax(at, "a field name"));
        }
        self.skip_whitespace();
        Ok(field)
    }

    /// The operator between the colon after the field and the next colon or bracket.
    fn operator(&mut self) -> Result<Operator, CriteriaError> {
        self.expect(':', "`:` after the field name")?;
        self.skip_whitespace();
        let at = self.at;
        let name = self.take_while(|c| !matches!(c, ':' | '(' | ')')).trim_end();
        if name.is_empty() {
            return Err(CriteriaError::syntax(at, "an operator"));
        }
        Operator::from_name(name).ok_or_else(|| {
            let expected = "an operator such as `equals` or `starts_with`";
            CriteriaError::new(CriteriaErrorKind::UnknownOperator, at, expected).with_operator(name)
        })
    }

    /// The colon and the values after it, as many as the operator takes.
    fn values(&mut self, operator: Operator) -> Result<Vec<String>, CriteriaError> {
        if operator.is_emptiness_test() && !self.rest().starts_with(':') {
            return Ok(Vec::new());
        }
        self.expect(':', "`:` and a value")?;
        self.skip_whitespace();
        let at = self.at;
        let mut values = self.value_items(operator.takes_list())?;
        if values == [""] {
            values.clear();
        }
        let wrong_count =
            |expected| Err(CriteriaError::new(CriteriaErrorKind::WrongValueCount, at, expected));
        match values.len() {
            0 if operator.is_emptiness_test() => Ok(values),
            _ if operator.is_emptiness_test() => wrong_count("no value"),
            0 => Err(CriteriaError::syntax(at, "a value")),
            count if operator == Operator::Between && count != 2 => {
                wrong_count("two values separated by a comma")
            }
            count if operator == Operator::In && count > self.limits.values => {
                let expected = format!("at most {} values", self.limits.values);
                Err(CriteriaError::new(CriteriaErrorKind::TooManyValues, at, expected))
            }
            _ if values.iter().any(String::is_empty) => {
                Err(CriteriaError::syntax(at, "a value before and after each comma"))
            }
            _ => Ok(values),
        }
    }

    /// The value up to the `)` that closes its condition or the end of the text, unescaped and trimmed; in a list,
    /// cut at the commas. An empty value is one empty item.
    fn value_items(&mut self, is_list: bool) -> Result<Vec<String>, CriteriaError> {
        let mut items = Vec::new();
        let mut item = String::new();
        let mut open_brackets = 0_usize;
        let mut length = self.rest().len();
        let mut characters = self.rest().char_indices().peekable();
        while let Some((offset, character)) = characters.next() {
            match character {
                '\\' => {
                    let escaped = characters.next_if(|(_, next)| matches!(next, '(' | ')' | ',' | '\\'));
                    item.push(escaped.map_or('\\', |(_, next)| next));
                    continue;
                }
                ',' if is_list => {
                    items.push(item.trim().to_owned());
                    item.clear();
                    continue;
                }
                ')' if open_brackets == 0 => {
                    length = offset;
                    break;
                }
                ')' => open_brackets -= 1,
                '(' => open_brackets += 1,
                _ => {}
            }
            item.push(character);
        }
        self.at += length;
        if open_brackets > 0 {
            return Err(CriteriaError::syntax(self.at, "a `)` for each `(` of the value"));
        }
        items.push(item.trim().to_owned());
        Ok(items)
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn take_while(&mut self, belongs: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = &rest[..rest.find(|c| !belongs(c)).unwrap_or(rest.len())];
        self.at += taken.len();
        taken
    }

    fn skip_whitespace(&mut self) {
        self.take_while(char::is_whitespace);
    }

    fn expect(&mut self, character: char, expected: &'static str) -> Result<(), CriteriaError> {
        if !self.rest().starts_with(character) {
            return Err(CriteriaError::syntax(self.at, expected));
        }
        self.at += character.len_utf8();
        Ok(())
    }

    /// Whether the keyword comes next; reads it, in any case of letters, and the white space before it.
    fn eat_keyword(&mut self, keyword: &str) -> bool {
        self.skip_whitespace();
        let is_next = self.rest().get(..keyword.len()).is_some_and(|word| word.eq_ignore_ascii_case(keyword));
        if is_next {
            self.at += keyword.len();
        }
        is_next
    }
}

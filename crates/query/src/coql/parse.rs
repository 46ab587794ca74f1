use super::ast::{Aggregate, Column, Expr, Item, Operand, Order, Predicate, Query, Selected, Test, Values};
use super::token::{self, Kind, Token};
use super::{CoqlError, DEPTH, LENGTH, SUBQUERIES};

/// The tree of a query, in time linear to its length.
///
/// Keywords may be in any case. `and` binds tighter than `or`, and chains of more than two need no brackets, which the
/// reference service demands.
pub fn parse(text: &str) -> Result<Query, CoqlError> {
    if text.chars().nth(LENGTH).is_some() {
        return Err(CoqlError::TooLong);
    }
    let tokens = token::tokens(text)?;
    let mut parser = Parser { text, tokens: &tokens, at: 0, depth: 0, subqueries: 0 };
    let query = parser.query()?;
    match parser.peek() {
        None => Ok(query),
        Some(_) => Err(parser.unexpected("the end of the query")),
    }
}

/// Words that end a clause. As names they need quotes.
const CLAUSES: [&str; 6] = ["from", "where", "group", "order", "limit", "offset"];

struct Parser<'t> {
    text: &'t str,
    tokens: &'t [Token<'t>],
    /// Index of the next token.
    at: usize,
    /// Brackets open now.
    depth: usize,
    /// Subqueries so far.
    subqueries: usize,
}

impl<'t> Parser<'t> {
    fn query(&mut self) -> Result<Query, CoqlError> {
        if !self.eat("select") {
            return Err(CoqlError::NotSelect);
        }
        let select = self.list(Self::item)?;
        self.clause("from")?;
        let module = self.name("a module")?;
        let view = if self.eat_kind(Kind::Hash) { Some(self.name("a view")?) } else { None };
        self.clause("where")?;
        let criteria = self.any()?;
        let group_by = if self.eat("group") {
            self.by()?;
            self.list(Self::column)?
        } else {
            Vec::new()
        };
        let order_by = if self.eat("order") {
            self.by()?;
            self.list(Self::order)?
        } else {
            Vec::new()
        };
        let (limit, offset) = self.part()?;
        Ok(Query { select, module, view, criteria, group_by, order_by, limit, offset })
    }

    /// A keyword that begins a clause every query needs.
    fn clause(&mut self, keyword: &'static str) -> Result<(), CoqlError> {
        if self.eat(keyword) {
            return Ok(());
        }
        // Another clause, a closing bracket or the end: this one was left out.
        let is_left_out = match self.peek() {
            None => true,
            Some(token) => token.kind == Kind::Close || CLAUSES.iter().any(|clause| is(token, clause)),
        };
        if is_left_out {
            return Err(CoqlError::MissingClause(keyword));
        }
        Err(self.unexpected(if keyword == "from" { "`,` or `from`" } else { "`where`" }))
    }

    fn by(&mut self) -> Result<(), CoqlError> {
        if self.eat("by") { Ok(()) } else { Err(self.unexpected("`by`")) }
    }

    fn list<T>(&mut self, one: impl Fn(&mut Self) -> Result<T, CoqlError>) -> Result<Vec<T>, CoqlError> {
        let mut parts = vec![one(self)?];
        while self.eat_kind(Kind::Comma) {
            parts.push(one(self)?);
        }
        Ok(parts)
    }

    fn item(&mut self) -> Result<Item, CoqlError> {
        let value = self.selected()?;
        let alias = if self.eat("as") {
            let alias = self.name("an alias")?;
            if alias.is_empty() {
                return Err(CoqlError::EmptyAlias { column: value.text() });
            }
            Some(alias)
        } else {
            None
        };
        Ok(Item { value, alias })
    }

    /// A column, or an aggregate of one.
    fn selected(&mut self) -> Result<Selected, CoqlError> {
        let is_call = self.peek().is_some_and(|token| token.kind == Kind::Word)
            && self.tokens.get(self.at + 1).is_some_and(|token| token.kind == Kind::Open);
        if !is_call {
            return self.column().map(Selected::Column);
        }
        let function = self.name("a function")?;
        self.eat_kind(Kind::Open);
        let column = self.column()?;
        self.close()?;
        match Aggregate::from_name(&function) {
            Some(known) => Ok(Selected::Aggregate(known, column)),
            None => Err(CoqlError::Function(format!("{function}({})", column.text))),
        }
    }

    fn column(&mut self) -> Result<Column, CoqlError> {
        let is_clause = self.peek().is_some_and(|token| CLAUSES.iter().any(|clause| is(token, clause)));
        if is_clause {
            return Err(self.unexpected("a column"));
        }
        let at = self.at;
        let name = self.name("a column")?;
        Column::read(&name).ok_or_else(|| {
            self.at = at;
            self.unexpected("a column")
        })
    }

    fn order(&mut self) -> Result<Order, CoqlError> {
        let by = self.selected()?;
        let descending = self.eat("desc");
        if !descending {
            self.eat("asc");
        }
        Ok(Order { by, descending })
    }

    /// `limit n`, `limit n offset m`, `limit m, n`, `offset m`, or nothing.
    fn part(&mut self) -> Result<(Option<u64>, Option<u64>), CoqlError> {
        let mut limit = None;
        let mut offset = None;
        if self.eat("limit") {
            let first = self.name("a limit")?;
            if self.eat_kind(Kind::Comma) {
                let second = self.name("a limit")?;
                offset = Some(first.parse().map_err(|_| CoqlError::Offset(token::shown(&first)))?);
                limit = Some(second);
            } else {
                limit = Some(first);
            }
        }
        if offset.is_none() && self.eat("offset") {
            let text = self.name("an offset")?;
            offset = Some(text.parse().map_err(|_| CoqlError::Offset(token::shown(&text)))?);
        }
        let limit = match limit.map(|text| text.parse().map_err(|_| CoqlError::Limit(token::shown(&text)))) {
            Some(Ok(0)) => return Err(CoqlError::LimitZero),
            other => other.transpose()?,
        };
        Ok((limit, offset))
    }

    fn any(&mut self) -> Result<Expr, CoqlError> {
        let mut parts = vec![self.all()?];
        while self.eat("or") {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Expr::Any))
    }

    fn all(&mut self) -> Result<Expr, CoqlError> {
        let mut parts = vec![self.part_of_expression()?];
        while self.eat("and") {
            parts.push(self.part_of_expression()?);
        }
        Ok(one_or(parts, Expr::All))
    }

    fn part_of_expression(&mut self) -> Result<Expr, CoqlError> {
        if self.eat_kind(Kind::Open) {
            self.deeper()?;
            let inner = self.any()?;
            self.close()?;
            self.depth -= 1;
            return Ok(inner);
        }
        if self.peek().is_some_and(|token| is(token, "not")) {
            return Err(CoqlError::Operator("not".to_owned()));
        }
        self.test().map(Expr::Test)
    }

    fn deeper(&mut self) -> Result<(), CoqlError> {
        self.depth += 1;
        if self.depth > DEPTH { Err(CoqlError::TooDeep) } else { Ok(()) }
    }

    fn test(&mut self) -> Result<Test, CoqlError> {
        let column = self.column()?;
        let predicate = self.predicate()?;
        Ok(Test { column, predicate })
    }

    fn predicate(&mut self) -> Result<Predicate, CoqlError> {
        if let Some(Kind::Comparison(comparison)) = self.peek().map(|token| token.kind) {
            self.at += 1;
            return Ok(Predicate::Compare(comparison, self.operand()?));
        }
        if self.eat("is") {
            let negated = self.eat("not");
            return if self.eat("null") {
                Ok(Predicate::Null { negated })
            } else {
                Err(self.unexpected("`null`"))
            };
        }
        let negated = self.eat("not");
        if self.eat("in") {
            return Ok(Predicate::In { negated, values: self.values()? });
        }
        if self.eat("like") {
            return Ok(Predicate::Like { negated, pattern: self.literal()? });
        }
        if self.eat("between") {
            let low = self.literal()?;
            if !self.eat("and") {
                return Err(self.unexpected("`and`"));
            }
            return Ok(Predicate::Between { negated, low, high: self.literal()? });
        }
        if negated {
            return Err(CoqlError::Operator("not".to_owned()));
        }
        // A word where an operator should be, with something behind it, was meant as one.
        match self.peek() {
            Some(token) if token.kind == Kind::Word && !is(token, "and") && !is(token, "or") => {
                Err(CoqlError::Operator(token::shown(token.text)))
            }
            _ => Err(self.unexpected("an operator")),
        }
    }

    fn operand(&mut self) -> Result<Operand, CoqlError> {
        if !self.eat_kind(Kind::Open) {
            return self.literal().map(Operand::Literal);
        }
        self.deeper()?;
        let query = self.subquery()?;
        self.close()?;
        self.depth -= 1;
        Ok(Operand::Query(query))
    }

    fn subquery(&mut self) -> Result<Box<Query>, CoqlError> {
        self.subqueries += 1;
        if self.subqueries > SUBQUERIES {
            return Err(CoqlError::TooManyQueries);
        }
        self.query().map(Box::new)
    }

    fn values(&mut self) -> Result<Values, CoqlError> {
        if !self.eat_kind(Kind::Open) {
            return Err(self.unexpected("`(`"));
        }
        self.deeper()?;
        let is_query = self.peek().is_some_and(|token| is(token, "select"));
        let values = if is_query {
            Values::Query(self.subquery()?)
        } else {
            Values::Literals(self.list(Self::literal)?)
        };
        self.close()?;
        self.depth -= 1;
        Ok(values)
    }

    fn literal(&mut self) -> Result<String, CoqlError> {
        self.name("a value")
    }

    fn close(&mut self) -> Result<(), CoqlError> {
        if self.eat_kind(Kind::Close) { Ok(()) } else { Err(self.unexpected("`)`")) }
    }

    /// The next token without quotes, if it is a word or quoted.
    fn name(&mut self, expected: &'static str) -> Result<String, CoqlError> {
        match self.peek() {
            Some(token) if matches!(token.kind, Kind::Word | Kind::Quoted) => {
                self.at += 1;
                Ok(token.value())
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    fn peek(&self) -> Option<&'t Token<'t>> {
        self.tokens.get(self.at)
    }

    /// Reads the keyword if it comes next.
    fn eat(&mut self, keyword: &str) -> bool {
        let is_next = self.peek().is_some_and(|token| is(token, keyword));
        self.at += usize::from(is_next);
        is_next
    }

    fn eat_kind(&mut self, kind: Kind) -> bool {
        let is_next = self.peek().is_some_and(|token| token.kind == kind);
        self.at += usize::from(is_next);
        is_next
    }

    /// The error for the next token.
    fn unexpected(&self, expected: &'static str) -> CoqlError {
        if let Some(token) = self.peek() {
            let (line, column) = token::place(self.text, token.at);
            return CoqlError::Unexpected { line, column, near: token::shown(token.text), expected };
        }
        let near = self.tokens.last().map_or_else(String::new, |token| token::shown(token.text));
        CoqlError::Ended { near, expected }
    }
}

fn is(token: &Token<'_>, keyword: &str) -> bool {
    token.kind == Kind::Word && token.text.eq_ignore_ascii_case(keyword)
}

fn one_or(mut parts: Vec<Expr>, group: impl Fn(Vec<Expr>) -> Expr) -> Expr {
    match (parts.pop(), parts.is_empty()) {
        (Some(only), true) => only,
        (last, _) => {
            parts.extend(last);
            group(parts)
        }
    }
}
